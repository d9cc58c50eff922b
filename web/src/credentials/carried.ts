/** The credential that a file carries: the JSON itself, or the one baked into a PNG or an SVG. */

/** Longer files are no badges. */
export const MOST_BYTES = 2_000_000;

const KEYWORD = "openbadgecredential";
const NAMESPACE = "https://purl.imsglobal.org/ob/v3p0";
const PNG = [0x89, 0x50, 0x4e, 0x47];

/** Null for a file that carries none. */
export function carried(bytes: Uint8Array): unknown {
  const isPng = PNG.every((byte, i) => bytes[i] === byte);
  const text = isPng ? inPng(bytes) : new TextDecoder().decode(bytes);
  if (text === null) return null;
  return asJson(text.trimStart().startsWith("<") ? inSvg(text) : text);
}

function asJson(text: string | null): unknown {
  try {
    const found: unknown = JSON.parse(text ?? "");
    return typeof found === "object" ? found : null;
  } catch {
    return null;
  }
}

/** The text of the chunk `iTXt` with the keyword of Open Badges, which is not compressed. */
function inPng(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ascii = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const [begin, end] = [at + 8, at + 8 + length];
    if (end > bytes.length) return null;
    if (ascii(at + 4, begin) === "iTXt" && ascii(begin, begin + KEYWORD.length) === KEYWORD) {
      let text = begin + KEYWORD.length + 3; // a zero, the flag and the method of compression
      for (let zeros = 0; zeros < 2; text += 1) if (bytes[text] === 0) zeros += 1;
      return new TextDecoder().decode(bytes.subarray(text, end));
    }
    at = end + 4;
  }
  return null;
}

function inSvg(text: string): string | null {
  const svg = new DOMParser().parseFromString(text, "image/svg+xml");
  return svg.getElementsByTagNameNS(NAMESPACE, "credential")[0]?.textContent ?? null;
}

/** Whether two documents say the same, in whatever order. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(x), ...Object.keys(y)]);
  return [...keys].every((key) => key in x && key in y && same(x[key], y[key]));
}
