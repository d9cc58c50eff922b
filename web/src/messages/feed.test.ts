import { expect, test } from "vitest";
import { wordsOf } from "./feed";

const line = (code: string, params: Record<string, string | number>) =>
  wordsOf({ code, params, title: "server's title", detail: "server's detail" });

test("each code is worded here, from its values", () => {
  expect([
    line("badge_earned", { name: "First Hash" }),
    line("personal_best", { sdiff: 4.29e9, worker: "garage" }),
    line("level_up", { level: 3, title: "Hash Pupil" }),
    line("shares_counted", { hundreds: 12, total: 1200, more: 0 }),
    line("week_completed", { week: "2026-W08" }),
    line("block_found", { height: 976412, worker: "garage" }),
    line("block_reported", { height: 976412, worker: "garage" }),
  ]).toEqual([
    { title: "New badge: First Hash", detail: null },
    { title: "New best: 4.29\u00a0G", detail: "by garage" },
    { title: "Level 3, Hash Pupil", detail: null },
    { title: "12 × 100 shares", detail: "1,200 shares in all" },
    { title: "Week completed", detail: "Week 8 of 2026" },
    { title: "Block 976,412 found", detail: "by garage" },
    { title: "Block 976,412 reported, not confirmed yet", detail: "by garage" },
  ]);
});

test("a long worker name is cut", () => {
  const { detail } = line("personal_best", { sdiff: 4.29e9, worker: "x".repeat(900) });
  expect(detail).toBe(`by ${"x".repeat(23)}…`);
});

test("a code that the page does not know keeps the server's words", () => {
  expect(line("bell_rung", { number: 1 })).toMatchObject({
    title: "server's title",
    detail: "server's detail",
  });
});
