/** What somebody has seen in this browser: what is newer is news. */

/** On a miner's page: the newest badge's time (ms), the level and the best difficulty. */
export interface Seen {
  at: number;
  level: number | null;
  best: number | null;
}

const PAGES = "tbg.seen";
/** Pages that are remembered; the one not looked at for longest is forgotten. */
const KEPT = 100;

const BLOCKS = "tbg.blocks";
const BLOCKS_KEPT = 100;

function read<T>(key: string): T[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? (found as T[]) : [];
  } catch {
    return []; // No storage, or something else was in it.
  }
}

function keep(key: string, what: unknown[]) {
  try {
    localStorage.setItem(key, JSON.stringify(what));
  } catch {
    // Then every visit is a first one.
  }
}

type Row = [who: string, at: number, level?: number | null, best?: number | null];

/** What was seen of a page; null on a first visit. */
export function lastSeen(who: string): Seen | null {
  const row = read<Row>(PAGES).find((one) => Array.isArray(one) && one[0] === who);
  if (!row || typeof row[1] !== "number") return null;
  const [, at, level = null, best = null] = row;
  return { at, level, best };
}

export function noteSeen(who: string, { at, level, best }: Seen) {
  const others = read<Row>(PAGES).filter((one) => Array.isArray(one) && one[0] !== who);
  const row: Row = [who, at, level, best];
  keep(PAGES, [...others, row].slice(-KEPT));
}

/** The hashes of the blocks that were celebrated here, or were there before the first visit. */
export function seenBlocks(): Set<string> {
  return new Set(read<string>(BLOCKS));
}

export function noteBlocks(hashes: string[]) {
  const before = seenBlocks();
  if (hashes.every((hash) => before.has(hash))) return;
  keep(BLOCKS, [...new Set([...before, ...hashes])].slice(-BLOCKS_KEPT));
}
