/** Spans of time and large counts as one says them: "60 minutes", "41 days", "1 in 2,000". */
import { plural } from "@lingui/core/macro";
import { count, joined, magnitude } from "../format";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365.25 * DAY;

/** A span of time, in the unit that needs two or three digits. */
export function span(seconds: number): string {
  if (seconds < 1.5 * MINUTE) {
    return plural(Math.round(seconds), { one: "# second", other: "# seconds" });
  }
  if (seconds < 1.5 * HOUR) {
    return plural(Math.round(seconds / MINUTE), { one: "# minute", other: "# minutes" });
  }
  if (seconds < 2 * DAY) {
    return plural(Math.round(seconds / HOUR), { one: "# hour", other: "# hours" });
  }
  if (seconds < 2 * YEAR) {
    return plural(Math.round(seconds / DAY), { one: "# day", other: "# days" });
  }
  const years = Math.round(seconds / YEAR);
  return plural(Number(years.toPrecision(3)), { one: "# year", other: "# years" });
}

/** In full for as long as that can be read, then short: 1,954, 2.05 M. */
export function many(n: number): string {
  const whole = Number(n.toPrecision(3));
  return whole < 1e6 ? count(whole) : joined(magnitude(whole));
}
