/** Applies frames to the data on the screen. */
import type { Best, PoolFeedItem, PublicMiner, PublicStats, Worker } from "../api/types";
import { addToFeed, addToMinerFeed, blockOfLine } from "./feed";
import { type Frame, type Frames, reduce, type Reducers } from "./frames";
import { compareTimes, laterOf } from "./time";

/** Worker names are compared without case, as the pool does. */
function same(worker: Worker, name: string): boolean {
  return worker.name.toLowerCase() === name.toLowerCase();
}

function lit(workers: Worker[]): number {
  return workers.filter((w) => w.online).length;
}

function withWorker(
  miner: PublicMiner,
  name: string,
  change: (worker: Worker) => Partial<Worker>,
): PublicMiner {
  const found = miner.workers.find((w) => same(w, name));
  const before: Worker = found ?? {
    name,
    online: false,
    last_seen: null,
    agent: null,
    shares_accepted: 0,
    shares_rejected: 0,
    best_sdiff: 0,
    hashrate_ths_1h: 0,
  };
  const after = { ...before, ...change(before) };
  const workers = found
    ? miner.workers.map((w) => (w === found ? after : w))
    : [...miner.workers, after];
  workers.sort((a, b) => compareTimes(b.last_seen, a.last_seen));
  // Where not all are listed, an unknown one is counted already; the next read knows.
  const listed = found || miner.workers.length === miner.workers_total;
  const workers_total = miner.workers_total + (listed && !found ? 1 : 0);
  const workers_online =
    miner.workers_online + (listed ? lit(workers) - lit(miner.workers) : 0);
  return { ...miner, workers, workers_total, workers_online, online: workers_online > 0 };
}

/** The way to the badges that count something; badges that are reached are about to be awarded. */
function withProgress(miner: PublicMiner): PublicMiner {
  const { stats, streak, badges } = miner;
  const values: Record<string, number> = {
    share_count: stats.shares_accepted,
    best_diff: stats.best_difficulty,
    // A week counts towards a badge when it has closed.
    streak: Math.max(0, streak.current_streak - (streak.is_active_this_week ? 1 : 0)),
  };
  const progress = badges.progress
    .map((one) => ({ ...one, value: values[one.counts] ?? one.value }))
    .filter((one) => one.value < one.threshold);
  return { ...miner, badges: { ...badges, progress } };
}

function badgeEarned(miner: PublicMiner, { data }: Frames["gamification/badge_earned"]) {
  const { badge_slug: slug, earned_at, metadata } = data;
  if (miner.badges.earned.some((b) => b.slug === slug)) return miner;
  const earned = [...miner.badges.earned, { slug, earned_at, metadata }];
  earned.sort((a, b) => compareTimes(b.earned_at, a.earned_at) || (a.slug < b.slug ? -1 : 1));
  const badges = {
    ...miner.badges,
    earned,
    total_earned: miner.badges.total_earned + 1,
    progress: miner.badges.progress.filter((p) => p.slug !== slug),
  };
  return { ...miner, badges };
}

/** A total only falls by a correction; a frame that comes late must not set it back. */
function xpGained(miner: PublicMiner, { data }: Frames["gamification/xp_gained"]) {
  const late = data.amount > 0 && data.total_xp <= miner.xp.total_xp;
  return late ? miner : { ...miner, xp: data.state };
}

function streakUpdate(miner: PublicMiner, { data }: Frames["gamification/streak_update"]) {
  if (!data.state) return miner;
  const weeks = miner.streak.weeks.map((week) =>
    data.frozen && week.week_iso === data.week ? { ...week, is_frozen: true } : week,
  );
  return withProgress({ ...miner, streak: { ...miner.streak, ...data.state, weeks } });
}

const DAY = 86_400_000;

function weekGrows(
  miner: PublicMiner,
  { at, count, sdiff }: Frames["mining/share_submitted"]["data"],
): PublicMiner {
  const day = `${at.slice(0, 10)}T00:00:00Z`;
  const weeks = miner.streak.weeks.map((week) => {
    const days = (Date.parse(day) - Date.parse(`${week.week_start}T00:00:00Z`)) / DAY;
    if (days < 0 || days > 6) return week;
    return {
      ...week,
      is_active: true,
      is_frozen: false,
      share_count: week.share_count + count,
      best_diff: Math.max(week.best_diff, sdiff),
      days: week.days | (1 << days),
    };
  });
  return { ...miner, streak: { ...miner.streak, weeks } };
}

function withBest(miner: PublicMiner, best: Best, now: string): PublicMiner {
  const better = (old: Best | null) => (old && old.sdiff >= best.sdiff ? old : best);
  const { alltime = null, month = null, week = null } = miner.bests;
  const inMonth = best.at.slice(0, 7) === now.slice(0, 7);
  const monday = miner.streak.weeks.at(-1)?.week_start ?? "";
  const inWeek = best.at.slice(0, 10) >= monday;
  const bests = {
    alltime: better(alltime),
    month: inMonth ? better(month) : month,
    week: inWeek ? better(week) : week,
  };
  return { ...miner, bests };
}

function shareSubmitted(miner: PublicMiner, frame: Frames["mining/share_submitted"]) {
  const { data } = frame;
  const { worker, count, sdiff, at, last_at, share_id } = data;
  const seen = (one: Worker): Partial<Worker> => ({
    online: compareTimes(last_at, one.last_seen) > 0 ? data.online : one.online,
    last_seen: laterOf(one.last_seen, last_at),
    agent: data.agent ?? one.agent,
  });
  const last_share_at = laterOf(miner.last_share_at, last_at);
  if (!data.accepted) {
    const stats = { ...miner.stats, shares_rejected: miner.stats.shares_rejected + count };
    return withWorker({ ...miner, stats, last_share_at }, worker, (one) => ({
      ...seen(one),
      shares_rejected: one.shares_rejected + count,
    }));
  }
  const stats = {
    ...miner.stats,
    shares_accepted: miner.stats.shares_accepted + count,
    work: miner.stats.work + data.work,
    best_difficulty: Math.max(miner.stats.best_difficulty, sdiff),
  };
  const next = withWorker({ ...miner, stats, last_share_at }, worker, (one) => ({
    ...seen(one),
    shares_accepted: one.shares_accepted + count,
    best_sdiff: Math.max(one.best_sdiff, sdiff),
  }));
  const best = { sdiff, at, worker, share_id };
  return withProgress(weekGrows(withBest(next, best, frame.ts), data));
}

function bestDiff(miner: PublicMiner, { data, ts }: Frames["mining/best_diff"]) {
  const { sdiff, at, worker, share_id } = data;
  const stats = {
    ...miner.stats,
    best_difficulty: Math.max(miner.stats.best_difficulty, sdiff),
  };
  const workers = miner.workers.map((one) =>
    same(one, worker) ? { ...one, best_sdiff: Math.max(one.best_sdiff, sdiff) } : one,
  );
  const next = withBest({ ...miner, stats, workers }, { sdiff, at, worker, share_id }, ts);
  return withProgress(next);
}

function workerStatus(miner: PublicMiner, { data }: Frames["mining/worker_status"]) {
  const { worker, online, agent, last_seen } = data;
  const last_share_at = laterOf(miner.last_share_at, last_seen);
  return withWorker({ ...miner, last_share_at }, worker, () => ({ online, agent, last_seen }));
}

function blockFound(miner: PublicMiner, { data }: Frames["mining/block_found"]) {
  if (miner.blocks.some((one) => one.hash === data.hash)) return miner;
  const { at: found_at, height, hash, worker, sdiff, reward_sats } = data;
  const block = { height, hash, found_at, worker, sdiff, reward_sats };
  const blocks = [...miner.blocks, block].sort((a, b) => b.height - a.height);
  const stats = { ...miner.stats, blocks_found: miner.stats.blocks_found + 1 };
  return { ...miner, blocks, stats };
}

const ON_MINER: Reducers<PublicMiner> = {
  "mining/share_submitted": shareSubmitted,
  "mining/best_diff": bestDiff,
  "mining/worker_status": workerStatus,
  "mining/block_found": blockFound,
  "gamification/badge_earned": badgeEarned,
  "gamification/xp_gained": xpGained,
  "gamification/streak_update": streakUpdate,
  "dashboard/feed_item": (miner, { data }) => {
    const { id, type, code, params, title, detail, xp, badge_slug, at } = data;
    const line = { id, type, code, params, title, detail, xp, badge_slug, at };
    return { ...miner, feed: addToMinerFeed(miner.feed, line) };
  },
};

export function applyToMiner(miner: PublicMiner, frame: Frame): PublicMiner {
  return reduce(ON_MINER, miner, frame);
}

const POOL_FEED = 20;

/** A block's line tells all of the block: it hangs on the wall at once. */
function withLastBlock(stats: PublicStats, frame: Frame): PublicStats {
  const block = blockOfLine(frame);
  if (!block || (stats.last_block && stats.last_block.height >= block.height)) return stats;
  return { ...stats, last_block: block, blocks_found: stats.blocks_found + 1 };
}

const ON_POOL: Reducers<PublicStats> = {
  "dashboard/feed_item": (stats, frame) => {
    const { user, seed, ...line } = frame.data;
    if (user === null || seed === null) return stats;
    const item: PoolFeedItem = { ...line, user, seed };
    const recent = addToFeed(stats.recent, item, POOL_FEED);
    return withLastBlock({ ...stats, recent }, frame);
  },
  "dashboard/stats_update": (stats, { data }) => ({
    ...stats,
    shares_accepted: stats.shares_accepted + data.accepted,
    shares_rejected: stats.shares_rejected + data.rejected,
  }),
};

export function applyToStats(stats: PublicStats, frame: Frame): PublicStats {
  return reduce(ON_POOL, stats, frame);
}
