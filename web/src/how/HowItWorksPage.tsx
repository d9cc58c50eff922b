import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { badgesQuery, levelsQuery, statsQuery } from "../api/queries";
import { Title } from "../shell/Pool";
import { usePartInPlace } from "../ui/hooks";
import { ErrorNotice, Skeleton } from "../ui/parts";
import type { Section } from "../ui/Why";
import { BadgeRules, StreakRules } from "./Badges";
import { Levels } from "./Levels";
import { Difficulty, Hashrate, Odds, Reported } from "./Odds";
import { Xp } from "./Xp";
import "./how.css";

/** The titles of the panels, in their order. */
function sections(): [Section, string][] {
  return [
    ["xp", t`XP`],
    ["streaks", t`Streaks`],
    ["levels", t`Levels`],
    ["badges", t`Badges`],
    ["difficulty", t`Difficulty`],
    ["odds", t`Odds`],
    ["hashrate", t`Hashrate`],
    ["reported", t`Reported and confirmed`],
  ];
}

/** The rules of the game in short panels, with the numbers of this pool. */
export function HowItWorksPage() {
  const levels = useQuery(levelsQuery);
  const badges = useQuery(badgesQuery);
  const stats = useQuery(statsQuery);
  const all = [levels, badges, stats];
  const ready = all.every((one) => one.data !== undefined);
  usePartInPlace(ready);
  const failed = all.find((one) => one.isError && one.data === undefined);
  return (
    <div className="page how-page">
      <Title of={t`How it works`} />
      <header className="page-head">
        <h1>
          <Trans>How it works</Trans>
        </h1>
        <p>
          <Trans>
            Your miner hashes as it always did. The game reads the pool's log, counts every share
            once and keeps score. The figures on this page are this pool's own, from now.
          </Trans>
        </p>
      </header>
      <nav className="panel how-toc" aria-label={t`On this page`}>
        <ul>
          {sections().map(([section, title]) => (
            <li key={section}>
              <a href={`#${section}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      {failed && (
        <section className="panel how-failed" aria-label={t`This pool's numbers`}>
          <ErrorNotice
            error={failed.error}
            retry={() => all.forEach((one) => one.isError && void one.refetch())}
            busy={failed.isFetching}
          />
        </section>
      )}
      {levels.data && badges.data && stats.data ? (
        <div className="grid">
          <div className="how-left">
            <Xp badges={badges.data.badges} stats={stats.data} />
            <StreakRules badges={badges.data.badges} />
          </div>
          <Levels levels={levels.data.levels} />
          <BadgeRules list={badges.data} />
          <Difficulty stats={stats.data} />
          <Odds badges={badges.data.badges} stats={stats.data} />
          <Hashrate stats={stats.data} />
          <Reported stats={stats.data} />
        </div>
      ) : (
        !failed && (
          <section className="panel" aria-label={t`This pool's numbers`}>
            <Skeleton lines={12} label={t`Loading this pool's numbers`} />
          </section>
        )
      )}
    </div>
  );
}
