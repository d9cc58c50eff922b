/** What a miner reaches next, and how long that takes at their pace. */
import { isShown, type Shelved } from "../badges/shelf";
import type { PublicMiner } from "../api/types";
import { SHARES_PER_XP } from "../rules";

const NEAREST = 3;

export interface Ahead {
  shelved: Shelved;
  /** Accepted shares that are missing; null where another number counts. */
  shares: number | null;
  /** The difficulty that one share has to reach. */
  difficulty: number | null;
  weeks: number | null;
  /** Days on average, at this pace; null while there is no pace. */
  days: number | null;
}

/** The way to the next level by shares alone; badges and weeks shorten it. Null at the last one. */
export function toNextLevel({ xp, pace }: PublicMiner) {
  if (xp.xp_for_level <= 0) return null;
  const shares = xp.xp_to_next_level * SHARES_PER_XP;
  return { xp: xp.xp_to_next_level, shares, days: inDays(shares, pace.shares) };
}

/** The badges that are nearest in time, or in progress while there is no pace. */
export function nearest(shelf: Shelved[], miner: PublicMiner): Ahead[] {
  const ahead = shelf
    .filter((one) => !one.earned && isShown(one))
    .map((one) => aheadOf(one, miner))
    .filter((one) => one !== null);
  const far = (one: Ahead) => one.days ?? Infinity;
  ahead.sort(
    (a, b) => far(a) - far(b) || (b.shelved.fraction ?? 0) - (a.shelved.fraction ?? 0),
  );
  return ahead.slice(0, NEAREST);
}

/** What is missing for one badge; null where nothing counts towards it. */
export function aheadOf(shelved: Shelved, { badges, pace }: PublicMiner): Ahead | null {
  const progress = badges.progress.find(({ slug }) => slug === shelved.badge.slug);
  if (!progress) return null;
  const { counts, value, threshold } = progress;
  const none = { shelved, shares: null, difficulty: null, weeks: null };
  switch (counts) {
    case "share_count":
      return { ...none, shares: threshold - value, days: inDays(threshold - value, pace.shares) };
    case "best_diff":
      // Any share may be the one: the time to wait is the same today as on the first day.
      return { ...none, difficulty: threshold, days: inDays(threshold, pace.work) };
    case "streak":
      return { ...none, weeks: threshold - value, days: 7 * (threshold - value) };
    default:
      return null;
  }
}

function inDays(amount: number, aDay: number): number | null {
  return aDay > 0 ? amount / aDay : null;
}
