/**
 * Makes the pictures in `looks` small enough for a repository: at most 256 colours, which are off by
 * less than the comparison tolerates. Usage: node tools/smaller.mjs looks/*.png
 */
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { crc32, deflateSync } from "node:zlib";
import { PNG } from "pngjs";

const MOST = 256;
/** How far a colour may be off, the least that will do. The comparison tolerates 15. */
const OFF = [4, 6, 8, 10, 12];
const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "ascii"), data]);
  const sized = Buffer.alloc(body.length + 8);
  sized.writeUInt32BE(data.length, 0);
  body.copy(sized, 4);
  sized.writeUInt32BE(crc32(body), body.length + 4);
  return sized;
}

/** How often each colour is in the picture, the most frequent first. */
function colours({ data }) {
  const times = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    times.set(colour, (times.get(colour) ?? 0) + 1);
  }
  return [...times].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
}

const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

/** How far two colours are from each other: in the channel in which they differ most. */
function apart(one, other) {
  const [r, g, b] = parts(one);
  const [x, y, z] = parts(other);
  return Math.max(Math.abs(r - x), Math.abs(g - y), Math.abs(b - z));
}

/**
 * A kept colour for each: off by no more than `most`, or `full`. Then the rarest, which are a few
 * pixels here and there, get what is nearest.
 */
function palette(all, most) {
  const kept = [];
  const numbers = new Map();
  let full = false;
  for (const colour of all) {
    let number = kept.findIndex((one) => apart(one, colour) <= most);
    if (number < 0 && kept.length < MOST) number = kept.push(colour) - 1;
    if (number < 0) {
      full = true;
      const off = kept.map((one) => apart(one, colour));
      number = off.indexOf(Math.min(...off));
    }
    numbers.set(colour, number);
  }
  return { kept, numbers, full };
}

/** The picture as numbers of colours, row by row. */
function indexed({ width, height, data }, numbers) {
  const rows = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < width * height; i += 1) {
    const [r, g, b] = data.subarray(i * 4, i * 4 + 3);
    rows[i + Math.floor(i / width) + 1] = numbers.get((r << 16) | (g << 8) | b);
  }
  return rows;
}

function written(picture) {
  const all = colours(picture);
  let found = palette(all, OFF[0]);
  for (const most of OFF) if (found.full) found = palette(all, most);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(picture.width, 0);
  head.writeUInt32BE(picture.height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(found.kept.flatMap(parts))),
    chunk("IDAT", deflateSync(indexed(picture, found.numbers), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

for (const file of process.argv.slice(2)) {
  const before = readFileSync(file);
  const small = before[25] === 3; // Has a palette already.
  if (!small) writeFileSync(file, written(PNG.sync.read(before)));
}
