/** What a handle may be. The server has the last word: it also knows which are taken or reserved. */

export const SHORTEST = 3;
export const LONGEST = 20;

export const RULES = `${SHORTEST} to ${LONGEST} small letters, digits, - or _, a letter first.`;

/** What is wrong with a handle so far, in words; null when it could do. */
export function wrongHandle(handle: string): string | null {
  if (handle === "") return null; // no handle is fine: the address stands in for it
  if (/\s/.test(handle)) return "No spaces, please: use - or _ instead.";
  if (/[A-Z]/.test(handle)) return "Small letters only.";
  const odd = Array.from(handle).find((letter) => !/[a-z0-9_-]/.test(letter));
  if (odd) return `“${odd}” cannot be in a handle. Use a to z, 0 to 9, - and _.`;
  if (!/^[a-z]/.test(handle)) return "It starts with a letter.";
  const short = SHORTEST - handle.length;
  if (short > 0) return `At least ${SHORTEST} letters: ${short} more.`;
  if (handle.length > LONGEST) return `At most ${LONGEST} letters: ${handle.length - LONGEST} too many.`;
  if (/[-_]$/.test(handle)) return "It ends with a letter or a digit.";
  if (/[-_]{2}/.test(handle)) return "One - or _ at a time.";
  return null;
}

/** Handles and addresses share a place in the path; an address never looks like a handle. */
export function couldBeHandle(text: string): boolean {
  return text !== "" && text.length <= LONGEST && wrongHandle(text) === null;
}
