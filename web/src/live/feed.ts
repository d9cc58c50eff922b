import type { FeedItem, LastBlock, PublicStats } from "../api/types";
import { wordsOf } from "../messages/feed";
import type { Frame } from "./frames";
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

function value(item: FeedItem, name: string): number {
  return Number(item.params[name] ?? 0);
}

/**
 * A line takes its place in a miner's feed. That of a day's shares grows with each hundred, and a best share removes
 * the lines of lower ones that came after it: it can be a late one, of the week before.
 */
export function addToMinerFeed(feed: FeedItem[], line: FeedItem): FeedItem[] {
  if (line.code === "shares_counted") return addToFeed(feed, grown(feed, line));
  if (line.code !== "personal_best") return addToFeed(feed, line);
  const bests = feed.filter((other) => other.code === "personal_best");
  if (bests.some((other) => value(other, "sdiff") > value(line, "sdiff"))) return feed;
  const beaten = new Set(bests.filter((other) => compareTimes(other.at, line.at) > 0));
  const others = feed.filter((other) => !beaten.has(other));
  return addToFeed(others, line);
}

function grown(feed: FeedItem[], line: FeedItem): FeedItem {
  const there = feed.find((other) => other.id === line.id);
  if (!there) return line;
  if (value(there, "total") >= value(line, "total")) return there;
  const hundreds = value(there, "hundreds") + value(line, "hundreds");
  const params = { ...line.params, hundreds, more: value(there, "more") };
  const later = compareTimes(there.at, line.at) > 0 ? there.at : line.at;
  const sum = { ...line, params, xp: (there.xp ?? 0) + (line.xp ?? 0), at: later };
  return { ...sum, ...wordsOf(sum) };
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

/** The server's answer may be a few seconds old, and know less than a block's line that came. */
export function keepBlock(seen: PublicStats, read: PublicStats): PublicStats {
  const { last_block, blocks_found } = seen;
  if (!last_block || (read.last_block && read.last_block.height >= last_block.height)) return read;
  return { ...read, last_block, blocks_found: Math.max(blocks_found, read.blocks_found) };
}

/** The block of a line in the pool's feed, as far as the line tells all of it. */
export function blockOfLine(frame: Frame): LastBlock | null {
  if (frame.channel !== "dashboard" || frame.type !== "feed_item") return null;
  const { code, params, at, user, seed } = frame.data;
  if (code !== "block_found" || user === null || seed === null) return null;
  const { hash, height, sdiff, worker, reward_sats = null } = params;
  if (typeof hash !== "string" || typeof height !== "number") return null;
  if (typeof sdiff !== "number" || typeof worker !== "string") return null;
  const reward = typeof reward_sats === "number" ? reward_sats : null;
  return { hash, height, sdiff, worker, reward_sats: reward, found_at: at, user, seed };
}
