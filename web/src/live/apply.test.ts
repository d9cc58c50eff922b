import { describe, expect, it } from "vitest";
import type { FeedItem, PublicMiner, PublicStats } from "../api/types";
import { applyToMiner, applyToStats } from "./apply";
import { addToFeed, feedKey, keepLines } from "./feed";
import type { Data, Frame } from "./frames";

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
    weeks: [
      {
        week_iso: "2026-W47",
        week_start: "2026-11-16",
        share_count: 0,
        best_diff: 0,
        is_active: false,
        days: 0,
      },
    ],
  },
  badges: {
    earned: [],
    total_earned: 0,
    total_available: 20,
    progress: [{ slug: "diff_1e6", value: 5, threshold: 1e6 }],
  },
  bests: { alltime: null, month: null, week: null },
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
  feed: [],
};

function frame(channel: string, type: string, data: Data, ts = AT): Frame {
  return { id: null, channel, subject: "miner:bc1q", type, ts, data };
}

const badgeFrame = frame("gamification", "badge_earned", {
  badge_slug: "diff_1e6",
  badge_name: "Million Club",
  xp_reward: 50,
  earned_at: AT,
  metadata: { sdiff: 2e6 },
});

describe("a badge", () => {
  it("is on the shelf, out of progress and in the feed at once", () => {
    const next = applyToMiner(miner, badgeFrame);
    expect(next.badges.earned).toEqual([
      { slug: "diff_1e6", earned_at: AT, metadata: { sdiff: 2e6 } },
    ]);
    expect(next.badges.total_earned).toBe(1);
    expect(next.badges.progress).toEqual([]);
    expect(next.feed[0]).toMatchObject({ title: "New badge: Million Club", xp: 50 });
  });

  it("changes nothing the second time, and never what was handed in", () => {
    const next = applyToMiner(miner, badgeFrame);
    expect(applyToMiner(next, badgeFrame)).toBe(next);
    expect(miner.badges.earned).toEqual([]);
  });
});

describe("xp", () => {
  const gained = (total: number, source = "badge") =>
    frame("gamification", "xp_gained", { amount: 5, source, total_xp: total, level: 1 });

  it("takes the total it is told and moves the way to the next level", () => {
    const next = applyToMiner(miner, gained(95));
    expect(next.xp).toMatchObject({ total_xp: 95, xp_into_level: 95, xp_to_next_level: 5 });
  });

  it("is never set back by a frame that comes late", () => {
    expect(applyToMiner(miner, gained(80))).toBe(miner);
  });

  it("does not overrun the level before the level's own frame comes", () => {
    expect(applyToMiner(miner, gained(150)).xp).toMatchObject({
      xp_into_level: 100,
      xp_to_next_level: 0,
    });
    const up = frame("gamification", "level_up", { new_level: 2, title: "Curious Cat" });
    expect(applyToMiner(miner, up).xp.level_title).toBe("Curious Cat");
  });
});

describe("a share", () => {
  const share = (data: Data, ts = AT) => frame("mining", "share_submitted", data, ts);

  it("lights the worker, the day and the week", () => {
    const next = applyToMiner(miner, share({ worker: "axe", sdiff: 7, accepted: true, count: 4 }));
    expect(next.stats).toMatchObject({ shares_accepted: 14, best_difficulty: 7 });
    expect(next.workers[0]).toMatchObject({ name: "axe", online: true, shares_accepted: 4 });
    expect(next.online).toBe(true);
    expect(next.streak).toMatchObject({ current_streak: 4, longest_streak: 4 });
    expect(next.streak.weeks[0]).toMatchObject({ is_active: true, share_count: 4, days: 1 << 5 });
  });

  it("finds its worker without regard to case", () => {
    const one = applyToMiner(miner, share({ worker: "Axe", sdiff: 7, accepted: true, count: 4 }));
    const two = applyToMiner(one, share({ worker: "AXE", sdiff: 9, accepted: true }));
    expect(two.workers).toHaveLength(1);
    expect(two.workers[0]).toMatchObject({ name: "Axe", shares_accepted: 5, best_sdiff: 9 });
  });

  it("counts a worker that is new, and none that is only not listed", () => {
    const one = applyToMiner(miner, share({ worker: "axe", sdiff: 7, accepted: true }));
    expect(one).toMatchObject({ workers_total: 1, workers_online: 1 });
    const off = applyToMiner(one, frame("mining", "worker_status", { worker: "axe", online: false }));
    expect(off).toMatchObject({ workers_total: 1, workers_online: 0, online: false });
    const farm = { ...one, workers_total: 200, workers_online: 150 };
    const unlisted = applyToMiner(farm, share({ worker: "rig 77", sdiff: 7, accepted: true }));
    expect(unlisted).toMatchObject({ workers_total: 200, workers_online: 150 });
    const dark = frame("mining", "worker_status", { worker: "axe", online: false });
    expect(applyToMiner(farm, dark)).toMatchObject({ workers_online: 149, online: true });
  });

  it("of last week leaves this week alone", () => {
    const next = applyToMiner(miner, share({ worker: "axe", at: "2026-11-15T23:59:59Z" }));
    expect(next.streak).toBe(miner.streak);
  });

  it("that was rejected counts as rejected and rewards nothing", () => {
    const next = applyToMiner(
      miner,
      share({ worker: "axe", sdiff: -1, accepted: false, count: 2 }),
    );
    expect(next.stats).toMatchObject({ shares_rejected: 3, shares_accepted: 10 });
    expect(next.streak).toBe(miner.streak);
  });
});

it("raises bests only upwards, and tells of the best ever alone", () => {
  const best = (sdiff: number) => frame("mining", "best_diff", { sdiff, worker: "axe", at: AT });
  const first = applyToMiner(miner, best(4.29e9));
  expect(first.bests.alltime?.sdiff).toBe(4.29e9);
  expect(first.feed[0]?.type).toBe("best_diff");
  const second = applyToMiner({ ...first, bests: { ...first.bests, week: null } }, best(1e6));
  expect(second.bests.alltime?.sdiff).toBe(4.29e9);
  expect(second.bests.week?.sdiff).toBe(1e6);
  expect(second.feed).toHaveLength(1);
});

it("leaves everything as it is for a frame it does not know", () => {
  expect(applyToMiner(miner, frame("competition", "match_update", {}))).toBe(miner);
  expect(applyToMiner(miner, frame("gamification", "badge_earned", {}))).toBe(miner);
});

describe("the feed", () => {
  const item = (over: Partial<FeedItem>): FeedItem => ({
    id: "1",
    type: "badge_earned",
    title: "New badge: Million Club",
    detail: null,
    xp: 50,
    badge_slug: "diff_1e6",
    at: AT,
    ...over,
  });

  it("knows one happening under two ids", () => {
    const live = item({ id: "live:x", at: "2026-11-21T10:00:00.400Z" });
    expect(feedKey(live)).toBe(feedKey(item({ id: "77" })));
    const feed = [item({})];
    expect(addToFeed(feed, live)).toBe(feed);
  });

  it("keeps two people's happenings apart", () => {
    const of = (user: string) => ({ ...item({ id: user }), user });
    expect(addToFeed([of("a")], of("b"))).toHaveLength(2);
  });

  it("keeps what frames told through a read that does not tell it, in order of time", () => {
    const best = item({ id: "live", type: "best_diff", title: "New best", badge_slug: null });
    const older = item({ id: "o", badge_slug: "old", at: "2026-11-20T10:00:00Z" });
    const newer = item({ id: "n", badge_slug: "new", at: "2026-11-21T11:00:00Z" });
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

  it("puts the newest on top and stays short", () => {
    const many = Array.from({ length: 40 }, (_, i) => item({ id: `${i}`, badge_slug: `b${i}` }));
    const feed = many.reduce<FeedItem[]>((all, one) => addToFeed(all, one), []);
    expect(feed).toHaveLength(30);
    expect(feed[0]?.id).toBe("39");
  });
});

describe("the pool", () => {
  const stats = { shares_accepted: 5, shares_rejected: 0, recent: [] } as unknown as PublicStats;
  const pool = (type: string, data: Data) => ({
    ...frame("dashboard", type, data),
    subject: "pool",
  });

  it("adds what came since", () => {
    const next = applyToStats(stats, pool("stats_update", { accepted: 7, rejected: 1 }));
    expect(next).toMatchObject({ shares_accepted: 12, shares_rejected: 1 });
  });

  it("takes feed lines that name who and what, and no others", () => {
    const line = { id: "9", type: "level_up", title: "Level 3, Hash Pupil", user: "bc1q", at: AT };
    expect(applyToStats(stats, pool("feed_item", line)).recent[0]).toMatchObject({ user: "bc1q" });
    expect(applyToStats(stats, pool("feed_item", { ...line, type: "odd" }))).toBe(stats);
    expect(applyToStats(stats, pool("feed_item", { ...line, user: 7 }))).toBe(stats);
  });
});
