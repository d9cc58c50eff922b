import { createContext, useContext, useSyncExternalStore } from "react";
import { EMPTY_KILN, type Fired, type Kiln, nextChange, push, skip, tick } from "./queue";

const reduced = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Holds the kiln and wakes up exactly when its picture changes. */
export class KilnStore {
  private kiln: Kiln = EMPTY_KILN;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  get = (): Kiln => this.kiln;

  listen = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  push(badges: Fired[]) {
    this.become(push(this.kiln, badges, performance.now(), reduced.matches));
  }

  skip() {
    this.become(skip(this.kiln, performance.now()));
  }

  private become(kiln: Kiln) {
    if (kiln === this.kiln) return;
    this.kiln = kiln;
    const next = nextChange(kiln);
    clearTimeout(this.timer);
    if (next !== null) {
      // A touch late rather than early: an early wake would find the phase not over yet.
      this.timer = setTimeout(
        () => this.become(tick(this.kiln, performance.now(), reduced.matches)),
        next - performance.now() + 4,
      );
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
