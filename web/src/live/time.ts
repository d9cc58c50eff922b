/** Times as the server writes them, in UTC, exact to the microsecond. */

const PARTS = /^(.{19})(?:\.(\d+))?/;

function parts(at: string): [number, number] {
  const [, seconds = at, fraction = ""] = PARTS.exec(at) ?? [];
  return [Date.parse(`${seconds}Z`), Number(fraction.padEnd(6, "0"))];
}

/** Negative where `a` is earlier than `b`, 0 where they are the same moment; null is before all. */
export function compareTimes(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const [first, second] = [parts(a), parts(b)];
  return first[0] - second[0] || first[1] - second[1];
}

export function laterOf(a: string | null, b: string): string {
  return a !== null && compareTimes(a, b) >= 0 ? a : b;
}
