import { describe, expect, it } from "vitest";
import type { FeedItem, PublicMiner, PublicStats } from "../api/types";
import { applyToMiner, applyToStats } from "./apply";
import { addToFeed, addToMinerFeed, keepBlock, keepLines } from "./feed";
import type { Frame, Frames } from "./frames";

const AT = "2026-11-21T10:00:00.000Z";

const miner: PublicMiner = {
  handle: "bc1q",
  address: "bc1q",
  avatar_seed: "bc1q",
  display_name: null,
  country: null,
  bio: null,
  claimed: false,
  since: AT,
  last_share_at: null,
  online: false,
  xp: {
    total_xp: 90,
    level: 1,
    level_title: "Nocoiner",
    xp_into_level: 90,
    xp_for_level: 100,
    xp_to_next_level: 10,
    next_level: 2,
    next_title: "Curious Cat",
  },
  streak: {
    current_streak: 3,
    longest_streak: 3,
    streak_start_date: null,
    last_active_week: "2026-W46",
    is_active_this_week: false,
    freezes_held: 0,
    freezes_on: true,
    weeks: [
      {
        week_iso: "2026-W47",
        week_start: "2026-11-16",
        share_count: 0,
        best_diff: 0,
        is_active: false,
        days: 0,
        is_frozen: false,
      },
    ],
  },
  badges: {
    earned: [],
    total_earned: 0,
    total_available: 20,
    progress: [{ slug: "diff_1e6", counts: "best_diff", value: 5, threshold: 1e6 }],
  },
  bests: { alltime: null, month: null, week: null },
  hashrate: { since: "2026-11-14T10:00:00Z", ths: [] },
  pace: { shares: 0, work: 0 },
  stats: {
    shares_accepted: 10,
    shares_rejected: 1,
    work: 0,
    blocks_found: 0,
    best_difficulty: 5,
    hashrate_ths_1h: 0,
    hashrate_ths_24h: 0,
  },
  workers: [],
  workers_total: 0,
  workers_online: 0,
  blocks: [],
  feed: [],
};

function frame<Kind extends keyof Frames>(kind: Kind, data: object, ts = AT): Frame {
  const [channel, type] = kind.split("/");
  return { id: null, channel, subject: "miner:bc1q", type, ts, data } as Frame;
}

const badgeFrame = frame("gamification/badge_earned", {
  badge_slug: "diff_1e6",
  badge_name: "Million Club",
  xp_reward: 50,
  earned_at: AT,
  metadata: { sdiff: 2e6 },
});

const share = (data: object, ts = AT) =>
  frame(
    "mining/share_submitted",
    {
      worker: "axe",
      agent: null,
      diff: 512,
      sdiff: 7,
      accepted: true,
      count: 1,
      work: 512,
      at: AT,
      last_at: AT,
      online: true,
      share_id: "s",
      ...data,
    },
    ts,
  );

describe("a badge", () => {
  it("is on the shelf and out of progress", () => {
    const next = applyToMiner(miner, badgeFrame);
    expect(next.badges.earned).toEqual([
      { slug: "diff_1e6", earned_at: AT, metadata: { sdiff: 2e6 } },
    ]);
    expect(next.badges.total_earned).toBe(1);
    expect(next.badges.progress).toEqual([]);
  });

  it("changes nothing the second time, and never what was handed in", () => {
    const next = applyToMiner(miner, badgeFrame);
    expect(applyToMiner(next, badgeFrame)).toBe(next);
    expect(miner.badges.earned).toEqual([]);
  });
});

describe("xp", () => {
  const gained = (total_xp: number, amount = 5) =>
    frame("gamification/xp_gained", { amount, total_xp, state: { ...miner.xp, total_xp } });

  it("takes the state that it is sent", () => {
    expect(applyToMiner(miner, gained(95)).xp.total_xp).toBe(95);
  });

  it("is set back by a correction, and never by a frame that comes late", () => {
    expect(applyToMiner(miner, gained(80))).toBe(miner);
    expect(applyToMiner(miner, gained(80, -10)).xp.total_xp).toBe(80);
  });
});

describe("a share", () => {
  it("lights the worker, the day and the week", () => {
    const next = applyToMiner(miner, share({ count: 4 }));
    expect(next.stats).toMatchObject({ shares_accepted: 14, best_difficulty: 7, work: 512 });
    expect(next.workers[0]).toMatchObject({ name: "axe", online: true, shares_accepted: 4 });
    expect(next.online).toBe(true);
    expect(next.streak.weeks[0]).toMatchObject({ is_active: true, share_count: 4, days: 1 << 5 });
    expect(next.badges.progress[0]).toMatchObject({ value: 7 });
  });

  it("finds its worker without regard to case", () => {
    const one = applyToMiner(miner, share({ worker: "Axe", count: 4 }));
    const two = applyToMiner(one, share({ worker: "AXE", sdiff: 9 }));
    expect(two.workers).toHaveLength(1);
    expect(two.workers[0]).toMatchObject({ name: "Axe", shares_accepted: 5, best_sdiff: 9 });
  });

  it("counts a worker that is new, and none that is only not listed", () => {
    const one = applyToMiner(miner, share({}));
    expect(one).toMatchObject({ workers_total: 1, workers_online: 1 });
    const status = { worker: "axe", online: false, agent: null, last_seen: AT };
    const off = applyToMiner(one, frame("mining/worker_status", status));
    expect(off).toMatchObject({ workers_total: 1, workers_online: 0, online: false });
    const farm = { ...one, workers_total: 200, workers_online: 150 };
    const unlisted = applyToMiner(farm, share({ worker: "rig 77" }));
    expect(unlisted).toMatchObject({ workers_total: 200, workers_online: 150 });
    const dark = frame("mining/worker_status", status);
    expect(applyToMiner(farm, dark)).toMatchObject({ workers_online: 149, online: true });
  });

  it("of a week that is not on the calendar leaves it alone", () => {
    const next = applyToMiner(miner, share({ at: "2026-11-15T23:59:59Z" }));
    expect(next.streak).toEqual(miner.streak);
  });

  it("that was rejected counts as rejected and rewards nothing", () => {
    const next = applyToMiner(miner, share({ sdiff: -1, accepted: false, count: 2 }));
    expect(next.stats).toMatchObject({ shares_rejected: 3, shares_accepted: 10 });
    expect(next.streak).toBe(miner.streak);
  });
});

it("takes the streak that it is sent, and leaves it alone where none is sent", () => {
  const state = { ...miner.streak, current_streak: 4, is_active_this_week: true };
  const update = (data: object) => applyToMiner(miner, frame("gamification/streak_update", data));
  expect(update({ state }).streak.current_streak).toBe(4);
  expect(update({ state: null, streak: 9 })).toBe(miner);
});

it("marks the week that a freeze covered, until a late share of it arrives", () => {
  const data = { state: { ...miner.streak, freezes_held: 1 }, frozen: true, week: "2026-W47" };
  const frozen = applyToMiner(miner, frame("gamification/streak_update", data));
  expect(frozen.streak.weeks[0]?.is_frozen).toBe(true);
  expect(frozen.streak.freezes_held).toBe(1);
  expect(applyToMiner(frozen, share({})).streak.weeks[0]?.is_frozen).toBe(false);
});

it("raises bests only upwards, and those of the week and month by their own shares alone", () => {
  const best = (sdiff: number, at = AT) =>
    frame("mining/best_diff", { sdiff, worker: "axe", at, share_id: "s", previous: 0 });
  const first = applyToMiner(miner, best(4.29e9));
  expect(first.bests.alltime?.sdiff).toBe(4.29e9);
  const second = applyToMiner({ ...first, bests: { ...first.bests, week: null } }, best(1e6));
  expect(second.bests.alltime?.sdiff).toBe(4.29e9);
  expect(second.bests.week?.sdiff).toBe(1e6);
  const old = applyToMiner(miner, best(1e6, "2026-10-31T23:59:59Z"));
  expect(old.bests).toMatchObject({ alltime: { sdiff: 1e6 }, month: null, week: null });
});

it("leaves everything as it is for a frame it does not know", () => {
  expect(applyToMiner(miner, frame("competition/match_update" as never, {}))).toBe(miner);
});

describe("the feed", () => {
  const item = (over: Partial<FeedItem>): FeedItem => ({
    id: "badge-diff_1e6",
    type: "badge_earned",
    code: "badge_earned",
    params: { name: "Million Club" },
    title: "New badge: Million Club",
    detail: null,
    xp: 50,
    badge_slug: "diff_1e6",
    at: AT,
    ...over,
  });

  it("has each line once", () => {
    const feed = [item({})];
    expect(addToFeed(feed, item({}))).toBe(feed);
    expect(addToFeed(feed, item({ title: "Other words" }))).toEqual([
      item({ title: "Other words" }),
    ]);
  });

  it("is in order of time, to the microsecond", () => {
    const at = (id: string, micros: string) => item({ id, at: `2026-11-21T10:00:00${micros}Z` });
    const lines = [at("a", ""), at("c", ".000002"), at("b", ".000001"), at("d", ".5")];
    const feed = lines.reduce<FeedItem[]>((all, one) => addToFeed(all, one), []);
    expect(feed.map((one) => one.id)).toEqual(["d", "c", "b", "a"]);
  });

  it("comes in frames", () => {
    const next = applyToMiner(miner, frame("dashboard/feed_item", { ...item({}), user: null }));
    expect(next.feed).toEqual([item({})]);
  });

  describe("of bests", () => {
    const best = (week: string, sdiff: number, at: string) =>
      item({ id: `all-time-best-${week}`, code: "personal_best", params: { sdiff }, at });
    const first = best("2026-W46", 100, "2026-11-10T10:00:00Z");
    const later = best("2026-W47", 200, "2026-11-17T10:00:00Z");

    it("rises from week to week", () => {
      expect(addToMinerFeed([first], later)).toEqual([later, first]);
    });

    it("loses the lower ones that came after a late share", () => {
      const late = best("2026-W46", 300, "2026-11-15T10:00:00Z");
      expect(addToMinerFeed([later, first], late)).toEqual([late]);
    });

    it("stays as it is for a frame that comes after a better one", () => {
      const feed = [later, first];
      expect(addToMinerFeed(feed, best("2026-W47", 150, "2026-11-16T10:00:00Z"))).toBe(feed);
      expect(addToMinerFeed(feed, later)).toEqual(feed);
    });
  });

  it("keeps what frames told through a read that does not tell it, in order of time", () => {
    const best = item({ id: "live", type: "best_diff", title: "New best", badge_slug: null });
    const older = item({ id: "o", at: "2026-11-20T10:00:00Z" });
    const newer = item({ id: "n", at: "2026-11-21T11:00:00Z" });
    const read = [newer, older];
    expect(keepLines([best, older], read).map((i) => i.id)).toEqual(["n", "live", "o"]);
    expect(keepLines([older], read)).toBe(read);
  });

  it("takes a line of new words for the old one", () => {
    const at = "2026-11-21T09:00:00.000Z";
    const reported = item({ id: "block-ab", type: "block_reported", title: "reported", at });
    const found = item({ id: "block-ab", type: "block_found", title: "Found", at });
    expect(keepLines([reported], [found])).toEqual([found]);
  });

  it("stays short", () => {
    const many = Array.from({ length: 40 }, (_, i) => item({ id: `${10 + i}` }));
    const feed = many.reduce<FeedItem[]>((all, one) => addToFeed(all, one), []);
    expect(feed).toHaveLength(30);
  });
});

describe("a found block", () => {
  const facts = { height: 976412, hash: "ab", worker: "garage", sdiff: 1.6e14 };
  const found = frame("mining/block_found", { ...facts, reward_sats: 314800000, at: AT });

  it("is among the miner's blocks once, the highest first", () => {
    const lower = { ...facts, height: 9, hash: "cd", reward_sats: null, found_at: AT };
    const before = { ...miner, blocks: [lower] };
    const next = applyToMiner(before, found);
    expect(next.blocks.map((one) => [one.height, one.reward_sats])).toEqual([
      [976412, 314800000],
      [9, null],
    ]);
    expect(next.stats.blocks_found).toBe(1);
    expect(applyToMiner(next, found)).toBe(next);
  });

  const line = { id: "block-ab", type: "block_found", code: "block_found", title: "Found", at: AT };
  const pool = { blocks_found: 1, last_block: null, recent: [] } as unknown as PublicStats;

  it("hangs on the wall as soon as its line is there", () => {
    const data = { ...line, params: facts, user: "bc1q", seed: "bc1q" };
    const next = applyToStats(pool, frame("dashboard/feed_item", data));
    expect(next.last_block).toEqual({
      ...facts, found_at: AT, reward_sats: null, user: "bc1q", seed: "bc1q",
    });
    expect(next.blocks_found).toBe(2);
    const lower = { ...data, params: { ...facts, height: 5, hash: "cd" }, id: "block-cd" };
    expect(applyToStats(next, frame("dashboard/feed_item", lower)).last_block?.height).toBe(976412);
  });

  it("stays through a read that does not know it yet", () => {
    const data = { ...line, params: facts, user: "bc1q", seed: "bc1q" };
    const seen = applyToStats(pool, frame("dashboard/feed_item", data));
    expect(keepBlock(seen, pool)).toMatchObject({ last_block: { hash: "ab" }, blocks_found: 2 });
    const next = { ...seen, last_block: { ...seen.last_block, height: 976413 } } as PublicStats;
    expect(keepBlock(seen, next)).toBe(next);
    expect(keepBlock(pool, seen)).toBe(seen);
  });

  it("is none where the line is of a report or does not tell all of it", () => {
    const of = (more: object) =>
      applyToStats(
        pool,
        frame("dashboard/feed_item", { ...line, params: facts, user: "a", seed: "a", ...more }),
      ).last_block;
    expect(of({ code: "block_reported" })).toBeNull();
    expect(of({ params: { height: 5, worker: "garage" } })).toBeNull();
    expect(of({ user: null, seed: null })).toBeNull();
  });
});

describe("the pool", () => {
  const stats = { shares_accepted: 5, shares_rejected: 0, recent: [] } as unknown as PublicStats;

  it("adds what came since", () => {
    const next = applyToStats(stats, frame("dashboard/stats_update", { accepted: 7, rejected: 1 }));
    expect(next).toMatchObject({ shares_accepted: 12, shares_rejected: 1 });
  });

  it("takes feed lines that name who, and no others", () => {
    const line = { id: "9", type: "level_up", code: "level_up", title: "Level 3, Hash Pupil", at: AT };
    const of = (user: string | null, seed: string | null) =>
      applyToStats(stats, frame("dashboard/feed_item", { ...line, user, seed }));
    expect(of("bc1q", "bc1q").recent[0]).toMatchObject({ user: "bc1q" });
    expect(of(null, null)).toBe(stats);
  });
});
