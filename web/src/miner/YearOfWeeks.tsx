import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import type { Week } from "../api/types";
import { date, monthName } from "../format";
import { type Cell, layYear, monthsOf } from "./year";
import "./streak.css";

interface Props {
  weeks: Week[];
  now: number;
  /** What stands below while no week is chosen. */
  children: ReactNode;
}

/** The year by weeks; sliding through it says what each week was. */
export function YearOfWeeks({ weeks, now, children }: Props) {
  const rows = layYear(weeks);
  const cells = rows.flat();
  const last = cells.length - 1;
  const [chosen, setChosen] = useState<string | null>(null);
  const found = cells.findIndex((cell) => cell.week.week_iso === chosen);
  const place = found < 0 ? last : found;
  const here = cells[place];
  if (!here) return children;
  return (
    <>
      <table className="year">
        <caption className="sr-only">
          <Trans>The last 52 weeks, oldest first, a quarter to a row</Trans>
        </caption>
        {rows.map((row) => (
          <tbody key={row[0]?.week.week_iso}>
            <Months row={row} />
            <tr>
              {row.map((cell) => (
                <td
                  key={cell.week.week_iso}
                  title={spoken(cell, now)}
                  className={found >= 0 && cell === here ? "chosen" : undefined}
                  onClick={() => setChosen(cell.week.week_iso)}
                >
                  <span className={`cell ${cell.glow}`} aria-hidden="true" />
                  <span className="sr-only">{spoken(cell, now)}</span>
                </td>
              ))}
            </tr>
          </tbody>
        ))}
      </table>
      <input
        type="range"
        className="year-slide"
        aria-label={t`Choose a week`}
        aria-valuetext={spoken(here, now)}
        min={0}
        max={last}
        value={place}
        onChange={(event) => setChosen(cells[event.target.valueAsNumber]?.week.week_iso ?? null)}
      />
      {found < 0 ? children : <p className="small">{spoken(here, now)}</p>}
    </>
  );
}

/** The months over a row of weeks; one that has no room for its name has none. */
function Months({ row }: { row: Cell[] }) {
  return (
    <tr aria-hidden="true" className="months">
      {monthsOf(row).map(({ month, weeks }) => (
        <th key={month} colSpan={weeks}>
          {weeks > 1 && <span>{monthName(month)}</span>}
        </th>
      ))}
    </tr>
  );
}

function spoken({ glow, week, days: mined }: Cell, now: number): string {
  const start = date(`${week.week_start}T12:00:00Z`, now);
  const days = plural(mined, { one: "# day", other: "# days" });
  const shares = plural(week.share_count, { one: "# share", other: "# shares" });
  switch (glow) {
    case "before":
      return t`Week of ${start}: before the first share`;
    case "missed":
      return t`Week of ${start}: missed`;
    case "frozen":
      return t`Week of ${start}: frozen. There was no share, and a freeze kept the streak.`;
    case "low":
    case "mid":
      return t`Week of ${start}: mined, ${days}, ${shares}`;
    case "high":
      return t`Week of ${start}: mined every day, ${days}, ${shares}`;
    case "now":
      return t`Week of ${start}: this week, mined, ${days}, ${shares}`;
    case "now-empty":
      return t`Week of ${start}: this week, no share yet`;
  }
}
