import { describe, expect, it } from "vitest";
import type { Badge } from "../api/types";
import { cause, howTo, shelve } from "./shelf";

const badge = (slug: string, over: Partial<Badge> = {}): Badge => ({
  slug,
  name: slug,
  description: "",
  category: "mining",
  rarity: "common",
  xp_reward: 50,
  trigger_type: "share_count",
  threshold: 1000,
  open: true,
  picture: null,
  sort_order: 1,
  total_earned: 0,
  percentage: 0,
  ...over,
});

it("puts the newest earned first, then the nearest, then the rest in order", () => {
  const badges = ["late", "locked", "half", "old", "new", "near"].map((slug, i) =>
    badge(slug, { sort_order: i }),
  );
  const shelf = shelve(badges, {
    earned: [
      { slug: "old", earned_at: "2026-01-01T00:00:00Z", metadata: {} },
      { slug: "new", earned_at: "2026-02-01T00:00:00Z", metadata: {} },
    ],
    total_earned: 2,
    total_available: 6,
    progress: [
      { slug: "half", counts: "share_count", value: 500, threshold: 1000 },
      { slug: "near", counts: "share_count", value: 2000, threshold: 1000 },
      { slug: "late", counts: "share_count", value: 0, threshold: 1000 },
    ],
  });
  expect(shelf.map((s) => s.badge.slug)).toEqual(["new", "old", "near", "half", "late", "locked"]);
  expect(shelf[2]).toMatchObject({ fraction: 1 });
  expect(shelf[3]?.measured).toBe("500 of 1,000");
});

describe("howTo", () => {
  it("says it for each trigger, and nothing where the description must do", () => {
    expect(howTo(badge("a", { threshold: 1 }))).toBe("One accepted share.");
    expect(howTo(badge("a", { trigger_type: "best_diff", threshold: 1e9 }))).toContain(
      "1.00\u00a0G",
    );
    expect(howTo(badge("a", { trigger_type: "streak", threshold: 4 }))).toContain("4 weeks");
    expect(howTo(badge("a", { trigger_type: "block_found", threshold: null }))).toContain("block");
    expect(howTo(badge("a", { trigger_type: "event", threshold: null }))).toBeNull();
  });
});

it("names the share that did it", () => {
  const by = (metadata: Record<string, unknown>) => cause({ slug: "a", earned_at: "", metadata });
  expect(by({ sdiff: 4.29e9, worker: "axe" })).toBe(
    "by a share of difficulty 4.29\u00a0G from axe",
  );
  expect(by({ sdiff: 9000, worker: "axe", total_shares: 1000 })).toBe(
    "by share number 1,000 of difficulty 9.00\u00a0k from axe",
  );
  expect(by({ height: 7, worker: "axe" })).toBe("by block 7 from axe");
  expect(by({ streak: 4, week: "2026-W09" })).toBe("with week 2026-W09");
  expect(by({})).toBeNull();
});
