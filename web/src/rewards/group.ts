/** Rewards by the day of the game; the shares of a day are one row, with each hundred in it. */
import type { Reward } from "../api/rewards";
import { compareTimes } from "../live/time";

export interface Row {
  key: string;
  /** Newest first; more than one only of shares. */
  rewards: [Reward, ...Reward[]];
  xp: number;
}

export interface Day {
  /** "2026-11-29". */
  day: string;
  rows: Row[];
  xp: number;
}

/**
 * The ledger is in the order of its entries, and some are about an earlier time: a week is paid when
 * it has closed, a late share counts for its day. So days are collected, not cut.
 */
export function byDays(rewards: readonly Reward[]): Day[] {
  const days = new Map<string, Reward[]>();
  for (const reward of rewards) {
    const day = reward.at.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), reward]);
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([day, its]) => ({ day, rows: rowsOf(its, day), xp: sum(its) }));
}

function rowsOf(rewards: Reward[], day: string): Row[] {
  const shares: Reward[] = [];
  const rows: Row[] = [];
  for (const reward of rewards.sort((a, b) => compareTimes(b.at, a.at) || (a.id > b.id ? -1 : 1))) {
    if (reward.source === "share") shares.push(reward);
    else rows.push({ key: reward.id, rewards: [reward], xp: reward.amount });
  }
  const [first, ...others] = shares;
  if (first) rows.push({ key: `shares-${day}`, rewards: [first, ...others], xp: sum(shares) });
  return rows.sort((a, b) => compareTimes(b.rewards[0].at, a.rewards[0].at));
}

function sum(rewards: readonly Reward[]): number {
  return rewards.reduce((xp, { amount }) => xp + amount, 0);
}
