/** When the newest badge was earned that somebody saw on a miner's page: what is newer is news. */

const KEY = "tbg.seen";
/** Pages that are remembered; the one not looked at for longest is forgotten. */
const KEPT = 100;

function all(): Map<string, number> {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]") as [string, number][]);
  } catch {
    return new Map(); // No storage, or something else was in it.
  }
}

/** In ms; null on a first visit. */
export function lastSeen(who: string): number | null {
  const at = all().get(who);
  return typeof at === "number" ? at : null;
}

export function noteSeen(who: string, at: number) {
  const seen = all();
  seen.delete(who); // It goes to the end.
  seen.set(who, at);
  try {
    localStorage.setItem(KEY, JSON.stringify([...seen].slice(-KEPT)));
  } catch {
    // Then every visit is a first one.
  }
}
