/** Fingers on a chart: one reads it, or moves what is zoomed; two zoom. */
import type uPlot from "uplot";
import { move, type View } from "./series";

/** A browser plays the mouse after a tap, and takes it away again. */
const AFTER_TAP = 1_000;

export class LastTouch {
  #at = -Infinity;

  note() {
    this.#at = performance.now();
  }

  /** Whether what the mouse does now is only the end of a tap. */
  isRecent(): boolean {
    return performance.now() - this.#at < AFTER_TAP;
  }
}

interface Watched {
  touch: LastTouch;
  view: () => View;
  whole: () => View;
  show: (view: View | null) => void;
}

/** Where a finger was put down, on the glass and in time. */
interface Finger {
  x: number;
  at: number;
}

/** The view in which two moments lie under the two fingers. */
export function pinched(one: Finger, other: Finger, width: number): View | null {
  const spread = other.x - one.x;
  const between = other.at - one.at;
  // Fingers that cross or touch say nothing.
  if (Math.abs(spread) < 8 || between === 0 || spread > 0 !== between > 0) return null;
  const perPixel = between / spread;
  const from = one.at - one.x * perPixel;
  return [from, from + width * perPixel];
}

export function followFingers(u: uPlot, { touch, view, whole, show }: Watched): () => void {
  const { over } = u;
  const down = new Map<number, Finger>();
  const width = () => over.clientWidth;
  const placed = (event: PointerEvent): Finger => {
    const x = event.clientX - over.getBoundingClientRect().left;
    const [from, to] = view();
    return { x, at: from + (x / width()) * (to - from) };
  };

  function put(event: PointerEvent) {
    if (event.pointerType !== "touch") return;
    touch.note();
    const finger = placed(event);
    down.set(event.pointerId, finger);
    if (down.size === 1) u.setCursor({ left: finger.x, top: over.clientHeight / 2 });
    // What the first finger holds is what lies under it now that a second one is there.
    const [from, to] = view();
    for (const finger of down.values()) finger.at = from + (finger.x / width()) * (to - from);
  }

  function moved(event: PointerEvent) {
    const finger = down.get(event.pointerId);
    if (!finger) return;
    const now = placed(event);
    const by = finger.at - now.at;
    finger.x = now.x;
    if (down.size === 2) {
      const [one, other] = [...down.values()] as [Finger, Finger];
      const next = pinched(one, other, width());
      if (next) show(next);
    } else if (view()[0] > whole()[0] || view()[1] < whole()[1]) {
      show(move(view(), whole(), by));
    } else {
      u.setCursor({ left: now.x, top: over.clientHeight / 2 });
    }
  }

  function lifted(event: PointerEvent) {
    if (down.delete(event.pointerId)) touch.note();
  }

  over.addEventListener("pointerdown", put);
  over.addEventListener("pointermove", moved);
  over.addEventListener("pointerup", lifted);
  over.addEventListener("pointercancel", lifted);
  over.addEventListener("pointerleave", lifted);
  return () => {
    over.removeEventListener("pointerdown", put);
    over.removeEventListener("pointermove", moved);
    over.removeEventListener("pointerup", lifted);
    over.removeEventListener("pointercancel", lifted);
    over.removeEventListener("pointerleave", lifted);
  };
}
