/** The code of a page or of a part of it, which is fetched when it is first needed. */

/** It could not be fetched: an upgrade has replaced it, or nothing answers. */
export class CodeMissing extends Error {}

const RELOADED = "tbg.reloaded";
/** An upgrade needs one reload; a file that is missing for good must not need one after the other. */
const RELOAD_AGAIN_AFTER = 60_000;

/** Whether the game answers: if it does not, a reload would lose what is still on the screen. */
export async function answers(): Promise<boolean> {
  try {
    return (await fetch("/version", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function reloadedRecently(): boolean {
  const ago = Date.now() - Number(sessionStorage.getItem(RELOADED));
  return ago >= 0 && ago < RELOAD_AGAIN_AFTER;
}

/** Fetch code. If it is gone while the game answers, the page loads again, and with it the new one. */
export async function code<T>(fetched: () => Promise<T>): Promise<T> {
  try {
    return await fetched();
  } catch (error) {
    if (reloadedRecently() || !(await answers())) throw new CodeMissing(String(error));
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
    return new Promise(() => {}); // What waits for it goes with the page.
  }
}
