/** The message that waits for its signature: a phone drops this page while the wallet is in front. */
import type { Challenge } from "../api/account";

export interface Asked {
  address: string;
  challenge: Challenge;
  /** By this page's own clock: the server's may differ. */
  until: number;
}

/** What this tab asked for, while it can still be used. */
export function keptAsked(key: string): Asked | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? "null") as Asked | null;
    return found && found.until > Date.now() ? found : null;
  } catch {
    return null; // No storage, or something else was in it.
  }
}

export function keepAsked(key: string, asked: Asked | null) {
  try {
    if (asked === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(asked));
  } catch {
    // It still holds until the page is left.
  }
}

/** How far a link has come: which address, and the yes of the account with the time it holds. */
export interface Linking {
  address: string;
  approval: string | null;
  until: number;
}

const LINKING = "tbg.linking";

export function keptLinking(): Linking | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(LINKING) ?? "null") as Linking | null;
    return found && found.until <= Date.now() ? { ...found, approval: null } : found;
  } catch {
    return null;
  }
}

export function keepLinking(linking: Linking | null) {
  try {
    if (linking === null) sessionStorage.removeItem(LINKING);
    else sessionStorage.setItem(LINKING, JSON.stringify(linking));
  } catch {
    // As above.
  }
}
