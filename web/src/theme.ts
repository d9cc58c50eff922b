/** Day and evening. Follows the system until someone chooses, then remembers the choice. */

export type Theme = "day" | "evening";

const KEY = "tbg.theme";
const GROUND: Record<Theme, string> = { day: "#dfe4d1", evening: "#0c1411" };
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "day" || kept === "evening" ? kept : null;
  } catch {
    return null; // Storage can be switched off; the system's choice is then good enough.
  }
}

let choice = chosen();

export function theme(): Theme {
  return choice ?? (dark.matches ? "evening" : "day");
}

function show() {
  document.documentElement.dataset.theme = theme();
  // One for each theme of the system: both, since somebody may have chosen the other one here.
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    meta.setAttribute("content", GROUND[theme()]);
  }
  for (const tell of listeners) tell();
}

/** Null follows the system again. */
export function choose(next: Theme | null) {
  choice = next;
  try {
    if (next === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // It still holds until the page is left.
  }
  show();
}

export function onTheme(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

dark.addEventListener("change", show);
show();
