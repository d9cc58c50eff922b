/** What a chart shows, worked out from its points: lines with their gaps, and what is in view. */

export interface Point {
  /** Milliseconds since 1970. */
  at: number;
  /** Null where nothing is known: nothing was mined, or nobody was looking. */
  value: number | null;
  /** The bounds of what it may really be. */
  low?: number;
  high?: number;
}

type Column = (number | null)[];

export interface Lines {
  at: number[];
  value: Column;
  low: Column;
  high: Column;
  /** From the last value before a gap to the first one after it. */
  gaps: [number, number][];
}

/** From when until when; always within the whole. */
export type View = readonly [from: number, to: number];

function known(n: number | null | undefined): n is number {
  return typeof n === "number" && Number.isFinite(n) && n >= 0;
}

function clean(points: readonly Point[]): Point[] {
  const byTime = new Map(points.map((point) => [point.at, point]));
  return [...byTime.values()]
    .filter((point) => Number.isFinite(point.at))
    .sort((a, b) => a.at - b.at);
}

/** Lines that break where two values are further apart than they should be (`every`, in ms). */
export function lay(points: readonly Point[], every: number): Lines {
  const all = clean(points);
  const lines: Lines = { at: [], value: [], low: [], high: [], gaps: [] };
  const push = (at: number, point?: Point) => {
    const value = point && known(point.value) ? point.value : null;
    const bounded = value !== null && known(point?.low) && known(point?.high);
    lines.at.push(at);
    lines.value.push(value);
    lines.low.push(bounded ? (point.low ?? null) : null);
    lines.high.push(bounded ? (point.high ?? null) : null);
  };
  const gap = (from: number, to: number) => lines.gaps.push([from, to]);
  const first = all[0]?.at ?? 0;
  const last = all.at(-1)?.at ?? 0;
  let before: number | null = null;
  for (const point of all.filter(({ value }) => known(value))) {
    if (before === null && point.at > first) {
      push(first);
      gap(first, point.at);
    } else if (before !== null && point.at - before > 1.5 * every) {
      push((before + point.at) / 2);
      gap(before, point.at);
    }
    push(point.at, point);
    before = point.at;
  }
  if (before !== null && before < last) {
    push(last);
    gap(before, last);
  }
  return lines;
}

/** The index of the newest value, or -1. */
export function newest(lines: Lines): number {
  return lines.value.findLastIndex((value) => value !== null);
}

/** All there is; a single point has room around it. */
export function wholeOf({ at }: Lines, every: number): View {
  const from = at[0] ?? 0;
  const to = at.at(-1) ?? 0;
  return from === to ? [from - every, to + every] : [from, to];
}

/** Moved as far as the whole allows, without a change of size. */
export function move([from, to]: View, whole: View, by: number): View {
  const step = Math.max(whole[0] - from, Math.min(whole[1] - to, by));
  return [from + step, to + step];
}

/**
 * Nearer (`factor` < 1) or further away; `around` stays where it is, and no less is shown than
 * `least`. Null is the whole, whatever comes to it later.
 */
export function zoom(
  view: View,
  whole: View,
  factor: number,
  least: number,
  around?: number,
): View | null {
  const size = view[1] - view[0];
  const next = Math.max(size * factor, Math.min(least, size));
  if (next >= whole[1] - whole[0]) return null;
  const centre = Math.max(view[0], Math.min(view[1], around ?? (view[0] + view[1]) / 2));
  const from = centre - ((centre - view[0]) / size) * next;
  return move([from, from + next], [whole[0], whole[1]], 0);
}

/** A view that holds this moment: moved to it if it does not. */
export function showing(view: View, whole: View, at: number): View {
  if (at < view[0]) return move(view, whole, at - view[0]);
  return at > view[1] ? move(view, whole, at - view[1]) : view;
}

/** At most so many rows of a table, evenly, the newest always among them. */
export function thin<T>(rows: readonly T[], most: number): T[] {
  if (rows.length <= most) return [...rows];
  const step = (rows.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => rows[Math.round(i * step)] as T);
}
