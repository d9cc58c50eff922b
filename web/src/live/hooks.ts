import { type QueryState, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { minerQuery, statsQuery } from "../api/queries";
import { useKilnStore } from "../celebrate/store";
import { applyToMiner, applyToStats } from "./apply";
import type { LiveClient, LiveState } from "./client";
import type { Frame } from "./frames";
import { celebrateLine, celebratePool } from "./blocks";
import { celebrateNews, firedByFrame } from "./news";
import { trailing } from "./trailing";

const AFTER_REWARD = 1_000;
const AFTER_SHARES = 5_000;
/** The frames of one batch come within a few milliseconds; then the page is read once. */
export const FIRST_SIGN = 50;
/** Bests and hashrates are folded in a second or two after the share that the first read shows. */
const FOLDED_IN = 4_000;

/** A read of so recently misses at most what happened while the channel was being subscribed. */
const JUST_READ = 2_000;

/** Frames that come all the time; what is not among them is worth a read of its own. */
const EVERYDAY = new Set(["share_submitted", "worker_status", "hashrate_update"]);

export const LiveContext = createContext<LiveClient | null>(null);

function useLive(): LiveClient {
  const live = useContext(LiveContext);
  if (!live) throw new Error("There is no live connection in this tree.");
  return live;
}

export function useLiveState(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.onState, live.state);
}

/** Hold a channel, if any, while mounted; `take` gets its frames, `stale` asks for a fresh read. */
export function useChannel(channel: string | null, take: (frame: Frame) => void, stale: () => void) {
  const live = useLive();
  const latest = useRef({ take, stale });
  useEffect(() => {
    latest.current = { take, stale };
  });
  useEffect(() => {
    if (channel === null) return;
    const ends = [
      live.onFrame((frame) => {
        if (frame.subject === channel) latest.current.take(frame);
      }),
      live.onStale(() => latest.current.stale()),
      live.subscribe(channel),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [live, channel]);
}

/**
 * Keep a miner's page alive: frames change it at once, a read soon after sets it straight. `who` is
 * the name the page was asked for by, `name` the one that frames are asked for by, once it is known.
 */
export function useMinerLive(who: string, name: string | null) {
  const client = useQueryClient();
  const kiln = useKilnStore();
  const { queryKey } = minerQuery(who);
  const reread = useReread(() => client.invalidateQueries({ queryKey: ["miner", who] }));
  const rereadLater = useReread(() => client.invalidateQueries({ queryKey: ["miner", who] }));

  useChannel(
    name === null ? null : `miner:${name}`,
    (frame) => {
      if (frame.type === "badge_earned") kiln.push([firedByFrame(who, frame)]);
      if (client.getQueryData(queryKey) === undefined) {
        reread(FIRST_SIGN);
        rereadLater(FOLDED_IN);
        return;
      }
      const reward = !EVERYDAY.has(frame.type);
      // An answer still under way knows less than a reward's frame: drop it, a new one follows.
      if (reward) void client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, (miner) => miner && applyToMiner(miner, frame));
      reread(reward ? AFTER_REWARD : AFTER_SHARES);
    },
    () => reread(afterGap(client.getQueryState(queryKey))),
  );

  // A block of the pool is everybody's: its line is all that is listened to here.
  useChannel(
    "pool",
    (frame) => celebrateLine(frame, kiln.push.bind(kiln)),
    () => {},
  );

  useEffect(() => celebrateNews(client, kiln.push.bind(kiln), who), [client, kiln, who]);
}

/** Keep the pool's totals and its feed alive. */
export function usePoolLive() {
  const client = useQueryClient();
  const kiln = useKilnStore();
  const reread = useReread(() => client.invalidateQueries({ queryKey: statsQuery.queryKey }));
  useChannel(
    "pool",
    (frame) => {
      client.setQueryData(statsQuery.queryKey, (stats) => stats && applyToStats(stats, frame));
      reread(AFTER_SHARES);
    },
    () => reread(afterGap(client.getQueryState(statsQuery.queryKey))),
  );

  useEffect(() => celebratePool(client, kiln.push.bind(kiln)), [client, kiln]);
}

/** How soon to read again what may have changed unseen: not twice while a page is opened. */
export function afterGap(state: QueryState | undefined): number {
  if (!state) return 0;
  const read = Math.max(state.dataUpdatedAt, state.errorUpdatedAt);
  const first = read === 0 && state.fetchStatus === "fetching";
  return first || Date.now() - read < JUST_READ ? AFTER_SHARES : 0;
}

export function useReread(run: () => unknown): (within: number) => void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  const throttled = useRef<ReturnType<typeof trailing>>(undefined);
  useEffect(() => {
    const own = trailing(() => latest.current());
    throttled.current = own;
    return own.cancel;
  }, []);
  return (within) => throttled.current?.ask(within);
}
