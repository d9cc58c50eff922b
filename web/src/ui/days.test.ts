import { expect, it } from "vitest";
import type { FeedItem } from "../api/types";
import { byDay, dayName, firstOf } from "./days";

const line = (at: string, xp: number | null = null) => ({ id: at, at, xp }) as FeedItem;

const LINES = [
  line("2026-11-29T23:59:59Z", 50),
  line("2026-11-29T00:00:00.000001Z", 12),
  line("2026-11-28T23:59:59.999999Z"),
  line("2026-11-26T12:00:00Z", 25),
];

it("puts the lines of a day of the game together, wherever the reader lives", () => {
  expect(byDay(LINES).map(({ day, lines, xp }) => [day, lines.length, xp])).toEqual([
    ["2026-11-29", 2, 62],
    ["2026-11-28", 1, 0],
    ["2026-11-26", 1, 25],
  ]);
});

it("shows the first lines, with the XP of the whole day", () => {
  expect(firstOf(byDay(LINES), 1)).toEqual([{ day: "2026-11-29", lines: [LINES[0]], xp: 62 }]);
  expect(firstOf(byDay(LINES), 9)).toEqual(byDay(LINES));
});

it("calls days as one does", () => {
  const now = Date.parse("2026-11-29T10:00:00Z");
  expect(["2026-11-29", "2026-11-28", "2026-11-26", "2025-12-31"].map((day) => dayName(day, now))).toEqual(
    ["Today", "Yesterday", "Thursday 26 November", "Wednesday, 31 December 2025"],
  );
});
