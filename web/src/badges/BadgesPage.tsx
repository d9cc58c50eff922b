import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { badgesQuery } from "../api/queries";
import type { Badge, PublicMiner } from "../api/types";
import { count, percent } from "../format";
import { BadgeTile, inWords } from "./BadgeTile";
import { NotOpen } from "./NotOpen";
import { Own } from "./Own";
import { shelvedOf, useOwnBadges } from "./ownBadges";
import { howTo, tileOf } from "./shelf";
import { ErrorNotice, Skeleton } from "../ui/parts";
import { Title } from "../shell/Pool";
import "./badges.css";

export function BadgesPage() {
  const badges = useQuery(badgesQuery);
  const sorted = badges.data?.badges.slice().sort((a, b) => a.sort_order - b.sort_order);
  const total = badges.data?.total_available ?? 20;
  const own = useOwnBadges();
  const have = own?.total_earned ?? 0;
  return (
    <div className="page">
      <Title of={t`Badges`} />
      <header className="page-head">
        <h1>{total === 20 ? t`Twenty badges` : plural(total, { one: "# badge", other: "# badges" })}</h1>
        <p>
          <Trans>
            A miner earns each badge once. The shape shows what it is for: square mining,
            round streak, hexagon node, star competition, quatrefoil social. Glaze and rim
            show how rare it is.
          </Trans>
        </p>
        {own && (
          <p className="strong">
            <Trans>
              You have {have} of {total}.
            </Trans>
          </p>
        )}
      </header>
      {sorted ? (
        <>
          <Cards badges={sorted.filter((badge) => badge.open)} own={own} />
          <NotOpen count={sorted.filter((badge) => !badge.open).length}>
            <Cards badges={sorted.filter((badge) => !badge.open)} own={own} />
          </NotOpen>
        </>
      ) : (
        <section className="panel" aria-label={t`Badges`}>
          {badges.isError ? (
            <ErrorNotice
              error={badges.error}
              retry={() => void badges.refetch()}
              busy={badges.isFetching}
            />
          ) : (
            <Skeleton lines={8} label={t`Loading the badges`} />
          )}
        </section>
      )}
    </div>
  );
}

interface CardsProps {
  badges: Badge[];
  own: PublicMiner["badges"] | null;
}

/** The badges as their tiles look when they are earned; to somebody signed in, as they have them. */
function Cards({ badges, own }: CardsProps) {
  return (
    <ul className="catalogue">
      {badges.map((badge) => {
        const shelved = shelvedOf(badge, own);
        return (
          <li key={badge.slug}>
            <Link to="/badges/$slug" params={{ slug: badge.slug }} className="panel card">
              <BadgeTile {...badge} {...(shelved ? tileOf(shelved) : EARNED)} size={112} />
              <span className="card-name serif">{badge.name}</span>
              <span className="small">
                {inWords(badge.rarity)} · {inWords(badge.category)} ·{" "}
                <span className="xp">{reward(badge)}</span>
              </span>
              <span className="small card-how">{howTo(badge) ?? badge.description}</span>
              {shelved && <Own shelved={shelved} />}
              <span className="small card-share">{earnedBy(badge)}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function reward({ xp_reward }: Badge): string {
  const xp = count(xp_reward);
  return t`+${xp} XP`;
}

const EARNED = { state: "earned" } as const;

function earnedBy({ total_earned, percentage }: Badge): string {
  const share = percent(percentage);
  const number = count(total_earned);
  return total_earned === 0 ? t`Nobody yet` : t`${share} of miners (${number})`;
}
