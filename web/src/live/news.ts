/** Badges that no frame announced, but a read shows: those of a moment ago, and since last time. */
import type { QueryClient } from "@tanstack/react-query";
import { Refusal } from "../api/client";
import { badgesQuery, minerQuery } from "../api/queries";
import type { Badge } from "../api/types";
import type { Fired } from "../celebrate/queue";
import type { Frames } from "./frames";
import { lastSeen, noteSeen } from "./seen";

/** A badge that a later read shows, not a frame, is news for this long even if an older one is not. */
const NEWS = 2 * 60_000;

function firedKey(who: string, slug: string): string {
  return `${who}:${slug}`;
}

export function firedByFrame(who: string, frame: Frames["gamification/badge_earned"]): Fired {
  const { badge_slug: slug, badge_name: name, category, rarity, xp_reward: xp } = frame.data;
  return { key: firedKey(who, slug), slug, name, category, rarity, xp };
}

function firedByRead(who: string, badge: Badge): Fired {
  const { slug, name, category, rarity, xp_reward } = badge;
  return { key: firedKey(who, slug), slug, name, category, rarity, xp: xp_reward };
}

/**
 * Fire what a read shows that was not there before, or that is newer than what somebody saw here
 * last. On a first visit only what is earned from then on is news.
 */
export function celebrateNews(client: QueryClient, push: (badges: Fired[]) => void, who: string) {
  const opened = Date.now();
  const { queryKey } = minerQuery(who);
  let known: Set<string> | null = null;

  function look() {
    const miner = client.getQueryData(queryKey);
    const catalogue = client.getQueryData(badgesQuery.queryKey)?.badges;
    if (!miner) return nobodyYet();
    if (!catalogue) return;
    const seen = lastSeen(who) ?? opened;
    const before = known;
    known = new Set(miner.badges.earned.map((b) => b.slug));
    const since = before ? Math.min(seen, Date.now() - NEWS) : seen;
    const fresh = miner.badges.earned.filter(
      (b) => !before?.has(b.slug) && Date.parse(b.earned_at) > since,
    );
    const slugs = new Set(fresh.map((b) => b.slug));
    if (fresh.length > 0) {
      push(catalogue.filter((b) => slugs.has(b.slug)).map((b) => firedByRead(who, b)));
    }
    // What came while nobody looks is seen when they are back: the browser may drop the page first.
    const newest = Math.max(...miner.badges.earned.map((b) => Date.parse(b.earned_at)));
    if (!document.hidden) noteSeen(who, Number.isFinite(newest) ? newest : seen);
  }

  /** Somebody waits for a first share: its badge is news, even if they leave the page. */
  function nobodyYet() {
    const { error } = client.getQueryState(queryKey) ?? {};
    const unknown = error instanceof Refusal && error.status === 404;
    if (unknown && lastSeen(who) === null) noteSeen(who, opened);
  }

  look();
  document.addEventListener("visibilitychange", look);
  const hashes = new Set([queryKey, badgesQuery.queryKey].map((key) => JSON.stringify(key)));
  const unsubscribe = client.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && hashes.has(event.query.queryHash)) look();
  });
  return () => {
    document.removeEventListener("visibilitychange", look);
    unsubscribe();
  };
}
