/** The badges and the levels of the game, as a pool of 240 miners answers. */
import type { Badge, BadgeList, Level } from "../../api/types";

export const MINERS = 240;

type Row = readonly [
  slug: string, name: string, description: string,
  category: string, rarity: string, xp: number, trigger: string, threshold: number | null, earned: number,
];

const ROWS: readonly Row[] = [
  ["first_share", "First Hash", "Submit your very first share to the pool",
    "mining", "common", 50, "share_count", 1, 240],
  ["shares_1k", "Hash Thousand", "Submit 1,000 shares — you're getting the hang of this",
    "mining", "common", 100, "share_count", 1000, 131],
  ["shares_1m", "Megahash", "One million shares submitted. A true mining machine.",
    "mining", "rare", 200, "share_count", 1e6, 6],
  ["block_finder", "Block Finder", "Find a Bitcoin block solo. The ultimate achievement.",
    "mining", "legendary", 500, "block_found", null, 2],
  ["diff_1e6", "Million Club", "Achieve a best difficulty above 1,000,000",
    "mining", "common", 50, "best_diff", 1e6, 204],
  ["diff_1e9", "Billion Club", "Achieve a best difficulty above 1,000,000,000",
    "mining", "rare", 100, "best_diff", 1e9, 58],
  ["diff_1e12", "Trillion Club", "Achieve a best difficulty above 1,000,000,000,000",
    "mining", "epic", 200, "best_diff", 1e12, 1],
  ["weekly_diff_champion", "Diff Champion", "Achieve the highest difficulty of the week globally",
    "mining", "epic", 300, "event", null, 31],
  ["streak_4", "Month Strong", "Maintain a 4-week consecutive mining streak",
    "streak", "common", 100, "streak", 4, 160],
  ["streak_12", "Quarter Master", "Maintain a 12-week consecutive mining streak",
    "streak", "rare", 200, "streak", 12, 97],
  ["streak_52", "Year of Mining", "Mine every single week for an entire year",
    "streak", "legendary", 500, "streak", 52, 22],
  ["node_runner", "Node Runner", "Verified running a Bitcoin full node",
    "node", "rare", 150, "event", null, 0],
  ["node_pruned", "Pruned but Proud", "Running a pruned Bitcoin node — still counts!",
    "node", "common", 100, "event", null, 0],
  ["node_archival", "Archival Node", "Running a full archival Bitcoin node",
    "node", "epic", 250, "event", null, 0],
  ["world_cup_participant", "World Cup Miner", "Participate in any Bitcoin Mining World Cup event",
    "competition", "rare", 200, "event", null, 0],
  ["world_cup_winner", "World Champion", "Your country wins the Bitcoin Mining World Cup",
    "competition", "legendary", 500, "event", null, 0],
  ["orange_piller", "Orange Piller", "Gift a Bitaxe to a nocoiner and bring them into Bitcoin",
    "social", "rare", 200, "event", null, 0],
  ["rabbit_hole_complete", "Down the Rabbit Hole", "Complete an entire education track",
    "social", "common", 150, "event", null, 0],
  ["coop_founder", "Cooperative Founder", "Create a mining cooperative and rally other miners",
    "social", "rare", 150, "event", null, 0],
  ["coop_block", "Team Block", "Your cooperative finds a Bitcoin block together",
    "social", "legendary", 500, "event", null, 0],
];

/** As a pool of `miners` has them; those that nobody can earn yet are not open. */
export function badges(miners = MINERS): BadgeList {
  const list = ROWS.map((row, i): Badge => {
    const [slug, name, description, category, rarity, xp_reward, trigger_type, threshold] = row;
    const open = ["mining", "streak"].includes(category);
    const total_earned = Math.min(miners, Math.floor((row[8] * miners) / MINERS));
    return {
      ...{ slug, name, description, category, rarity, xp_reward, trigger_type, threshold, open },
      ...{ sort_order: i + 1, picture: null, total_earned },
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
