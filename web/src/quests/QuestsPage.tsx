import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMe } from "../api/me";
import { useNow } from "../ui/clock";
import { Empty } from "../ui/Empty";
import { WorkButton } from "../ui/form";
import { ErrorNotice, LiveDot, Panel, Skeleton, Time } from "../ui/parts";
import { Title } from "../shell/Pool";
import { useQuestsLive } from "./live";
import { type Completion, ownQuestsQuery, type Quest, questsQuery } from "./queries";
import { QuestCard } from "./QuestCard";
import { Running } from "./Running";
import { inPeriod, reward } from "./words";
import "./quests.css";

export function QuestsPage() {
  const me = useMe();
  return (
    <div className="page">
      <Title of={t`Quests`} />
      <header className="page-head">
        <h1>
          <Trans>Quests</Trans>
        </h1>
        <p>
          <Trans>
            Small goals for a day, a week or a season. They ask for patience and curiosity, not for
            hashrate: one small miner can complete them all.
          </Trans>
        </p>
        {me === null && (
          <p className="strong">
            <Trans>
              <Link to="/sign-in" search={{ back: "/quests" }}>
                Sign in
              </Link>{" "}
              to see how far you are.
            </Trans>
          </p>
        )}
      </header>
      {me === undefined ? <Waiting /> : me ? <Own /> : <Everybody />}
    </div>
  );
}

function Waiting() {
  return (
    <section className="panel" aria-label={t`Quests`}>
      <Skeleton lines={6} label={t`Loading the quests`} />
    </section>
  );
}

function Everybody() {
  const query = useQuery(questsQuery);
  if (query.data) return <Quests quests={query.data.quests} />;
  return query.isError ? <Failed query={query} /> : <Waiting />;
}

function Own() {
  const me = useMe();
  useQuestsLive(me);
  const query = useInfiniteQuery(ownQuestsQuery);
  const first = query.data?.pages[0];
  if (!first) return query.isError ? <Failed query={query} /> : <Waiting />;
  const completions = query.data?.pages.flatMap((page) => page.completions) ?? [];
  const more = query.hasNextPage && (
    <p className="actions">
      <WorkButton
        look="quiet"
        busy={query.isFetchingNextPage}
        doing={t`Fetching…`}
        onClick={() => void query.fetchNextPage()}
      >
        <Trans>Show older</Trans>
      </WorkButton>
    </p>
  );
  return (
    <>
      <Quests quests={first.quests} />
      <Panel title={t`Completed`} aside={<LiveDot />} className="quests-done">
        <Completed completions={completions} />
        {more}
      </Panel>
    </>
  );
}

interface FailedProps {
  query: { error: unknown; refetch: () => unknown; isFetching: boolean };
}

function Failed({ query }: FailedProps) {
  return (
    <section className="panel" aria-label={t`Quests`}>
      <ErrorNotice
        error={query.error}
        retry={() => void query.refetch()}
        busy={query.isFetching}
      />
    </section>
  );
}

function Quests({ quests }: { quests: Quest[] }) {
  const open = quests.filter((quest) => quest.open);
  const running = open.filter((quest) => quest.period_key !== null);
  const today = new Date(useNow(60_000)).toISOString().slice(0, 10);
  const coming = open.filter((quest) => quest.starts !== null && quest.starts > today);
  const closed = quests.filter((quest) => !quest.open);
  if (quests.length === 0) {
    return (
      <section className="panel" aria-label={t`Quests`}>
        <Empty>
          <Trans>This pool has no quests at the moment.</Trans>
        </Empty>
      </section>
    );
  }
  return (
    <>
      <Running quests={running} />
      {coming.length > 0 && (
        <Panel title={t`Coming up`}>
          <Cards quests={coming} />
        </Panel>
      )}
      {closed.length > 0 && (
        <details className="quests-closed">
          <summary>
            {plural(closed.length, {
              one: "# quest is not open yet",
              other: "# quests are not open yet",
            })}
          </summary>
          <p className="small">
            <Trans>
              They are about parts of the game that are still being built. Nobody can complete them
              before that.
            </Trans>
          </p>
          <section className="panel" aria-label={t`Not open yet`}>
            <Cards quests={closed} />
          </section>
        </details>
      )}
    </>
  );
}

function Cards({ quests }: { quests: Quest[] }) {
  return (
    <ul className="quests">
      {quests.map((quest) => (
        <QuestCard key={quest.slug} quest={quest} />
      ))}
    </ul>
  );
}

function Completed({ completions }: { completions: Completion[] }) {
  if (completions.length === 0) {
    return (
      <Empty>
        <Trans>Nothing yet. The first share of the day completes the first one.</Trans>
      </Empty>
    );
  }
  return (
    <ul className="quests-list">
      {completions.map((one) => (
        <li key={`${one.quest} ${one.period_key}`}>
          <span className="quests-what">
            <span className="strong">{one.name}</span>
            <span className="small quests-when">
              <Time at={one.at} />
              <Period of={one} />
            </span>
          </span>
          <span className="xp">{reward(one.xp)}</span>
        </li>
      ))}
    </ul>
  );
}

/** A day need not be said beside the time. */
function Period({ of: { period_key } }: { of: Completion }) {
  const period = /^\d{4}-\d\d-\d\d$/.test(period_key) ? null : inPeriod(period_key);
  return period && <span>{period}</span>;
}
