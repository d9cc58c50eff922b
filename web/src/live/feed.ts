import type { FeedItem } from "../api/types";

export const FEED_LENGTH = 30;

type Item = FeedItem & { user?: string };

/** One happening has one key, whether it came as a frame or over REST under another id. */
export function feedKey(item: Item): string {
  const who = item.user ?? "";
  if (item.type === "badge_earned" && item.badge_slug) return `${who}badge:${item.badge_slug}`;
  if (item.type === "level_up") return `${who}level:${item.title}`;
  if (item.type === "block_found") return `${who}block:${item.title}`;
  return `${who}${item.type}:${item.title}:${Math.floor(Date.parse(item.at) / 1000)}`;
}

/** Put a line on top; a line that is there already stays where it is. */
export function addToFeed<T extends Item>(feed: T[], item: T, length = FEED_LENGTH): T[] {
  const key = feedKey(item);
  if (feed.some((other) => other.id === item.id || feedKey(other) === key)) return feed;
  return [item, ...feed].slice(0, length);
}

/**
 * A fresh read does not tell all that frames told (a level, a new best): what was seen stays until
 * newer lines push it out.
 */
export function keepLines<T extends Item>(seen: T[], read: T[], length = FEED_LENGTH): T[] {
  const known = new Set(read.flatMap((item) => [item.id, feedKey(item)]));
  // A line may have changed its words, as a reported block does when it is confirmed.
  const kept = seen.filter((item) => !known.has(item.id) && !known.has(feedKey(item)));
  if (kept.length === 0) return read;
  return [...kept, ...read].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, length);
}
