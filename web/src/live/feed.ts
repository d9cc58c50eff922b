import type { FeedItem } from "../api/types";
import { compareTimes } from "./time";

export const FEED_LENGTH = 30;

function newestFirst(a: FeedItem, b: FeedItem): number {
  return compareTimes(b.at, a.at) || (a.id > b.id ? -1 : 1);
}

/** Put a line in its place; it takes the place of one that has its id. */
export function addToFeed<T extends FeedItem>(feed: T[], item: T, length = FEED_LENGTH): T[] {
  const there = feed.find((other) => other.id === item.id);
  if (there && there.at === item.at && there.title === item.title) return feed;
  const others = feed.filter((other) => other !== there);
  return [...others, item].sort(newestFirst).slice(0, length);
}

/**
 * A fresh read of the pool does not contain everything that frames contained (a level, a new best): what was seen
 * stays until newer lines push it out.
 */
export function keepLines<T extends FeedItem>(seen: T[], read: T[], length = FEED_LENGTH): T[] {
  const known = new Set(read.map((item) => item.id));
  const kept = seen.filter((item) => !known.has(item.id));
  if (kept.length === 0) return read;
  return [...kept, ...read].sort(newestFirst).slice(0, length);
}
