import { expect, test } from "vitest";
import type { RewardSummary } from "../api/rewards";
import { bySource, dayPoints, pace } from "./xp";

function summary(...sums: Record<string, number>[]): RewardSummary {
  const days = sums.map((by_source, i) => ({
    day: `2026-11-${String(i + 1).padStart(2, "0")}`,
    xp: Object.values(by_source).reduce((a, b) => a + b, 0),
    by_source,
  }));
  return { total_xp: 0, today: 0, this_week: 0, days, weeks: [] };
}

test("a bar is what was earned that day; what a correction took is no bar", () => {
  const points = dayPoints(summary({ share: 3, correction: -50 }, {}), "");
  expect(points.map(({ value }) => value)).toEqual([3, 0]);
});

test("a bar stands at the date of its day on the reader's own clock", () => {
  const [point] = dayPoints(summary({ share: 1 }), "share");
  const at = new Date(point?.at ?? 0);
  expect([at.getFullYear(), at.getMonth(), at.getDate(), at.getHours()]).toEqual([2026, 10, 1, 0]);
});

test("sources are summed with what was taken, the largest first", () => {
  const { days } = summary({ share: 3, badge: 100 }, { share: 4, correction: -50 });
  expect(bySource(days)).toEqual([["badge", 100], ["share", 7], ["correction", -50]]);
});

test("the pace counts what comes again, since the first day with anything, and no badge", () => {
  expect(pace(summary({}, {}, { badge: 100, share: 2 }, { share: 4 }))).toBe(3);
  expect(pace(summary({}, {}))).toBe(0);
});
