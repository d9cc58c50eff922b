/** Keeps the pages about somebody's own rewards alive: what is announced to them is read at once. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { feedQuery, rewards, summaryQuery } from "../api/rewards";
import { afterGap, FIRST_SIGN, useChannel, useReread } from "../live/hooks";
import { withNewer } from "./newer";

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
