/** The twenty badges as one miner has them, in the order of the shelf. */
import { plural, t } from "@lingui/core/macro";
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

/** Whether it belongs on the shelf: somebody who has it earned it, open or not. */
export function isShown({ badge, earned }: Shelved): boolean {
  return badge.open || earned !== null;
}

/** How the tile of a badge looks to its owner. */
export function tileOf({ earned, fraction }: Shelved) {
  const state = earned ? "earned" : fraction ? "progress" : "locked";
  return { state, progress: fraction ?? 0 } as const;
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
    const done = amount(badge, Math.min(value, threshold));
    const all = amount(badge, threshold);
    return {
      badge,
      earned,
      fraction: Math.min(1, Math.max(0, value / threshold)),
      measured: t`${done} of ${all}`,
    };
  });
  const rank = (s: Shelved) => (s.earned ? 0 : (s.fraction ?? 0) > 0 ? 1 : s.badge.open ? 2 : 3);
  return shelved.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.earned && b.earned ? b.earned.earned_at.localeCompare(a.earned.earned_at) : 0) ||
      (b.fraction ?? 0) - (a.fraction ?? 0) ||
      a.badge.sort_order - b.badge.sort_order,
  );
}

/** In one sentence, what to do for it. */
export function howTo({ trigger_type, threshold, open }: Badge): string | null {
  if (!open) return t`Not open yet: the part of the game that awards it is still being built.`;
  if (trigger_type === "block_found") {
    return t`One share that solves a block. Any share can.`;
  }
  if (threshold === null) return null;
  if (trigger_type === "share_count") {
    return plural(threshold, {
      one: "One accepted share.",
      other: "# accepted shares, any size.",
    });
  }
  if (trigger_type === "best_diff") {
    const size = joined(magnitude(threshold));
    return t`One accepted share of difficulty ${size} or more.`;
  }
  if (trigger_type === "streak") {
    return plural(threshold, {
      one: "# week with one share in it.",
      other: "# weeks in a row, one share in each.",
    });
  }
  return null;
}

/** By which share it came, from what the server kept with it: "by block 976,412 from axe". */
export function cause({ metadata }: EarnedBadge): string | null {
  const { sdiff, worker, height, total_shares, week } = metadata as Record<string, unknown>;
  const name = typeof worker === "string" && worker ? shortName(worker) : null;
  const size = typeof sdiff === "number" && sdiff > 0 ? joined(magnitude(sdiff)) : null;
  if (typeof height === "number") {
    const block = count(height);
    return name ? t`by block ${block} from ${name}` : t`by block ${block}`;
  }
  if (typeof total_shares === "number") {
    const number = count(total_shares);
    if (!size) return t`by share number ${number}`;
    return name
      ? t`by share number ${number} of difficulty ${size} from ${name}`
      : t`by share number ${number} of difficulty ${size}`;
  }
  if (size) {
    if (typeof week === "string") return t`by a share of difficulty ${size} with week ${week}`;
    return name
      ? t`by a share of difficulty ${size} from ${name}`
      : t`by a share of difficulty ${size}`;
  }
  return typeof week === "string" ? t`with week ${week}` : null;
}
