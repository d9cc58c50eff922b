/** What a frame changes in what is on the screen; REST reconciles a moment later. */
import type { Best, FeedItem, PoolFeedItem, PublicMiner, PublicStats, Worker } from "../api/types";
import { hashesInWords, joined, magnitude } from "../format";
import { addToFeed } from "./feed";
import { bool, type Data, type Frame, num, str } from "./frames";

function line(
  frame: Frame,
  fields: Partial<FeedItem> & Pick<FeedItem, "type" | "title">,
): FeedItem {
  return {
    id: `live:${frame.type}:${frame.ts}:${fields.badge_slug ?? fields.title}`,
    detail: null,
    xp: null,
    badge_slug: null,
    at: str(frame.data, "at") ?? frame.ts,
    ...fields,
  };
}

function withLine(miner: PublicMiner, item: FeedItem): PublicMiner {
  return { ...miner, feed: addToFeed(miner.feed, item) };
}

/** Worker names are compared without case, as the pool does. */
function same(worker: Worker, name: string | null): boolean {
  return worker.name.toLowerCase() === name?.toLowerCase();
}

function lit(workers: Worker[]): number {
  return workers.filter((w) => w.online).length;
}

function withWorker(miner: PublicMiner, name: string | null, change: Partial<Worker>): PublicMiner {
  const known = miner.workers.some((w) => same(w, name));
  const fresh: Worker[] =
    known || name === null
      ? []
      : [
          {
            name,
            online: true,
            last_seen: null,
            agent: null,
            shares_accepted: 0,
            shares_rejected: 0,
            best_sdiff: 0,
            hashrate_ths_1h: 0,
            ...change,
          },
        ];
  const workers = [
    ...miner.workers.map((w) => (same(w, name) ? { ...w, ...change } : w)),
    ...fresh,
  ];
  // Where not all are listed, an unknown one is counted already; the next read knows.
  const listed = known || miner.workers.length === miner.workers_total;
  const workers_total = miner.workers_total + (listed ? fresh.length : 0);
  const workers_online =
    miner.workers_online + (listed ? lit(workers) - lit(miner.workers) : 0);
  return { ...miner, workers, workers_total, workers_online, online: workers_online > 0 };
}

function badgeEarned(miner: PublicMiner, frame: Frame): PublicMiner {
  const slug = str(frame.data, "badge_slug");
  if (!slug || miner.badges.earned.some((b) => b.slug === slug)) return miner;
  const earned_at = str(frame.data, "earned_at") ?? frame.ts;
  const metadata = (frame.data.metadata ?? {}) as Data;
  const badges = {
    ...miner.badges,
    earned: [{ slug, earned_at, metadata }, ...miner.badges.earned],
    total_earned: miner.badges.total_earned + 1,
    progress: miner.badges.progress.filter((p) => p.slug !== slug),
  };
  return withLine(
    { ...miner, badges },
    line(frame, {
      type: "badge_earned",
      title: `New badge: ${str(frame.data, "badge_name") ?? slug}`,
      xp: num(frame.data, "xp_reward"),
      badge_slug: slug,
      at: earned_at,
    }),
  );
}

/**
 * Totals only grow while someone looks on; a frame that comes late must not set them back. Its
 * line in the feed comes with the read that follows.
 */
function xpGained(miner: PublicMiner, frame: Frame): PublicMiner {
  const total = num(frame.data, "total_xp");
  if (total === null || total <= miner.xp.total_xp) return miner;
  const gained = total - miner.xp.total_xp;
  const last = miner.xp.xp_for_level === 0;
  const xp = {
    ...miner.xp,
    total_xp: total,
    xp_into_level: last
      ? miner.xp.xp_into_level + gained
      : Math.min(miner.xp.xp_for_level, miner.xp.xp_into_level + gained),
    xp_to_next_level: Math.max(0, miner.xp.xp_to_next_level - gained),
  };
  return { ...miner, xp };
}

function levelUp(miner: PublicMiner, frame: Frame): PublicMiner {
  const level = num(frame.data, "new_level");
  const title = str(frame.data, "title");
  if (level === null || title === null || level <= miner.xp.level) return miner;
  const xp = { ...miner.xp, level, level_title: title };
  return withLine(
    { ...miner, xp },
    line(frame, { type: "level_up", title: `Level ${level}, ${title}` }),
  );
}

function today(ts: string): number {
  return 1 << ((new Date(ts).getUTCDay() + 6) % 7);
}

function weekGrows(miner: PublicMiner, at: string, shares: number, best: number): PublicMiner {
  const weeks = miner.streak.weeks.slice();
  const week = weeks.at(-1);
  const start = week ? Date.parse(`${week.week_start}T00:00:00Z`) : 0;
  const inside = Date.parse(at) >= start && Date.parse(at) < start + 7 * 86_400_000;
  if (!week || !inside) return miner;
  const first = !miner.streak.is_active_this_week;
  weeks[weeks.length - 1] = {
    ...week,
    is_active: true,
    share_count: week.share_count + shares,
    best_diff: Math.max(week.best_diff, best),
    days: week.days | today(at),
  };
  const current_streak = miner.streak.current_streak + (first ? 1 : 0);
  return {
    ...miner,
    streak: {
      ...miner.streak,
      weeks,
      is_active_this_week: true,
      current_streak,
      longest_streak: Math.max(miner.streak.longest_streak, current_streak),
    },
  };
}

function shareSubmitted(miner: PublicMiner, frame: Frame): PublicMiner {
  const { data } = frame;
  const at = str(data, "at") ?? frame.ts;
  const shares = num(data, "count") ?? 1;
  const sdiff = Math.max(0, num(data, "sdiff") ?? 0);
  const name = str(data, "worker");
  const worker = miner.workers.find((w) => same(w, name));
  if (bool(data, "accepted") === false) {
    const rejected = (worker?.shares_rejected ?? 0) + shares;
    const stats = { ...miner.stats, shares_rejected: miner.stats.shares_rejected + shares };
    return withWorker({ ...miner, stats }, name, { last_seen: at, shares_rejected: rejected });
  }
  const stats = {
    ...miner.stats,
    shares_accepted: miner.stats.shares_accepted + shares,
    best_difficulty: Math.max(miner.stats.best_difficulty, sdiff),
  };
  const next = withWorker({ ...miner, stats, last_share_at: at }, name, {
    online: true,
    last_seen: at,
    shares_accepted: (worker?.shares_accepted ?? 0) + shares,
    best_sdiff: Math.max(worker?.best_sdiff ?? 0, sdiff),
  });
  return weekGrows(next, at, shares, sdiff);
}

function bestDiff(miner: PublicMiner, frame: Frame): PublicMiner {
  const sdiff = num(frame.data, "sdiff");
  if (sdiff === null) return miner;
  const at = str(frame.data, "at") ?? frame.ts;
  const best: Best = { sdiff, at, worker: str(frame.data, "worker") ?? "default", share_id: null };
  const better = (old: Best | null | undefined) => (old && old.sdiff >= sdiff ? old : best);
  const { alltime, month, week } = miner.bests;
  const bests = { alltime: better(alltime), month: better(month), week: better(week) };
  const next = { ...miner, bests };
  if (bests.alltime !== best) return next;
  const title = `New best: ${joined(magnitude(sdiff))}`;
  const detail = `One in ${hashesInWords(sdiff)} hashes.`;
  return withLine(next, line(frame, { type: "best_diff", title, detail }));
}

function blockFound(miner: PublicMiner, frame: Frame): PublicMiner {
  const height = num(frame.data, "height");
  const stats = { ...miner.stats, blocks_found: miner.stats.blocks_found + 1 };
  const title = height === null ? "Block found" : `Block ${height} found`;
  return withLine({ ...miner, stats }, line(frame, { type: "block_found", title }));
}

function streakUpdate(miner: PublicMiner, frame: Frame): PublicMiner {
  const current = num(frame.data, "streak");
  if (current === null) return miner;
  const longest_streak = Math.max(num(frame.data, "longest") ?? 0, miner.streak.longest_streak);
  return { ...miner, streak: { ...miner.streak, current_streak: current, longest_streak } };
}

const ON_MINER: Record<string, (miner: PublicMiner, frame: Frame) => PublicMiner> = {
  "mining/share_submitted": shareSubmitted,
  "mining/best_diff": bestDiff,
  "mining/block_found": blockFound,
  "mining/worker_status": (miner, frame) =>
    withWorker(miner, str(frame.data, "worker"), { online: bool(frame.data, "online") ?? false }),
  "gamification/badge_earned": badgeEarned,
  "gamification/xp_gained": xpGained,
  "gamification/level_up": levelUp,
  "gamification/streak_update": streakUpdate,
};

export function applyToMiner(miner: PublicMiner, frame: Frame): PublicMiner {
  return ON_MINER[`${frame.channel}/${frame.type}`]?.(miner, frame) ?? miner;
}

const FEED_TYPES = new Set(["badge_earned", "level_up", "xp_gained", "streak_update", "best_diff"]);
const POOL_FEED = 20;

export function poolLine(frame: Frame): PoolFeedItem | null {
  const { data } = frame;
  const type = str(data, "type") ?? "";
  const user = str(data, "user");
  const title = str(data, "title");
  if (!user || !title || !(FEED_TYPES.has(type) || type === "block_found")) return null;
  return {
    id: str(data, "id") ?? `live:${user}:${frame.ts}:${title}`,
    type: type as PoolFeedItem["type"],
    title,
    detail: str(data, "detail"),
    xp: num(data, "xp"),
    badge_slug: str(data, "badge_slug"),
    at: str(data, "at") ?? frame.ts,
    user,
    seed: str(data, "seed") ?? user,
  };
}

export function applyToStats(stats: PublicStats, frame: Frame): PublicStats {
  if (frame.channel !== "dashboard") return stats;
  if (frame.type === "feed_item") {
    const item = poolLine(frame);
    return item ? { ...stats, recent: addToFeed(stats.recent, item, POOL_FEED) } : stats;
  }
  if (frame.type !== "stats_update") return stats;
  return {
    ...stats,
    shares_accepted: stats.shares_accepted + (num(frame.data, "accepted") ?? 0),
    shares_rejected: stats.shares_rejected + (num(frame.data, "rejected") ?? 0),
    hashrate_ths: num(frame.data, "hashrate_ths") ?? stats.hashrate_ths,
    miners_online: num(frame.data, "miners_online") ?? stats.miners_online,
  };
}
