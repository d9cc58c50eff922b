/** Keeps the pages about somebody's own rewards alive: what is announced to them is read at once. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { feedQuery, type RewardFeed, type RewardPages, rewards, summaryQuery } from "../api/rewards";
import { afterGap, FIRST_SIGN, useChannel, useReread } from "../live/hooks";

export function useOwnLive() {
  const client = useQueryClient();
  const reread = useReread(() => readAgain(client));
  useChannel(
    "me",
    (frame) => {
      if (frame.channel === "gamification") reread(FIRST_SIGN);
    },
    () => reread(afterGap(client.getQueryState(summaryQuery.queryKey))),
  );
}

async function readAgain(client: QueryClient) {
  const feed = feedQuery.queryKey.join();
  void client.invalidateQueries({
    queryKey: ["me", "rewards"],
    predicate: ({ queryKey }) => queryKey.join() !== feed,
  });
  if (client.getQueryData(feedQuery.queryKey) === undefined) return;
  try {
    const first = await rewards.feed(null);
    client.setQueryData(feedQuery.queryKey, (old) => old && withNewer(old, first));
  } catch {
    // What is shown stays; the next frame, or the connection when it is back, asks again.
  }
}

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
