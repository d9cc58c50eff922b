/** One clock for each pace: whoever reads it renders again when it moves on, and nobody else. */
import { useSyncExternalStore } from "react";

interface Clock {
  now: () => number;
  watch: (tell: () => void) => () => void;
}

const clocks = new Map<number, Clock>();

function clockOf(every: number): Clock {
  const known = clocks.get(every);
  if (known) return known;
  const watchers = new Set<() => void>();
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const clock: Clock = {
    now: () => {
      if (timer === undefined && Date.now() - now >= every) now = Date.now();
      return now;
    },
    watch: (tell) => {
      watchers.add(tell);
      timer ??= setInterval(() => {
        now = Date.now();
        for (const watcher of watchers) watcher();
      }, every);
      return () => {
        watchers.delete(tell);
        if (watchers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
  clocks.set(every, clock);
  return clock;
}

/** The time, moved on every few seconds (`every` in ms), for "9 s ago". */
export function useNow(every = 5_000): number {
  const clock = clockOf(every);
  return useSyncExternalStore(clock.watch, clock.now);
}
