/** What a handle may be. The server has the last word: it knows which are taken or reserved. */

export const SHORTEST = 3;
export const LONGEST = 24;

export const RULES = `${SHORTEST} to ${LONGEST} letters or digits, single - or _ between them.`;

/** What is wrong with a handle so far, in words; null when it could do. */
export function wrongHandle(handle: string): string | null {
  if (handle === "") return null; // no handle is fine: the address stands in for it
  if (/\s/.test(handle)) return "No spaces, please: use - or _ instead.";
  const odd = Array.from(handle).find((letter) => !/[A-Za-z0-9_-]/.test(letter));
  if (odd) return `“${odd}” cannot be in a handle. Use plain letters, digits, - and _.`;
  if (/^[-_]/.test(handle)) return "Start with a letter or a digit.";
  if (/[-_]{2}/.test(handle)) return "Put letters or digits between - and _.";
  const short = SHORTEST - handle.length;
  if (short > 0) return `At least ${SHORTEST} letters: ${short} more.`;
  const long = handle.length - LONGEST;
  if (long > 0) return `At most ${LONGEST} letters: ${long} too many.`;
  if (/[-_]$/.test(handle)) return "End with a letter or a digit.";
  return null;
}

/** Handles and addresses share a place in the path; an address is always longer. */
export function couldBeHandle(text: string): boolean {
  return text !== "" && wrongHandle(text) === null;
}
