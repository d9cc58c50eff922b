import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { levelsQuery } from "../api/queries";
import { ownXpQuery, summaryQuery, type XpState } from "../api/rewards";
import type { Level } from "../api/types";
import { LevelRing } from "../art";
import { count } from "../format";
import { span } from "../how/words";
import { Panel } from "../ui/parts";
import { Frame } from "./Frame";
import { Ladder } from "./Ladder";
import { Loaded } from "./Loaded";
import { pace } from "./xp";
import "./ladder.css";

export function LevelsPage() {
  return (
    <Frame
      title={t`Your level`}
      lead={<Trans>XP adds up to a level, and no quiet week takes one away.</Trans>}
    >
      {() => <Levels />}
    </Frame>
  );
}

function Levels() {
  const levels = useQuery(levelsQuery);
  const xp = useQuery(ownXpQuery);
  const summary = useQuery(summaryQuery);
  const perDay = summary.data ? pace(summary.data) : 0;
  return (
    <>
      <Panel title={t`Where you stand`} className="span-5" why="levels">
        <Loaded query={xp} label={t`Loading your level`} lines={6}>
          {(own) => (
            <Loaded query={levels} label={t`Loading the levels`} lines={6}>
              {({ levels: all }) => <Standing xp={own} levels={all} perDay={perDay} />}
            </Loaded>
          )}
        </Loaded>
      </Panel>
      <Panel title={t`All levels`} className="span-7">
        <Loaded query={levels} label={t`Loading the levels`} lines={12}>
          {({ levels: all }) => (
            <Loaded query={xp} label={t`Loading your level`} lines={12}>
              {({ total_xp }) => <Ladder levels={all} total={total_xp} perDay={perDay} />}
            </Loaded>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

interface StandingProps {
  xp: XpState;
  levels: Level[];
  perDay: number;
}

const SECONDS = 86_400;

function Standing({ xp, levels, perDay }: StandingProps) {
  const ordinal = levels.filter(({ cumulative }) => cumulative <= xp.total_xp).length;
  const fraction = xp.xp_for_level > 0 ? xp.xp_into_level / xp.xp_for_level : 1;
  const total = count(xp.total_xp);
  const missing = count(xp.xp_to_next_level);
  const { next_level: next, next_title: title } = xp;
  const rate = count(Math.round(perDay));
  const time = perDay > 0 ? span((xp.xp_to_next_level / perDay) * SECONDS) : null;
  return (
    <div className="standing">
      <LevelRing level={xp.level} of={levels.length} {...{ ordinal, fraction }} size={150} />
      <div>
        <p className="serif standing-title">{xp.level_title}</p>
        <p className="xp">
          <Trans>{total} XP</Trans>
        </p>
        {xp.xp_for_level > 0 ? (
          <p>
            <Trans>
              {missing} XP to level {next}, <span className="strong">{title}</span>.
            </Trans>
          </p>
        ) : (
          <p>
            <Trans>This is as far as it goes. The stove is yours.</Trans>
          </p>
        )}
      </div>
      <p className="small standing-pace">
        {perDay <= 0 ? (
          <Trans>
            How long it takes can be told once you have mined for a while: it is counted from your
            last 30 days.
          </Trans>
        ) : perDay < 1 ? (
          <Trans>
            Your pace is less than 1 XP a day from shares, weeks and best days. Badges come on top.
          </Trans>
        ) : (
          <Trans>
            Your pace is {rate} XP a day from shares, weeks and best days, over the last 30 days.
            Badges come on top.
          </Trans>
        )}{" "}
        {time && xp.xp_for_level > 0 && (
          <span className="strong">{t`At that pace the next level is about ${time} away.`}</span>
        )}
      </p>
    </div>
  );
}
