import { describe, expect, it } from "vitest";
import type { Week } from "../api/types";
import { daysIn, layWeek, layYear, monthsOf, weekNumber } from "./year";

const MONDAY = Date.UTC(2026, 10, 16);

/** `fills` from oldest to now: the days bitmask of each week, null for no share. */
function weeks(fills: (number | null)[]): Week[] {
  return fills.map((days, i) => ({
    week_iso: `W${i}`,
    week_start: new Date(MONDAY - (fills.length - 1 - i) * 7 * 86_400_000)
      .toISOString()
      .slice(0, 10),
    share_count: days ? 9 : 0,
    best_diff: 0,
    is_active: days !== null,
    days: days ?? 0,
    is_frozen: false,
  }));
}

const EVERY_DAY = 0b1111111;

describe("layYear", () => {
  it("lays four rows of thirteen, oldest top left and now bottom right", () => {
    const rows = layYear(weeks(Array(52).fill(EVERY_DAY)));
    expect(rows.map((row) => row.length)).toEqual([13, 13, 13, 13]);
    expect(rows[0]?.[0]?.week.week_iso).toBe("W0");
    expect(rows[3]?.[12]?.week.week_iso).toBe("W51");
    expect(rows[3]?.[12]?.glow).toBe("now");
    expect(rows[3]?.[11]?.glow).toBe("high");
  });

  it("tells before the start from missed, and the three greens by days", () => {
    const fills = [null, 0b1, 0b111, null, 0b1111, 0b111111, EVERY_DAY, null];
    const [row] = layYear(weeks(fills));
    expect(row?.map((c) => c.glow)).toEqual([
      "before",
      "low",
      "low",
      "missed",
      "mid",
      "mid",
      "high",
      "now-empty",
    ]);
  });

  it("tells a week that a freeze covered from a missed one", () => {
    const year = weeks([1, null, 1, null, 1]).map((week, i) => ({ ...week, is_frozen: i === 3 }));
    expect(layYear(year)[0]?.map((c) => c.glow)).toEqual(["low", "missed", "low", "frozen", "now"]);
  });

  it("counts a week as mined by its flag even where its days are not known", () => {
    expect(layYear(weeks([0, 0b1]))[0]?.[0]?.glow).toBe("low");
  });

  it("keeps the last 52 and fills a short year from the bottom", () => {
    expect(layYear(weeks(Array(60).fill(1)))[0]?.[0]?.week.week_iso).toBe("W8");
    expect(layYear(weeks(Array(15).fill(1))).map((row) => row.length)).toEqual([2, 13]);
    expect(layYear([])).toEqual([]);
  });
});

it("counts days in a mask", () => {
  expect([0, 1, 0b1010101, EVERY_DAY].map(daysIn)).toEqual([0, 1, 4, 7]);
});

describe("layWeek", () => {
  it("marks today by UTC, not by the reader's clock", () => {
    const justBeforeMidnight = Date.UTC(2026, 10, 19, 23, 59); // Thursday
    const days = layWeek(weeks([0b0001011])[0], justBeforeMidnight);
    expect(days.map((d) => d.state)).toEqual([
      "mined",
      "mined",
      "empty",
      "today",
      "ahead",
      "ahead",
      "ahead",
    ]);
  });

  it("shows an open today where no share came yet", () => {
    expect(layWeek(undefined, Date.UTC(2026, 10, 22, 12))[6]?.state).toBe("today-empty");
  });
});

it("counts the weeks of a row by the month in which they begin", () => {
  const last = layYear(weeks(Array(52).fill(EVERY_DAY)))[3] ?? [];
  expect(monthsOf(last)).toEqual([
    { month: "2026-08", weeks: 2 },
    { month: "2026-09", weeks: 4 },
    { month: "2026-10", weeks: 4 },
    { month: "2026-11", weeks: 3 },
  ]);
  expect(monthsOf([])).toEqual([]);
});

it("reads the week's number", () => {
  expect(weekNumber("2026-W09")).toBe(9);
});
