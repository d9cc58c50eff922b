/** How somebody likes figures written; kept here too, so that the first paint already knows. */

export interface Units {
  hashrate: "auto" | "GH/s" | "TH/s" | "PH/s";
  difficulty: "short" | "full";
  clock: "24h" | "12h";
}

const KEY = "tbg.units";
const DEFAULT: Units = { hashrate: "auto", difficulty: "short", clock: "24h" };

function kept(): Units {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return typeof found === "object" ? { ...DEFAULT, ...found } : DEFAULT;
  } catch {
    return DEFAULT; // No storage, or something else was in it.
  }
}

let now = kept();

export function units(): Units {
  return now;
}

/** Null goes back to how everybody sees them. */
export function prefer(next: Units | null) {
  now = next ?? DEFAULT;
  try {
    if (next === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // It still holds until the page is left.
  }
}
