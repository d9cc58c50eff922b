/**
 * Makes the pictures of the kit small enough for a repository: at most 256 colours, which are off
 * by less than the comparison tolerates. Usage: node tools/smaller.mjs looks/*.png
 */
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { crc32, deflateSync } from "node:zlib";
import { PNG } from "pngjs";

const MOST = 256;
const STEPS = [8, 12, 16, 24];
const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "ascii"), data]);
  const sized = Buffer.alloc(body.length + 8);
  sized.writeUInt32BE(data.length, 0);
  body.copy(sized, 4);
  sized.writeUInt32BE(crc32(body), body.length + 4);
  return sized;
}

/** The picture as numbers of colours, row by row, or null when `step` leaves too many. */
function indexed({ width, height, data }, step) {
  const numbers = new Map();
  const rows = Buffer.alloc((width + 1) * height);
  const rounded = (value) => Math.min(255, Math.round(value / step) * step);
  for (let i = 0; i < width * height; i += 1) {
    const [r, g, b] = data.subarray(i * 4, i * 4 + 3).map(rounded);
    const colour = (r << 16) | (g << 8) | b;
    if (!numbers.has(colour)) numbers.set(colour, numbers.size);
    if (numbers.size > MOST) return null;
    rows[i + Math.floor(i / width) + 1] = numbers.get(colour);
  }
  const parts = [...numbers.keys()].flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]);
  const palette = Buffer.from(parts);
  return { rows, palette };
}

function written(picture) {
  const found = STEPS.map((step) => indexed(picture, step)).find((one) => one !== null);
  if (!found) throw new Error("more colours than a small picture has");
  const head = Buffer.alloc(13);
  head.writeUInt32BE(picture.width, 0);
  head.writeUInt32BE(picture.height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", found.palette),
    chunk("IDAT", deflateSync(found.rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

for (const file of process.argv.slice(2)) {
  const before = readFileSync(file);
  const small = before[25] === 3; // Has a palette already.
  if (!small) writeFileSync(file, written(PNG.sync.read(before)));
}
