/** The badges and the levels of the game, as a pool of 240 miners answers. */
import registry from "../../../../src/tbg/registry/badges.json";
import type { Badge, BadgeList, Level } from "../../api/types";

export const MINERS = 240;

/** How many of these miners have each badge; nobody has the others. */
const EARNED: Record<string, number> = {
  first_share: 240, shares_1k: 131, shares_1m: 6, block_finder: 2, diff_1e6: 204, diff_1e9: 58,
  diff_1e12: 1, weekly_diff_champion: 31, streak_4: 160, streak_12: 97, streak_52: 22,
};

/** As a pool of `miners` has them; those that nobody can earn yet are not open. */
export function badges(miners = MINERS): BadgeList {
  const list = registry.badges.map(({ trigger_config, ...badge }): Badge => {
    const earned = EARNED[badge.slug] ?? 0;
    const total_earned = Math.min(miners, Math.floor((earned * miners) / MINERS));
    return {
      ...badge,
      threshold: "threshold" in trigger_config ? (trigger_config.threshold ?? null) : null,
      open: ["mining", "streak"].includes(badge.category),
      ...{ picture: null, total_earned },
      percentage: miners > 0 ? (100 * total_earned) / miners : 0,
    };
  });
  return { badges: list, total_available: list.length };
}

const LEVELS: readonly (readonly [level: number, title: string, xp: number, sum: number])[] = [
  [1, "Nocoiner", 0, 0],
  [2, "Curious Cat", 100, 100],
  [3, "Hash Pupil", 500, 600],
  [4, "Solo Miner", 1000, 1600],
  [5, "Difficulty Hunter", 2500, 4100],
  [6, "Share Collector", 3000, 7100],
  [7, "Hash Veteran", 3500, 10600],
  [8, "Block Chaser", 4000, 14600],
  [9, "Nonce Grinder", 5000, 19600],
  [10, "Hashrate Warrior", 10000, 29600],
  [15, "Diff Hunter", 25000, 79600],
  [20, "Mining Veteran", 50000, 179600],
  [25, "Satoshi's Apprentice", 100000, 429600],
  [30, "Cypherpunk", 250000, 929600],
  [50, "Timechain Guardian", 1000000, 4929600],
];

export const levels: { levels: Level[] } = {
  levels: LEVELS.map(([level, title, xp_required, cumulative]) => ({
    ...{ level, title, xp_required, cumulative },
  })),
};
