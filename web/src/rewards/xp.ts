/** XP by day and week as a chart shows it, and what comes again and again. */
import type { RewardSummary } from "../api/rewards";
import { localDay } from "../format";
import type { Point } from "../ui/series";

export const DAY = 86_400_000;
export const WEEK = 7 * DAY;

type Sums = Record<string, number>;

/** What a correction took is no negative bar: bars are what was earned. */
function earned(by: Sums, source: string): number {
  const amounts = source === "" ? Object.values(by) : [by[source] ?? 0];
  return amounts.reduce((sum, amount) => sum + Math.max(0, amount), 0);
}

/** `source` "" is all of them. */
export function dayPoints({ days }: RewardSummary, source: string): Point[] {
  return days.map(({ day, by_source }) => ({ at: Date.parse(localDay(day)), value: earned(by_source, source) }));
}

export function weekPoints({ weeks }: RewardSummary, source: string): Point[] {
  return weeks.map(({ week_start, by_source }) => ({
    at: Date.parse(localDay(week_start)),
    value: earned(by_source, source),
  }));
}

/** What each source came to in these days or weeks, the largest first. */
export function bySource(spans: readonly { by_source: Sums }[]): [source: string, xp: number][] {
  const sums = new Map<string, number>();
  for (const { by_source } of spans) {
    for (const [source, xp] of Object.entries(by_source)) {
      sums.set(source, (sums.get(source) ?? 0) + xp);
    }
  }
  return [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** A badge comes once; these come as long as somebody mines. */
const AGAIN = ["share", "streak", "personal_best"];

/** XP a day that comes again and again, on average over the days since the first of it. */
export function pace({ days }: RewardSummary): number {
  const each = days.map(({ by_source }) =>
    AGAIN.reduce((sum, source) => sum + (by_source[source] ?? 0), 0),
  );
  const first = days.findIndex(({ xp, by_source }) => xp !== 0 || Object.keys(by_source).length > 0);
  if (first < 0) return 0;
  return each.reduce((sum, xp) => sum + xp, 0) / (days.length - first);
}
