import { expect, test } from "vitest";
import type { Reward } from "../api/rewards";
import { whyOf } from "./why";

function why(source: string, cause: Partial<Reward["cause"]>, amount = 1, title = "title"): string {
  const line = { id: "", type: "", code: "", params: {}, title, detail: null, xp: 0, badge_slug: null, at: "" };
  return whyOf({
    ...{ id: "1", amount, source, source_id: null, at: "", badge: null, line },
    cause: { kind: source, ...cause },
  });
}

test.each([
  ["share", { count: 1200 }, "Every 100 accepted shares are 1 XP. Your share number 1,200 filled this hundred."],
  ["badge", { sdiff: 4.29e9, worker: "garage" }, "A share of difficulty 4.29\u00a0G by garage earned it."],
  ["badge", { count: 1, sdiff: 9, worker: "x" }, "Your accepted share number 1 earned it."],
  ["badge", { height: 970_001, worker: "garage" }, "Block 970,001, found by garage, earned it."],
  ["badge", { week: "2026-W47", weeks: 52 }, "52 weeks in a row with week 47 of 2026 earned it."],
  ["badge", { week: "2026-W47", sdiff: 8.8e8 }, "The pool's best share of week 47 of 2026 was yours: 880\u00a0M."],
  ["badge", { reason: "met at the fair" }, "An operator of the pool granted it: “met at the fair”"],
  ["quest", { fact: "active_days", threshold: 5, period: "2026-W47" }, "Accepted shares on 5 days completed it (Week 47 of 2026)."],
  ["quest", { fact: "external", threshold: 1, period: "2026-S4" }, "Another system told the pool that you completed it (Season 4 of 2026)."],
  ["quest", { fact: "streak_weeks", threshold: 2, period: "once" }, "2 mined weeks in a row completed it (once)."],
  ["streak", { week: "2026-W47", count: 931 }, "You mined in week 47 of 2026: 931 accepted shares. Paid when the week had closed."],
])("of %s with %j it says what did it", (source, cause, said) => {
  expect(why(source, cause)).toBe(said);
});

test("a correction says who did it, which way, and the operator's reason", () => {
  expect(why("correction", {}, 30, "a lost day")).toBe("An operator of the pool gave this XP: “a lost day”");
  expect(why("correction", {}, -30, "twice")).toBe("An operator of the pool took this XP: “twice”");
});

test("a source that this page does not know keeps the server's words", () => {
  expect(why("bell", {}, 5, "The bell rang")).toBe("The bell rang");
});
