import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import type { Week } from "../api/types";
import { monthName } from "../format";
import { type Cell, layYear, monthsOf } from "./year";
import "./week-table.css";

interface Props {
  weeks: Week[];
  /** A class that sets `--week-gap` and `--week-months`. */
  className: string;
  /** What each week was, for pointers and for readers of screens. */
  said: (cell: Cell) => string;
  draw: (cell: Cell) => ReactNode;
  /** What stands below, by the week that is chosen: the last one until somebody chooses. */
  below: (here: Cell | null, chosen: boolean) => ReactNode;
}

/** A year of weeks, a quarter to a row, with a slide through them. */
export function WeekTable({ weeks, className, said, draw, below }: Props) {
  const rows = layYear(weeks);
  const cells = rows.flat();
  const last = cells.length - 1;
  const [chosen, setChosen] = useState<string | null>(null);
  const found = cells.findIndex(({ week }) => week.week_iso === chosen);
  const place = found < 0 ? last : found;
  const here = cells[place];
  if (!here) return below(null, false);
  return (
    <>
      <table className={`week-table ${className}`}>
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
                  title={said(cell)}
                  className={found >= 0 && cell === here ? "chosen" : undefined}
                  onClick={() => setChosen(cell.week.week_iso)}
                >
                  {draw(cell)}
                  <span className="sr-only">{said(cell)}</span>
                </td>
              ))}
            </tr>
          </tbody>
        ))}
      </table>
      <input
        type="range"
        className="week-slide"
        aria-label={t`Choose a week`}
        aria-valuetext={said(here)}
        min={0}
        max={last}
        value={place}
        onChange={(event) => setChosen(cells[event.target.valueAsNumber]?.week.week_iso ?? null)}
      />
      {below(here, found >= 0)}
    </>
  );
}

/** The months over a row of weeks; one that has no room for its name has none. */
function Months({ row }: { row: Cell[] }) {
  return (
    <tr aria-hidden="true" className="week-months">
      {monthsOf(row).map(({ month, weeks }) => (
        <th key={month} colSpan={weeks}>
          {weeks > 1 && <span>{monthName(month)}</span>}
        </th>
      ))}
    </tr>
  );
}
