/** The twenty badges as one miner has them, in the order of the shelf. */
import type { Badge, EarnedBadge, PublicMiner } from "../api/types";
import { count, joined, magnitude, shortName } from "../format";

export interface Shelved {
  badge: Badge;
  earned: EarnedBadge | null;
  /** 0 to 1; null where nothing can be measured. */
  fraction: number | null;
  /** "26 of 52", or null. */
  measured: string | null;
}

function amount(badge: Badge, n: number): string {
  return badge.trigger_type === "best_diff" ? joined(magnitude(n)) : count(n);
}

/** Earned first, the newest in front; then what is nearest to done; then the rest as listed. */
export function shelve(badges: Badge[], of: PublicMiner["badges"]): Shelved[] {
  const shelved = badges.map((badge): Shelved => {
    const earned = of.earned.find((e) => e.slug === badge.slug) ?? null;
    const progress = of.progress.find((p) => p.slug === badge.slug);
    if (earned || !progress || progress.threshold <= 0) {
      return { badge, earned, fraction: null, measured: null };
    }
    const { value, threshold } = progress;
    return {
      badge,
      earned,
      fraction: Math.min(1, Math.max(0, value / threshold)),
      measured: `${amount(badge, Math.min(value, threshold))} of ${amount(badge, threshold)}`,
    };
  });
  const rank = (s: Shelved) => (s.earned ? 0 : (s.fraction ?? 0) > 0 ? 1 : 2);
  return shelved.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.earned && b.earned ? b.earned.earned_at.localeCompare(a.earned.earned_at) : 0) ||
      (b.fraction ?? 0) - (a.fraction ?? 0) ||
      a.badge.sort_order - b.badge.sort_order,
  );
}

/** In one sentence, what to do for it. */
export function howTo({ trigger_type, threshold }: Badge): string | null {
  if (trigger_type === "block_found") {
    return "One share that solves a block. Any share can.";
  }
  if (threshold === null) return null;
  if (trigger_type === "share_count") {
    return threshold === 1
      ? "One accepted share."
      : `${count(threshold)} accepted shares, any size.`;
  }
  if (trigger_type === "best_diff") {
    return `One accepted share of difficulty ${joined(magnitude(threshold))} or more.`;
  }
  if (trigger_type === "streak") {
    return `${count(threshold)} weeks in a row, one share in each.`;
  }
  return null;
}

/** By which share it came, from what the server kept with it: "by block 976,412 from axe". */
export function cause({ metadata }: EarnedBadge): string | null {
  const { sdiff, worker, height, total_shares, week } = metadata as Record<string, unknown>;
  const parts: string[] = [];
  if (typeof height === "number") parts.push(`by block ${count(height)}`);
  else if (typeof total_shares === "number") parts.push(`by share number ${count(total_shares)}`);
  else if (typeof sdiff === "number") parts.push("by a share");
  if (typeof sdiff === "number" && sdiff > 0) {
    parts.push(`of difficulty ${joined(magnitude(sdiff))}`);
  }
  if (typeof worker === "string" && worker) parts.push(`from ${shortName(worker)}`);
  if (typeof week === "string") parts.push(`with week ${week}`);
  return parts.length > 0 ? parts.join(" ") : null;
}
