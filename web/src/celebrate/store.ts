import { createContext, useContext, useSyncExternalStore } from "react";
import { isStill } from "./motion";
import { EMPTY_KILN, type Happened, type Kiln, nextChange, push, skip, tick } from "./queue";

/**
 * Holds the kiln and wakes up exactly when its picture changes. While the page is hidden its clock
 * stands still: what is fired then waits for somebody to look.
 */
export class KilnStore {
  private kiln: Kiln = EMPTY_KILN;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();
  private hiddenSince: number | null = document.hidden ? performance.now() : null;
  private hiddenFor = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => this.look());
  }

  get = (): Kiln => this.kiln;

  listen = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  push(moments: Happened[]) {
    this.become(push(this.kiln, moments, this.now(), isStill()));
  }

  skip() {
    this.become(skip(this.kiln, this.now(), isStill()));
  }

  private now(): number {
    return (this.hiddenSince ?? performance.now()) - this.hiddenFor;
  }

  private look() {
    if (document.hidden) {
      this.hiddenSince ??= performance.now();
      clearTimeout(this.timer);
    } else if (this.hiddenSince !== null) {
      this.hiddenFor += performance.now() - this.hiddenSince;
      this.hiddenSince = null;
      this.tick();
    }
  }

  private tick() {
    this.become(tick(this.kiln, this.now(), isStill()));
  }

  private become(kiln: Kiln) {
    if (kiln === this.kiln) return;
    this.kiln = kiln;
    const next = nextChange(kiln);
    clearTimeout(this.timer);
    if (next !== null && this.hiddenSince === null) {
      // A touch late rather than early: an early wake would find the phase not over yet.
      this.timer = setTimeout(() => this.tick(), next - this.now() + 4);
    }
    for (const tell of this.listeners) tell();
  }
}

export const KilnContext = createContext<KilnStore | null>(null);

export function useKilnStore(): KilnStore {
  const store = useContext(KilnContext);
  if (!store) throw new Error("The kiln stands outside of its context.");
  return store;
}

export function useKiln(): Kiln {
  const store = useKilnStore();
  return useSyncExternalStore(store.listen, store.get);
}
