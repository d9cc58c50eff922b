/** Numbers of the rules that pages show. The server applies the rules; tests compare these with them. */

export const SHARES_PER_XP = 100;
export const PERSONAL_BEST_XP = 50;
export const STREAK_XP = 25;
export const FREEZE_WEEKS = 8;
export const FREEZES_HELD = 2;

/** Hashes that a share of difficulty 1 takes on average. */
export const HASHES_PER_DIFFICULTY = 2 ** 32;

/** The miner of the examples, in TH/s: what a Bitaxe of the current kind does. */
export const EXAMPLE_THS = 1.2;

/** How many shares of a mean difficulty it takes, on average, until one reaches `difficulty`. */
export function oneIn(difficulty: number, mean: number): number {
  return Math.max(1, difficulty / mean);
}

/** Seconds until a share of that difficulty, on average, at a hashrate in TH/s. */
export function secondsFor(difficulty: number, ths: number): number {
  return (difficulty * HASHES_PER_DIFFICULTY) / (ths * 1e12);
}
