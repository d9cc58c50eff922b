import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { badgeQuery } from "../api/queries";
import { Refusal } from "../api/client";
import type { BadgeDetail } from "../api/types";
import { AddressTile } from "../art";
import { count, percent } from "../format";
import { BadgeTile, inWords } from "./BadgeTile";
import { Empty } from "../ui/Empty";
import { ShareButton } from "../ui/ShareButton";
import { Address, ErrorNotice, Panel, Skeleton, Time } from "../ui/parts";
import { Title } from "../shell/Pool";
import { NotFoundPage } from "../shell/NotFoundPage";
import { Own } from "./Own";
import { shelvedOf, useOwnBadges } from "./ownBadges";
import { howTo, tileOf } from "./shelf";
import "./badges.css";

export function BadgePage() {
  const { slug } = useParams({ from: "/badges/$slug" });
  const badge = useQuery(badgeQuery(slug));
  if (badge.data) return <Found badge={badge.data.badge} />;
  if (badge.error instanceof Refusal && badge.error.status === 404) return <NotFoundPage />;
  return (
    <div className="page lone">
      <section className="panel" aria-label={t`Badge`}>
        {badge.isError ? (
          <ErrorNotice
            error={badge.error}
            retry={() => void badge.refetch()}
            busy={badge.isFetching}
          />
        ) : (
          <Skeleton lines={5} label={t`Loading the badge`} />
        )}
      </section>
    </div>
  );
}

const EARNED = { state: "earned" } as const;

function Found({ badge }: { badge: BadgeDetail }) {
  const how = howTo(badge);
  const own = shelvedOf(badge, useOwnBadges());
  return (
    <div className="page grid">
      <Title of={badge.name} />
      <section className="panel span-8 badge-page" aria-labelledby="badge-name">
        <BadgeTile {...badge} {...(own ? tileOf(own) : EARNED)} size={180} />
        <div>
          <p className="small">
            <Link to="/badges" className="up">
              <Trans>All badges</Trans>
            </Link>
          </p>
          <h1 id="badge-name">{badge.name}</h1>
          <p className="lead">{badge.description}</p>
          {own && <Own shelved={own} />}
          <BadgeFacts badge={badge} held={badge.recent_earners.length > 0} />
          {how && (
            <>
              <h2>
                <Trans>How to earn it</Trans>
              </h2>
              <p>{how}</p>
            </>
          )}
          <p className="actions">
            <ShareButton title={badge.name} />
          </p>
          <Stages badge={badge} />
        </div>
      </section>
      <Panel title={t`Recently earned`} className="span-4">
        {badge.recent_earners.length === 0 ? (
          <Empty>
            <Trans>Nobody has earned it yet.</Trans>
          </Empty>
        ) : (
          <ol className="feed">
            {badge.recent_earners.map(({ user, seed, earned_at }) => (
              <li key={`${user}${earned_at}`} className="feed-line">
                <span className="feed-mark">
                  <AddressTile address={seed} size={34} />
                </span>
                <div className="feed-text">
                  <p>
                    <Link to="/m/$address" params={{ address: user }} className="plain strong">
                      <Address of={user} />
                    </Link>
                  </p>
                  <p className="small">
                    <Time at={earned_at} />
                  </p>
                </div>
              </li>
            ))}
          </ol>
        )}
      </Panel>
    </div>
  );
}

/** The tile on its way: not earned, halfway, earned. */
function Stages({ badge }: { badge: BadgeDetail }) {
  return (
    <ul className="stages">
      <li>
        <BadgeTile {...badge} state="locked" size={88} />
        <span className="small">
          <Trans>not earned</Trans>
        </span>
      </li>
      {badge.threshold !== null && badge.threshold > 1 && (
        <li>
          <BadgeTile {...badge} state="progress" progress={0.5} size={88} />
          <span className="small">
            <Trans>halfway there</Trans>
          </span>
        </li>
      )}
      <li>
        <BadgeTile {...badge} state="earned" size={88} />
        <span className="small">
          <Trans>earned</Trans>
        </span>
      </li>
    </ul>
  );
}

type Facts = Pick<BadgeDetail, "rarity" | "category" | "xp_reward" | "total_earned" | "percentage">;

/** Holders are counted hourly: where one is at hand and the count says none, it says nothing. */
export function BadgeFacts({ badge, held = false }: { badge: Facts; held?: boolean }) {
  const counted = badge.total_earned > 0 || !held;
  const xp = count(badge.xp_reward);
  const share = percent(badge.percentage);
  const number = count(badge.total_earned);
  return (
    <dl className="facts">
      <div>
        <dt>
          <Trans>Rarity</Trans>
        </dt>
        <dd className={`rarity ${badge.rarity}`}>{inWords(badge.rarity)}</dd>
      </div>
      <div>
        <dt>
          <Trans>Kind</Trans>
        </dt>
        <dd>{inWords(badge.category)}</dd>
      </div>
      <div>
        <dt>
          <Trans>Reward</Trans>
        </dt>
        <dd className="xp">
          <Trans>{xp} XP</Trans>
        </dd>
      </div>
      {counted && (
        <div>
          <dt>
            <Trans>Earned by</Trans>
          </dt>
          <dd>
            {badge.total_earned === 0 ? t`nobody yet` : t`${share} of miners (${number})`}
          </dd>
        </div>
      )}
    </dl>
  );
}
