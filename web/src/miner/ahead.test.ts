import { describe, expect, it } from "vitest";
import type { Badge, PublicMiner } from "../api/types";
import { shelve } from "../badges/shelf";
import { nearest, toNextLevel } from "./ahead";

const badge = (slug: string, over: Partial<Badge> = {}) =>
  ({ slug, trigger_type: "share_count", open: true, sort_order: 1, ...over }) as Badge;

const miner = (over: Partial<PublicMiner> = {}) =>
  ({
    xp: { xp_to_next_level: 50, xp_for_level: 100 },
    pace: { shares: 1_000, work: 1e9 },
    badges: {
      earned: [],
      total_earned: 0,
      total_available: 4,
      progress: [
        { slug: "shares_10k", counts: "share_count", value: 2_000, threshold: 10_000 },
        { slug: "diff_1e9", counts: "best_diff", value: 5e5, threshold: 1e9 },
        { slug: "streak_4", counts: "streak", value: 1, threshold: 4 },
        { slug: "diff_1e12", counts: "best_diff", value: 5e5, threshold: 1e12 },
      ],
    },
    ...over,
  }) as PublicMiner;

const BADGES = [badge("shares_10k"), badge("diff_1e9"), badge("streak_4"), badge("diff_1e12")];

const ahead = (of: PublicMiner) => nearest(shelve(BADGES, of.badges), of);

describe("the next level", () => {
  it("is so many shares away, and days at this pace", () => {
    expect(toNextLevel(miner())).toEqual({ xp: 50, shares: 5_000, days: 5 });
  });

  it("is no number of days without a pace, and nothing at the last level", () => {
    expect(toNextLevel(miner({ pace: { shares: 0, work: 0 } }))?.days).toBeNull();
    const last = { xp_to_next_level: 0, xp_for_level: 0 } as PublicMiner["xp"];
    expect(toNextLevel(miner({ xp: last }))).toBeNull();
  });
});

describe("the nearest badges", () => {
  it("are those that take the fewest days", () => {
    expect(ahead(miner()).map(({ shelved, days }) => [shelved.badge.slug, days])).toEqual([
      ["diff_1e9", 1],
      ["shares_10k", 8],
      ["streak_4", 21],
    ]);
  });

  it("say what is missing", () => {
    expect(ahead(miner()).map(({ shares, difficulty, weeks }) => [shares, difficulty, weeks])).toEqual(
      [
        [null, 1e9, null],
        [8_000, null, null],
        [null, null, 3],
      ],
    );
  });

  it("leave out what nobody can earn and what is earned", () => {
    const closed = [badge("shares_10k", { open: false }), badge("diff_1e9")];
    const of = miner();
    of.badges.earned = [{ slug: "diff_1e9", earned_at: "2026-01-01T00:00:00Z", metadata: {} }];
    expect(nearest(shelve(closed, of.badges), of)).toEqual([]);
  });
});
