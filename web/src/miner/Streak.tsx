import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PublicMiner } from "../api/types";
import { count } from "../format";
import { useNow } from "../ui/clock";
import { Dialog, DialogText } from "../ui/Dialog";
import { PHONE, useMedia } from "../ui/hooks";
import { Figure, Panel } from "../ui/parts";
import { YearOfWeeks } from "./YearOfWeeks";
import { daysIn, layWeek, weekNumber } from "./year";
import "./miner.css";
import "./streak.css";

type Of = PublicMiner["streak"];

export function Streak({ streak }: { streak: Of }) {
  const now = useNow(60_000);
  const phone = useMedia(PHONE);
  const n = streak.current_streak;
  const longest = count(streak.longest_streak);
  return (
    <Panel
      title={t`Streak`}
      id="streak"
      why="streaks"
      className="area-streak"
      aside={streak.longest_streak > n ? t`longest ${longest}` : undefined}
    >
      <Figure of={{ value: count(n), unit: unit(n, phone) }} />
      {phone ? (
        <>
          <ThisWeek streak={streak} now={now} />
          <p className="small">{sentence(streak)}</p>
          <Freezes streak={streak} />
        </>
      ) : (
        <>
          <YearOfWeeks weeks={streak.weeks} now={now}>
            <p className="small">{sentence(streak)}</p>
          </YearOfWeeks>
          <Legend frozen={streak.weeks.some((week) => week.is_frozen)} />
          <Freezes streak={streak} />
        </>
      )}
    </Panel>
  );
}

function unit(weeks: number, phone: boolean): string {
  return phone || weeks < 2
    ? plural(weeks, { one: "week", other: "weeks" })
    : plural(weeks, { one: "week in a row", other: "weeks in a row" });
}

/** What continues the streak, or how it ended. */
function sentence(streak: Of): string {
  const week = streak.weeks.at(-1);
  if (week && streak.is_active_this_week) {
    const days = daysIn(week.days);
    return t`This week is safe. ${days} of 7 days so far.`;
  }
  const number = week ? weekNumber(week.week_iso) : null;
  if (streak.current_streak > 0) {
    return number === null
      ? t`One share before Sunday midnight UTC completes the week.`
      : t`One share before Sunday midnight UTC completes week ${number}.`;
  }
  const longest = streak.longest_streak;
  if (longest > 0) {
    return plural(longest, {
      one: "# week at best. One share starts the next streak.",
      other: "# weeks at best. One share starts the next streak.",
    });
  }
  return number === null
    ? t`One share starts a streak in the week.`
    : t`One share starts a streak in week ${number}.`;
}

/** The freezes that are held, if there are any. */
function Freezes({ streak }: { streak: Of }) {
  const held = streak.freezes_held;
  if (held === 0) return null;
  return (
    <p className="small">
      {streak.freezes_on
        ? plural(held, {
            one: "# freeze: it keeps the streak over a week without a share.",
            other: "# freezes: each keeps the streak over a week without a share.",
          })
        : plural(held, {
            one: "# freeze, which is switched off.",
            other: "# freezes, which are switched off.",
          })}
    </p>
  );
}

function Legend({ frozen }: { frozen: boolean }) {
  return (
    <p className="legend small">
      <span>
        <Trans>days 1</Trans>
      </span>
      <span className="cell low" />
      <span className="cell mid" />
      <span className="cell high" />
      <span>7</span>
      {frozen && (
        <>
          <span className="cell frozen" />
          <span>
            <Trans>frozen</Trans>
          </span>
        </>
      )}
    </p>
  );
}

/** On the phone: the seven days of this week; a tap opens the year. */
function ThisWeek({ streak, now }: { streak: Of; now: number }) {
  const days = layWeek(streak.weeks.at(-1), now);
  const mined = days.filter((d) => d.state === "mined" || d.state === "today").length;
  return (
    <Dialog
      title={<Trans>Fifty-two weeks</Trans>}
      className="dialog-year"
      trigger={
        <button
          type="button"
          className="week-button"
          aria-label={t`${mined} of 7 days. Show the year.`}
        >
          {days.map((day) => (
            <span key={day.name} className={`day ${day.state}`} />
          ))}
        </button>
      }
    >
      <YearOfWeeks weeks={streak.weeks} now={now}>
        <DialogText className="small">{sentence(streak)}</DialogText>
      </YearOfWeeks>
      <Legend frozen={streak.weeks.some((week) => week.is_frozen)} />
    </Dialog>
  );
}
