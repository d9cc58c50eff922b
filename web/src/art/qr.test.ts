import { encode } from "uqr";
import { describe, expect, it } from "vitest";
import { qrOf } from "./qr";

/** The dark modules that a path draws, row by row, without the quiet edge. */
function modulesOf({ side, path }: { side: number; path: string }): boolean[][] {
  const size = side - 8;
  const rows = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let i = 0; i < Number(run); i += 1) {
      const row = rows[Number(y) - 4];
      if (row) row[Number(x) - 4 + i] = true;
    }
  }
  return rows;
}

const MESSAGE = [
  "The Bitcoin Game, play.example: sign in.",
  "",
  "Address: bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
  "Issued at: 2026-11-21T16:00:00Z. Zürich says “hello”.",
].join("\n");

describe("a text as a QR code", () => {
  it("draws every dark module once and no other", () => {
    const bytes = Array.from(new TextEncoder().encode(MESSAGE));
    const { data } = encode(bytes, { ecc: "L", boostEcc: true, border: 0 });
    expect(modulesOf(qrOf(MESSAGE))).toEqual(data);
  });

  it("has the three corners that a reader looks for, and a quiet edge", () => {
    const drawing = qrOf("hello");
    const rows = modulesOf(drawing);
    const last = rows.length - 1;
    const ring = Array.from({ length: 7 }, () => true);
    expect(rows[0]?.slice(0, 7)).toEqual(ring);
    expect(rows[0]?.slice(last - 6)).toEqual(ring);
    expect(rows[last]?.slice(0, 7)).toEqual(ring);
    expect(rows[0]?.[7]).toBe(false);
    expect(drawing.side).toBe(rows.length + 8);
  });

  it("differs when a letter differs", () => {
    expect(qrOf("hello").path).not.toBe(qrOf("hallo").path);
  });
});
