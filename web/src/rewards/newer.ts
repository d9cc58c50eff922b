import type { RewardFeed, RewardPages } from "../api/rewards";

/** Pages with what is newer in front; read from the top again if there may be a gap between. */
export function withNewer(pages: RewardPages, first: RewardFeed): RewardPages {
  const known = new Set(pages.pages.flatMap((page) => page.rewards.map(({ id }) => id)));
  const newer = first.rewards.filter(({ id }) => !known.has(id));
  if (newer.length === 0) return pages;
  if (newer.length === first.rewards.length) return { pages: [first], pageParams: [null] };
  const [top, ...older] = pages.pages;
  if (!top) return pages;
  return { ...pages, pages: [{ ...top, rewards: [...newer, ...top.rewards] }, ...older] };
}
