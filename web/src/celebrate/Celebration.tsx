import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { code } from "../code";
import { type Happened, type Kiln } from "./queue";
import { useKiln, useKilnStore } from "./store";
import { announcement } from "./words";

/** What is shown is fetched when there is something to show, and the first time takes a moment. */
const Plate = lazy(() => code(() => import("./Plate")));

/** What comes out of the kiln: a plate at the edge of the page that never takes the focus. */
export function Celebration() {
  const store = useKilnStore();
  const kiln = useKiln();
  const current = kiln.current?.kind === "block" ? null : kiln.current; // It has the whole page.
  const busy = current !== null;

  useEffect(() => {
    if (!busy) return;
    const onKey = (event: KeyboardEvent) => {
      // An open dialog has the first right to Escape.
      if (event.key === "Escape" && !event.defaultPrevented) store.skip();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [busy, store]);

  return (
    <>
      <Announcer kiln={kiln} />
      {current && (
        <Suspense fallback={null}>
          <Plate kiln={kiln} current={current} />
        </Suspense>
      )}
    </>
  );
}

/** One polite sentence for a stack; what joins later gets a sentence of its own. */
function Announcer({ kiln }: { kiln: Kiln }) {
  const told = useRef(new Set<string>());
  const [text, setText] = useState("");
  useEffect(() => {
    const all = [kiln.current, ...kiln.waiting, ...kiln.cooling.map((c) => c.badge)];
    const fresh = all.filter((b): b is Happened => b !== null && !told.current.has(b.key));
    if (fresh.length === 0) return;
    // Wait for its siblings: badges of one share come in frames of their own.
    const timer = setTimeout(() => {
      if (document.hidden) return; // Nobody hears it now; the kiln stirs when they are back.
      for (const moment of fresh) told.current.add(moment.key);
      setText(announcement(fresh));
    }, 400);
    return () => clearTimeout(timer);
  }, [kiln]);
  return (
    <p className="sr-only" aria-live="polite">
      {text}
    </p>
  );
}
