import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { badgesQuery } from "../api/queries";
import { calendarQuery, ownStreakQuery, type StreakState } from "../api/rewards";
import { Icon } from "../art";
import { count, date, localDay } from "../format";
import { FREEZE_WEEKS, FREEZES_HELD, STREAK_XP } from "../rules";
import { useNow } from "../ui/clock";
import { Countdown } from "../ui/Countdown";
import { Figure, Panel } from "../ui/parts";
import { Calendar } from "./Calendar";
import { Frame } from "./Frame";
import { Loaded } from "./Loaded";
import "./rewards.css";
import "./streak-page.css";

export function StreakPage() {
  return (
    <Frame
      title={t`Your streak`}
      lead={
        <Trans>
          Weeks in a row with at least one accepted share. A week is Monday to Sunday, UTC.
        </Trans>
      }
    >
      {() => (
        <>
          <Year />
          <div className="span-4 streak-side">
            <Now />
            <Rule />
          </div>
        </>
      )}
    </Frame>
  );
}

function Year() {
  const calendar = useQuery(calendarQuery);
  return (
    <Panel title={t`The last 52 weeks`} className="span-8" why="streaks">
      <Loaded query={calendar} label={t`Loading your weeks`} lines={12}>
        {({ weeks }) => <Calendar weeks={weeks} />}
      </Loaded>
    </Panel>
  );
}

function Now() {
  const streak = useQuery(ownStreakQuery);
  return (
    <Panel title={t`Now`} className="streak-now">
      <Loaded query={streak} label={t`Loading your streak`} lines={4}>
        {(own) => <Standing streak={own} />}
      </Loaded>
    </Panel>
  );
}

function Standing({ streak }: { streak: StreakState }) {
  const now = useNow(60_000);
  const { current_streak: weeks, longest_streak: longest, streak_start_date: start } = streak;
  const since = start && date(localDay(start), now);
  const held = streak.freezes_held;
  return (
    <>
      <Figure
        of={{
          value: count(weeks),
          unit: plural(weeks, { one: "week", other: "weeks in a row" }),
        }}
      />
      <dl className="rewards-sums">
        {since && (
          <div>
            <dt>
              <Trans>Since</Trans>
            </dt>
            <dd className="tn">{since}</dd>
          </div>
        )}
        <div>
          <dt>
            <Trans>Longest</Trans>
          </dt>
          <dd className="tn">{plural(longest, { one: "# week", other: "# weeks" })}</dd>
        </div>
        <div>
          <dt>
            <Trans>Freezes</Trans>
          </dt>
          <dd className="tn">
            {streak.freezes_on
              ? t`${held} of ${FREEZES_HELD}`
              : t`${held} of ${FREEZES_HELD}, switched off`}
          </dd>
        </div>
        <div>
          {streak.is_active_this_week ? (
            <>
              <dt>
                <Trans>This week</Trans>
              </dt>
              <dd className="streak-safe">
                <Icon name="check" size={20} /> <Trans>safe</Trans>
              </dd>
            </>
          ) : (
            <>
              <dt>{weeks > 0 ? t`One share keeps it, within` : t`One share starts one, within`}</dt>
              <dd>
                <Countdown to={endOfWeek(now)} label={t`This week`} />
              </dd>
            </>
          )}
        </div>
      </dl>
    </>
  );
}

const DAY = 86_400_000;

/** Monday at 00:00 UTC. */
function endOfWeek(now: number): string {
  const today = Math.floor(now / DAY);
  const weekday = (new Date(now).getUTCDay() + 6) % 7;
  return new Date((today + 7 - weekday) * DAY).toISOString();
}

function Rule() {
  const badges = useQuery(badgesQuery).data?.badges ?? [];
  const marks = badges
    .filter(({ trigger_type, threshold }) => trigger_type === "streak" && threshold !== null)
    .sort((a, b) => (a.threshold ?? 0) - (b.threshold ?? 0));
  return (
    <Panel title={t`The rule`} why="streaks" className="streak-rule">
      <p>
        <Trans>
          One accepted share makes a week count. When it has closed, on Monday at 00:05 UTC, it pays{" "}
          {STREAK_XP} XP. A week without a share ends the streak; what it earned stays.
        </Trans>
      </p>
      <p>
        <Trans>A share that arrives late counts for the week in which it was found.</Trans>
      </p>
      <p>
        <Trans>
          Every {FREEZE_WEEKS} weeks of a streak earn a freeze, and you can hold {FREEZES_HELD}. A week
          that closes without a share uses one by itself: the week is frozen, it does not count, and
          the streak goes on. If a share of that week arrives later, you get the freeze back.
        </Trans>{" "}
        <Link to="/settings/$section" params={{ section: "preferences" }} className="up">
          <Trans>Switch freezes on or off</Trans>
        </Link>
      </p>
      {marks.length > 0 && (
        <ul className="streak-marks">
          {marks.map(({ slug, name, threshold }) => (
            <li key={slug}>
              <span>{plural(threshold ?? 0, { one: "# week", other: "# weeks" })}</span>
              <Link
                to="/rewards/badges"
                search={{ badge: slug }}
                className="up"
              >
                {name}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
