import { plural, t } from "@lingui/core/macro";
import type { StreakWeek } from "../api/rewards";
import { count, date, difficulty, joined, localDay } from "../format";
import { LOCALE } from "../messages";
import { WeekTable } from "../miner/WeekTable";
import type { Cell, Glow } from "../miner/year";
import { useNow } from "../ui/clock";
import { weekName } from "./why";
import "./streak-page.css";

/** A year of weeks; each week is a column of its seven days, Monday on top. */
export function Calendar({ weeks }: { weeks: StreakWeek[] }) {
  const now = useNow(60_000);
  const today = (new Date(now).getUTCDay() + 6) % 7;
  return (
    <WeekTable
      weeks={weeks}
      className="weeks"
      said={(cell) => said(cell, now)}
      draw={(cell) => <Week cell={cell} today={today} />}
      below={(here) => here && <Chosen cell={here} now={now} />}
    />
  );
}

const UNMINED: readonly Glow[] = ["before", "missed", "frozen"];
const DAYS = [0, 1, 2, 3, 4, 5, 6];

function isMined({ week }: Cell, day: number): boolean {
  return ((week.days >> day) & 1) === 1;
}

/** Filled where mined; a week without a share is crossed, or hatched if it is frozen, and one before
    the first is only a line. */
function Week({ cell, today }: { cell: Cell; today: number }) {
  const running = cell.glow === "now" || cell.glow === "now-empty";
  return (
    <span className={`week ${cell.glow}`} aria-hidden="true">
      {DAYS.map((day) => {
        const mined = isMined(cell, day) ? " mined" : "";
        const now = running && day === today ? " today" : "";
        const ahead = running && day > today ? " ahead" : "";
        return <span key={day} className={`week-day${mined}${now}${ahead}`} />;
      })}
    </span>
  );
}

function said({ glow, week, days }: Cell, now: number): string {
  const start = date(localDay(week.week_start), now);
  if (glow === "before") return t`Week of ${start}: before the first share`;
  if (glow === "missed") return t`Week of ${start}: missed`;
  if (glow === "frozen") {
    return t`Week of ${start}: frozen. There was no share, and a freeze kept the streak.`;
  }
  if (glow === "now-empty") return t`Week of ${start}: this week, no share yet`;
  return plural(days, {
    one: `Week of ${start}: # day mined`,
    other: `Week of ${start}: # days mined`,
  });
}

function Chosen({ cell, now }: { cell: Cell; now: number }) {
  const { week, glow } = cell;
  const name = weekName(week.week_iso);
  const start = date(localDay(week.week_start), now);
  return (
    <div className="week-chosen">
      <p className="strong">
        {name.charAt(0).toUpperCase() + name.slice(1)}
        <span className="small"> {t`from ${start}`}</span>
      </p>
      <p className="small">{UNMINED.includes(glow) ? said(cell, now) : sums(week)}</p>
      {week.is_active && (
        <ul className="week-names">
          {DAYS.map((day) => (
            <li key={day} className={isMined(cell, day) ? "mined" : ""}>
              {dayName(day)}
              <span className="sr-only">{isMined(cell, day) ? t`mined` : t`not mined`}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function sums({ share_count, best_diff, is_active }: StreakWeek): string {
  if (!is_active) return t`No share yet this week.`;
  const shares = count(share_count);
  const best = joined(difficulty(best_diff));
  return t`${shares} accepted shares, the best of difficulty ${best}`;
}

/** "Mon"; the first of these days was a Monday. */
function dayName(day: number): string {
  const at = new Date(Date.UTC(2024, 0, 1 + day));
  return at.toLocaleDateString(LOCALE, { weekday: "short", timeZone: "UTC" });
}
