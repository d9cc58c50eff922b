import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { feedQuery, type Reward, summaryQuery } from "../api/rewards";
import { count } from "../format";
import { Empty } from "../ui/Empty";
import { WorkButton } from "../ui/form";
import { Figure, LiveDot, Panel } from "../ui/parts";
import { Frame } from "./Frame";
import { Loaded } from "./Loaded";
import { RewardRows } from "./RewardRows";
import "./rewards.css";

export function FeedPage() {
  return (
    <Frame
      title={t`Your rewards`}
      lead={
        <Trans>
          Everything that you were rewarded with, and what earned it. Open a line to see why you got
          it, down to the share.
        </Trans>
      }
    >
      {() => (
        <>
          <Feed />
          <Lately />
        </>
      )}
    </Frame>
  );
}

function Feed() {
  const feed = useInfiniteQuery(feedQuery);
  return (
    <Panel title={t`Feed`} aside={<LiveDot />} className="span-8 rewards-feed" why="xp">
      <Loaded query={feed} label={t`Loading your rewards`} lines={9}>
        {({ pages }) => {
          const rewards = pages.flatMap((page) => page.rewards);
          return rewards.length === 0 ? (
            <Empty>
              <Trans>
                No rewards yet. Your first accepted share earns the first badge, and it shows here
                within a second.
              </Trans>
            </Empty>
          ) : (
            <RewardRows rewards={rewards} more={more} />
          );
        }}
      </Loaded>
      {feed.hasNextPage && (
        <p className="actions">
          <WorkButton
            look="quiet"
            busy={feed.isFetchingNextPage}
            doing={t`Fetching…`}
            onClick={() => void feed.fetchNextPage()}
          >
            <Trans>Show older</Trans>
          </WorkButton>
        </p>
      )}
    </Panel>
  );
}

function more({ badge }: Reward) {
  if (!badge) return null;
  return (
    <p>
      <Link to="/rewards/badges" search={{ badge: badge.slug }} className="up">
        <Trans>To the badge on your shelf</Trans>
      </Link>
    </p>
  );
}

/** How much it came to: this week in one figure. */
function Lately() {
  const summary = useQuery(summaryQuery);
  return (
    <Panel title={t`This week`} className="span-4 rewards-lately" why="xp">
      <Loaded query={summary} label={t`Loading your XP`} lines={4}>
        {({ today, this_week: week, total_xp: total, weeks }) => {
          const before = weeks.at(-2)?.xp ?? 0;
          const last = count(before);
          return (
            <>
              <Figure of={{ value: signed(week), unit: "XP" }} className="xp-figure" />
              <p className="small">
                {before === 0
                  ? t`The week began on Monday at 00:00 UTC.`
                  : t`The week before came to ${last} XP.`}
              </p>
              <dl className="rewards-sums">
                <div>
                  <dt>
                    <Trans>Today</Trans>
                  </dt>
                  <dd className="tn xp">{signed(today)} XP</dd>
                </div>
                <div>
                  <dt>
                    <Trans>All time</Trans>
                  </dt>
                  <dd className="tn">{count(total)} XP</dd>
                </div>
              </dl>
              <p className="actions">
                <Link to="/rewards/xp" className="button quiet">
                  {plural(weeks.length, { one: "See # week", other: "See # weeks" })}
                </Link>
              </p>
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function signed(xp: number): string {
  return xp > 0 ? `+${count(xp)}` : count(xp);
}
