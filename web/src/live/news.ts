/** What no frame announced, but a read shows: badges, a level, a best and blocks since last time. */
import type { QueryClient } from "@tanstack/react-query";
import { Refusal } from "../api/client";
import { badgesQuery, minerQuery } from "../api/queries";
import type { Badge, PublicMiner } from "../api/types";
import type { BestReached, Fired, Happened, LevelReached } from "../celebrate/queue";
import { blockNews, blocksOf } from "./blocks";
import type { Frames } from "./frames";
import { eachLook } from "./look";
import { lastSeen, noteSeen } from "./seen";

/** A badge that a later read shows, not a frame, is news for this long even if an older one is not. */
const NEWS = 2 * 60_000;
/** A level or a best that is older is read from history. */
const HISTORY = 7 * 86_400_000;

function firedKey(who: string, slug: string): string {
  return `${who}:${slug}`;
}

export function firedByFrame(who: string, frame: Frames["gamification/badge_earned"]): Fired {
  const { badge_slug: slug, badge_name: name, category, rarity, xp_reward: xp } = frame.data;
  const at = frame.data.earned_at;
  return { kind: "badge", key: firedKey(who, slug), at, slug, name, category, rarity, xp };
}

function firedByRead(who: string, badge: Badge, at: string): Fired {
  const { slug, name, category, rarity, xp_reward: xp } = badge;
  return { kind: "badge", key: firedKey(who, slug), at, slug, name, category, rarity, xp };
}

/** What was there when somebody looked last: on this visit, or on one before. */
interface Known {
  badges: Set<string> | null;
  level: number;
  best: number;
}

function isHistory(at: string): boolean {
  return Date.now() - Date.parse(at) > HISTORY;
}

/**
 * The level, if it is a new one. While somebody looks, its line in the feed says when it was
 * reached; on return that line may have been pushed out, and the level is news all the same.
 */
function newLevel(who: string, miner: PublicMiner, known: Known): LevelReached | null {
  const { level, level_title: title } = miner.xp;
  if (level <= known.level) return null;
  const line = miner.feed.find((one) => one.id === `level-${level}`);
  if (line ? isHistory(line.at) : known.badges !== null) return null;
  const at = line?.at ?? new Date().toISOString();
  return { kind: "level", key: `${who}:level:${level}`, at, who, level, title };
}

/** The best, if it is a new one; on a miner's first day nearly every share would be. */
function newBest(who: string, miner: PublicMiner, known: Known): BestReached | null {
  const best = miner.bests.alltime;
  if (!best || known.best === 0 || best.sdiff <= known.best || isHistory(best.at)) return null;
  if (best.at.slice(0, 10) <= miner.since.slice(0, 10)) return null;
  const { sdiff, worker, at } = best;
  return { kind: "best", key: `${who}:best:${sdiff}`, at, who, sdiff, worker };
}

/**
 * Celebrate what a read shows that was not there before, or that is newer than what somebody saw
 * here last. On a first visit only what happens from then on is news.
 */
export function celebrateNews(client: QueryClient, push: (moments: Happened[]) => void, who: string) {
  const opened = Date.now();
  const { queryKey } = minerQuery(who);
  const newsOf = blockNews(lastSeen(who) !== null);
  let known: Known | null = null;

  function look() {
    const miner = client.getQueryData(queryKey);
    const catalogue = client.getQueryData(badgesQuery.queryKey)?.badges;
    if (!miner) return nobodyYet();
    push(newsOf(blocksOf(miner)));
    if (!catalogue) return;
    const seen = lastSeen(who);
    const before: Known = known ?? {
      badges: null,
      level: seen?.level ?? miner.xp.level,
      best: seen?.best ?? miner.bests.alltime?.sdiff ?? 0,
    };
    const seenAt = seen?.at ?? opened;
    const since = before.badges ? Math.min(seenAt, Date.now() - NEWS) : seenAt;
    const fresh = miner.badges.earned.filter(
      (b) => !before.badges?.has(b.slug) && Date.parse(b.earned_at) > since,
    );
    const earned = new Map(fresh.map((b) => [b.slug, b.earned_at]));
    const badges = catalogue.flatMap((badge) => {
      const at = earned.get(badge.slug);
      return at === undefined ? [] : [firedByRead(who, badge, at)];
    });
    const level = newLevel(who, miner, before);
    const best = newBest(who, miner, before);
    push([...badges, ...[level, best].filter((one) => one !== null)]);
    known = {
      badges: new Set(miner.badges.earned.map((b) => b.slug)),
      level: level || before.badges === null ? miner.xp.level : before.level,
      best: Math.max(before.best, miner.bests.alltime?.sdiff ?? 0),
    };
    // What came while nobody looks is seen when they are back: the browser may drop the page first.
    const newest = Math.max(...miner.badges.earned.map((b) => Date.parse(b.earned_at)));
    if (!document.hidden) {
      const at = Number.isFinite(newest) ? newest : seenAt;
      noteSeen(who, { at, level: known.level, best: known.best });
    }
  }

  /** Somebody waits for a first share: its badge is news, even if they leave the page. */
  function nobodyYet() {
    const { error } = client.getQueryState(queryKey) ?? {};
    const unknown = error instanceof Refusal && error.status === 404;
    if (!unknown || lastSeen(who) !== null) return;
    newsOf([]);
    noteSeen(who, { at: opened, level: 1, best: 0 });
  }

  return eachLook(client, [queryKey, badgesQuery.queryKey], look);
}
