/** What a handle may be. The server has the last word: it knows which are taken or reserved. */
import { t } from "@lingui/core/macro";
import { BOUNDS } from "../api/bounds";

export const { minLength: SHORTEST, maxLength: LONGEST } = BOUNDS.ProfileChange.handle;

/** What is wrong with a handle so far, in words; null when it could do. */
export function wrongHandle(handle: string): string | null {
  if (handle === "") return null; // no handle is fine: the address stands in for it
  if (/\s/.test(handle)) return t`No spaces, please: use - or _ instead.`;
  const odd = Array.from(handle).find((letter) => !/[A-Za-z0-9_-]/.test(letter));
  if (odd) return t`“${odd}” cannot be in a handle. Use plain letters, digits, - and _.`;
  if (/^[-_]/.test(handle)) return t`Start with a letter or a digit.`;
  if (/[-_]{2}/.test(handle)) return t`Put letters or digits between - and _.`;
  const missing = SHORTEST - handle.length;
  if (missing > 0) return t`At least ${SHORTEST} letters: ${missing} more.`;
  const extra = handle.length - LONGEST;
  if (extra > 0) return t`At most ${LONGEST} letters: ${extra} too many.`;
  if (/[-_]$/.test(handle)) return t`End with a letter or a digit.`;
  return null;
}

/** Handles and addresses share a place in the path; an address is always longer. */
export function couldBeHandle(text: string): boolean {
  return text !== "" && wrongHandle(text) === null;
}
