/** The drawing of every badge by its slug. */

import type { Drawing } from "../pen";
import type { Category } from "../shapes";
import { worldChampion, worldCupMiner } from "./competition";
import { generic } from "./generic";
import * as mining from "./mining";
import { nodeArchival, nodePruned, nodeRunner } from "./node";
import { coopBlock, coopFounder, orangePiller, rabbitHole } from "./social";
import { streak12, streak4, streak52 } from "./streak";

export const drawings: ReadonlyMap<string, Drawing> = new Map([
  ["first_share", mining.firstShare],
  ["shares_1k", mining.shares1k],
  ["shares_1m", mining.shares1m],
  ["block_finder", mining.blockFinder],
  ["diff_1e6", mining.millionClub],
  ["diff_1e9", mining.billionClub],
  ["diff_1e12", mining.trillionClub],
  ["weekly_diff_champion", mining.diffChampion],
  ["streak_4", streak4],
  ["streak_12", streak12],
  ["streak_52", streak52],
  ["node_runner", nodeRunner],
  ["node_pruned", nodePruned],
  ["node_archival", nodeArchival],
  ["world_cup_participant", worldCupMiner],
  ["world_cup_winner", worldChampion],
  ["orange_piller", orangePiller],
  ["rabbit_hole_complete", rabbitHole],
  ["coop_founder", coopFounder],
  ["coop_block", coopBlock],
]);

/** The drawing of a slug, or a plain one of its category. */
export function drawingOf(slug: string, category: Category): Drawing {
  return drawings.get(slug) ?? generic[category];
}
