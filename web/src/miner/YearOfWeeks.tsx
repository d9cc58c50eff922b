import { plural, t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { Week } from "../api/types";
import { date, localDay } from "../format";
import { WeekTable } from "./WeekTable";
import type { Cell } from "./year";
import "./streak.css";

interface Props {
  weeks: Week[];
  now: number;
  /** What stands below while no week is chosen. */
  children: ReactNode;
}

/** The year by weeks; sliding through it says what each week was. */
export function YearOfWeeks({ weeks, now, children }: Props) {
  return (
    <WeekTable
      weeks={weeks}
      className="year"
      said={(cell) => spoken(cell, now)}
      draw={(cell) => <span className={`cell ${cell.glow}`} aria-hidden="true" />}
      below={(here, chosen) =>
        here && chosen ? <p className="small">{spoken(here, now)}</p> : children
      }
    />
  );
}

function spoken({ glow, week, days: mined }: Cell, now: number): string {
  const start = date(localDay(week.week_start), now);
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
