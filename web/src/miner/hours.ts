/** A line from the hashrate of each hour: calmer than the hours, and broken where nobody mined. */
import type { PublicMiner } from "../api/types";
import type { Point } from "../ui/series";

export const HOUR = 3_600_000;
const SPAN = 6;
const AWAY = 3;

/**
 * The mean of the last six hours at the end of each, in TH/s. An hour without a share is a matter of
 * luck and counts; three in a row are a miner that was off.
 */
export function sixHourMeans({ since, ths }: PublicMiner["hashrate"]): Point[] {
  const first = Date.parse(since);
  const begun = ths.findIndex((value) => value !== null);
  if (begun < 0) return [];
  const known = ths.slice(begun).map((value) => value ?? 0);
  let start = 0; // After a break the line begins anew: what was before it does not pull it down.
  return known.map((_, i) => {
    const at = first + (begun + i + 1) * HOUR;
    const near = known.slice(Math.max(0, i - AWAY + 1), i + 1);
    if (near.length === AWAY && near.every((value) => value === 0)) {
      start = i + 1;
      return { at, value: null };
    }
    const span = known.slice(Math.max(start, i - SPAN + 1), i + 1);
    return { at, value: span.reduce((sum, value) => sum + value, 0) / span.length };
  });
}
