import { encode } from "uqr";

/** Light modules around a code, which readers need to find it. */
const QUIET = 4;

export interface QrDrawing {
  /** Side in modules, the quiet edge with it. */
  side: number;
  /** One path: a bar for each run of dark modules. */
  path: string;
}

/** A text as a QR code. Byte mode, so that what a reader gives back is the text to the letter. */
export function qrOf(text: string): QrDrawing {
  const bytes = Array.from(new TextEncoder().encode(text));
  const { data, size } = encode(bytes, { ecc: "L", boostEcc: true, border: 0 });
  let path = "";
  data.forEach((row, y) => {
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue;
      const start = x;
      while (row[x + 1]) x += 1;
      path += `M${start + QUIET} ${y + QUIET}h${x + 1 - start}v1h-${x + 1 - start}z`;
    }
  });
  return { side: size + 2 * QUIET, path };
}
