/** The streak's year as the stove lays it: four rows of thirteen weeks, now at bottom right. */
import type { Week } from "../api/types";

export type Glow = "before" | "missed" | "frozen" | "low" | "mid" | "high" | "now" | "now-empty";

export interface Cell {
  week: Week;
  glow: Glow;
  days: number;
}

const COLUMNS = 13;
const ROWS = 4;
const WEEKDAYS = 7;

export function daysIn(mask: number): number {
  let days = 0;
  for (let bit = 0; bit < WEEKDAYS; bit++) days += (mask >> bit) & 1;
  return days;
}

function glow(week: Week, days: number, running: boolean, begun: boolean): Glow {
  if (running) return week.is_active ? "now" : "now-empty";
  if (week.is_frozen) return "frozen";
  if (!week.is_active) return begun ? "missed" : "before";
  if (days >= WEEKDAYS) return "high";
  return days >= 4 ? "mid" : "low";
}

/** Weeks come oldest first; fewer than 52 sit at the end, and rows fill up from the bottom. */
export function layYear(weeks: Week[]): Cell[][] {
  const last = weeks.slice(-COLUMNS * ROWS);
  const begin = last.findIndex((w) => w.is_active);
  const cells = last.map((week, i): Cell => {
    const days = daysIn(week.days);
    const begun = begin >= 0 && i > begin;
    return { week, days, glow: glow(week, days, i === last.length - 1, begun) };
  });
  const rows: Cell[][] = [];
  for (let end = cells.length; end > 0; end -= COLUMNS) {
    rows.unshift(cells.slice(Math.max(0, end - COLUMNS), end));
  }
  return rows;
}

export interface Month {
  /** As "2026-03". */
  month: string;
  weeks: number;
}

/** The months of a row and how many of its weeks begin in each. */
export function monthsOf(row: Cell[]): Month[] {
  const months: Month[] = [];
  for (const { week } of row) {
    const month = week.week_start.slice(0, 7);
    const last = months.at(-1);
    if (last?.month === month) last.weeks += 1;
    else months.push({ month, weeks: 1 });
  }
  return months;
}

export interface Day {
  name: string;
  state: "mined" | "today" | "today-empty" | "empty" | "ahead";
}

/** To tell them apart; nobody reads them. */
const NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** The seven days of the running week, by UTC like the week itself. */
export function layWeek(week: Week | undefined, now: number): Day[] {
  const today = (new Date(now).getUTCDay() + 6) % 7;
  return NAMES.map((name, i) => {
    const mined = (((week?.days ?? 0) >> i) & 1) === 1;
    if (i === today) return { name, state: mined ? "today" : "today-empty" };
    if (i > today) return { name, state: "ahead" };
    return { name, state: mined ? "mined" : "empty" };
  });
}

export function weekNumber(iso: string): number {
  return Number(iso.slice(iso.indexOf("W") + 1));
}
