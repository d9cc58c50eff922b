/** Which badges of a shelf somebody wants to see. */
import type { PublicMiner } from "../api/types";
import { isShown, type Shelved } from "../badges/shelf";
import { aheadOf } from "../miner/ahead";

export const SHOWS = ["all", "earned", "near"] as const;
export type Show = (typeof SHOWS)[number];

export interface Filter {
  show: Show;
  /** "" is any. */
  rarity: string;
  kind: string;
}

/** About a month, in days. */
const SOON = 31;

export function filterOf(search: { show?: string; rarity?: string; kind?: string }): Filter {
  const show = SHOWS.find((one) => one === search.show) ?? "all";
  return { show, rarity: search.rarity ?? "", kind: search.kind ?? "" };
}

/** Within a month at this miner's pace; without a pace, whatever has begun. */
export function isNear(one: Shelved, miner: PublicMiner | null): boolean {
  if (one.earned || !isShown(one)) return false;
  const ahead = miner && aheadOf(one, miner);
  if (!ahead) return false;
  return ahead.days === null ? (one.fraction ?? 0) > 0 : ahead.days <= SOON;
}

export function fits(one: Shelved, filter: Filter, miner: PublicMiner | null): boolean {
  const { rarity, category } = one.badge;
  if (filter.rarity && filter.rarity !== rarity) return false;
  if (filter.kind && filter.kind !== category) return false;
  if (filter.show === "earned") return one.earned !== null;
  return filter.show === "all" || isNear(one, miner);
}
