/** A word for one wish: repeating it after a lost answer does it no second time. */
export function onceOnly(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
