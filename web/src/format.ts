/** Numbers, addresses and times as people read them here: three digits, short, exact. */

import { t } from "@lingui/core/macro";
import { LOCALE } from "./messages";
import { HASHES_PER_DIFFICULTY } from "./rules";
import { type Units, units } from "./units";

const NBSP = "\u00a0";
const STEPS = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A formatter takes longer to make than to use, and a page writes hundreds of numbers and dates. */
function kept<Options extends object, Made>(make: (options: Options) => Made) {
  const all = new Map<string, Made>();
  return (options: Options): Made => {
    const key = JSON.stringify(options);
    const known = all.get(key);
    if (known !== undefined) return known;
    const made = make(options);
    all.set(key, made);
    return made;
  };
}

const numbers = kept((how: Intl.NumberFormatOptions) => new Intl.NumberFormat(LOCALE, how));
const times = kept((how: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(LOCALE, how));

/** Nothing for what is no time: a formatter would throw. */
function written(how: Intl.DateTimeFormatOptions, at: Date): string {
  return Number.isNaN(at.getTime()) ? "" : times(how).format(at);
}

export interface Quantity {
  value: string;
  unit: string;
}

/** Split a number into thousands steps; rounding to `digits` may carry into the next step. */
function step(n: number, digits: number): { mantissa: number; steps: number } {
  let steps = n < 1000 ? 0 : Math.floor(Math.log10(n) / 3);
  let mantissa = Number((n / 1000 ** steps).toPrecision(digits));
  if (mantissa >= 1000) {
    steps += 1;
    mantissa = Number((n / 1000 ** steps).toPrecision(digits));
  }
  return { mantissa, steps };
}

function threeDigits(n: number): string {
  if (n === 0) return "0";
  return numbers({ minimumSignificantDigits: 3, maximumSignificantDigits: 3 }).format(n);
}

/** A difficulty or another large number: 4.29 G, 612 M. */
export function magnitude(n: number): Quantity {
  if (!Number.isFinite(n) || n <= 0) return { value: "0", unit: "" };
  if (n < 1000 && Number.isInteger(n)) return { value: String(n), unit: "" };
  const { mantissa, steps } = step(n, 3);
  const last = STEPS.length - 1;
  if (steps > last) return { value: n.toExponential(2), unit: "" };
  return { value: threeDigits(mantissa), unit: STEPS[steps] ?? "" };
}

/** A difficulty as its reader likes it: 4.29 G, or every digit of it. */
export function difficulty(n: number, how = units().difficulty): Quantity {
  if (how === "short" || !Number.isFinite(n) || n <= 0) return magnitude(n);
  return { value: count(n), unit: "" };
}

/** A hashrate that comes in TH/s: 1.21 TH/s, 812 GH/s, 1.04 PH/s, or always in the unit asked. */
export function hashrate(ths: number, unit: Units["hashrate"] = units().hashrate): Quantity {
  if (!Number.isFinite(ths) || ths <= 0) return { value: "0", unit: unit === "auto" ? "TH/s" : unit };
  if (unit !== "auto") {
    const value = (ths * 1e12) / 1000 ** STEPS.indexOf(unit.charAt(0));
    return { value: threeDigits(value), unit };
  }
  const { mantissa, steps } = step(ths * 1e12, 3);
  const prefix = STEPS[Math.min(steps, STEPS.length - 1)] ?? "";
  return { value: threeDigits(mantissa), unit: `${prefix}H/s` };
}

/** Value and unit in one piece of text, held together by a non-breaking space. */
export function joined(q: Quantity): string {
  return q.unit ? q.value + NBSP + q.unit : q.value;
}

export function count(n: number): string {
  return numbers({ maximumFractionDigits: 0 }).format(n);
}

const SATS = 1e8;

/** Satoshi as BTC, to three decimals: 3.148 BTC; less than that in all eight. */
export function bitcoins(sats: number): Quantity {
  const digits = Math.abs(sats) < SATS / 1000 ? 8 : 3;
  const how = { minimumFractionDigits: 3, maximumFractionDigits: digits };
  const value = numbers(how).format(sats / SATS);
  return { value, unit: "BTC" };
}

/** A share of all miners, in percent: 0, 0.4, 37. */
export function percent(n: number): string {
  const digits = n > 0 && n < 10 ? 1 : 0;
  return `${numbers({ maximumFractionDigits: digits }).format(n)}${NBSP}%`;
}

/** How many hashes a difficulty stands for, in words: "18 quintillion". */
export function hashesInWords(difficulty: number): string {
  const { mantissa: n, steps } = step(difficulty * HASHES_PER_DIFFICULTY, 2);
  const named = [
    String(n),
    t`${n}\u00a0thousand`,
    t`${n}\u00a0million`,
    t`${n}\u00a0billion`,
    t`${n}\u00a0trillion`,
    t`${n}\u00a0quadrillion`,
    t`${n}\u00a0quintillion`,
    t`${n}\u00a0sextillion`,
    t`${n}\u00a0septillion`,
    t`${n}\u00a0octillion`,
  ];
  return named[steps] ?? t`more hashes than we can name`;
}

/** The shortest address has 26 letters, the longest handle 24. */
const NAME = 24;

export function isName(text: string): boolean {
  return text.length <= NAME;
}

/** First four, ellipsis, last four; a handle, which may stand for an address, stays whole. */
export function shortAddress(address: string): string {
  return isName(address) ? address : `${address.slice(0, 4)}…${address.slice(-4)}`;
}

/** Long worker names are kept whole in titles and shown cut. */
export function shortName(name: string, max = 24): string {
  const letters = Array.from(name);
  return letters.length <= max ? name : `${letters.slice(0, max - 1).join("")}…`;
}

function dayNumber(time: number): number {
  const d = new Date(time);
  return Math.floor(Date.UTC(d.getFullYear(), d.getMonth(), d.getDate()) / DAY);
}

export function clock(iso: string, how = units().clock): string {
  const hour12 = how === "12h";
  const hour = hour12 ? "numeric" : "2-digit";
  return written({ hour, minute: "2-digit", hour12 }, new Date(iso));
}

/** "2 November" or "2 Nov", with the year when it is another one. */
export function date(iso: string, now: number, month: "long" | "short" = "long"): string {
  const then = new Date(iso);
  const sameYear = then.getFullYear() === new Date(now).getFullYear();
  return written({ day: "numeric", month, ...(sameYear ? {} : { year: "numeric" }) }, then);
}

/** A month as "2026-03": "Mar". */
export function monthName(month: string): string {
  const [year, number] = month.split("-").map(Number);
  return written({ month: "short" }, new Date(year ?? NaN, (number ?? NaN) - 1, 15));
}

/** How long ago, the way one says it: "9 s ago", "6 min ago", "yesterday 21:14", "Wednesday". */
export function ago(iso: string, now: number): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return "";
  const past = now - then;
  const seconds = Math.floor(past / SECOND);
  const minutes = Math.floor(past / MINUTE);
  const hours = Math.floor(past / HOUR);
  if (past < 5 * SECOND) return t`just now`;
  if (past < MINUTE) return t`${seconds} s ago`;
  if (past < HOUR) return t`${minutes} min ago`;
  const days = dayNumber(now) - dayNumber(then);
  if (days === 0 || past < 6 * HOUR) return t`${hours} h ago`;
  const time = clock(iso);
  if (days === 1) return t`yesterday ${time}`;
  if (days < 7) return written({ weekday: "long" }, new Date(iso));
  return date(iso, now);
}

/** How long until then, in its two largest units: "2 d 4 h", "4 h 12 min", "9 min 05 s", "9 s". */
export function remaining(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const hour = hours % 24;
  const minute = String(minutes % 60).padStart(2, "0");
  const second = String(seconds % 60).padStart(2, "0");
  const whole = count(days);
  if (days > 0) return t`${whole}\u00a0d ${hour}\u00a0h`;
  if (hours > 0) return t`${hours}\u00a0h ${minute}\u00a0min`;
  if (minutes > 0) return t`${minutes}\u00a0min ${second}\u00a0s`;
  return t`${seconds}\u00a0s`;
}

export function fullTime(iso: string): string {
  const hour12 = units().clock === "12h";
  const how = { dateStyle: "long", timeStyle: "medium", hour12 } as const;
  return written(how, new Date(iso));
}

/** Midnight of a date of the game on the reader's own clock, so that its name stays its name. */
export function localDay(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date).toISOString();
}
