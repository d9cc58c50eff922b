import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Badge, PublicStats } from "../api/types";
import { count } from "../format";
import { questsQuery } from "../quests/queries";
import { Panel } from "../ui/parts";
import { PERSONAL_BEST_XP, SHARES_PER_XP, STREAK_XP } from "../rules";
import "./how.css";

export function Xp({ badges, stats }: { badges: Badge[]; stats: PublicStats }) {
  const rewards = badges.filter((badge) => badge.open).map((badge) => badge.xp_reward);
  const least = count(Math.min(...rewards));
  const most = count(Math.max(...rewards));
  const granted = count(stats.xp_granted);
  const shares = count(stats.shares_accepted);
  return (
    <Panel title={t`XP`} id="xp" className="how-panel">
      <p>
        <Trans>
          XP is for turning up, not for owning the biggest machine. A share is a share, whatever its
          size.
        </Trans>
      </p>
      <dl className="how-list">
        <Row what={t`${SHARES_PER_XP} accepted shares`} xp="1" of="share" />
        <Row
          what={t`A week of a streak`}
          note={t`paid when the week has closed, on Monday at 00:05 UTC`}
          xp={String(STREAK_XP)}
          of="streak"
        />
        <Row
          what={t`A day whose best share beats all days before`}
          note={t`told at once, paid when the day is over; your first day does not count`}
          xp={String(PERSONAL_BEST_XP)}
          of="personal_best"
        />
        {rewards.length > 0 && (
          <Row what={t`A badge`} note={t`each once`} xp={t`${least} to ${most}`} of="badge" />
        )}
        <Quests />
      </dl>
      <p className="small">
        <Trans>
          This pool has granted <span className="tn">{granted}</span> XP so far, for{" "}
          <span className="tn">{shares}</span> accepted shares and what came with them.
        </Trans>
      </p>
    </Panel>
  );
}

/** What quests pay that can be completed now. */
function Quests() {
  const open = useQuery(questsQuery).data?.quests.filter((quest) => quest.open) ?? [];
  if (open.length === 0) return null;
  const pays = open.map((quest) => quest.xp);
  const [least, most] = [count(Math.min(...pays)), count(Math.max(...pays))];
  const what = <Link to="/quests">{t`A quest`}</Link>;
  return <Row what={what} note={t`once, or once a day, week or season`} xp={t`${least} to ${most}`} of="quest" />;
}

interface RowProps {
  what: ReactNode;
  note?: string;
  xp: string;
  of: string;
}

function Row({ what, note, xp, of }: RowProps) {
  return (
    <div data-xp-source={of}>
      <dt>
        {what}
        {note && <span className="small how-note">{note}</span>}
      </dt>
      <dd className="xp tn">
        <Trans>+{xp} XP</Trans>
      </dd>
    </div>
  );
}
