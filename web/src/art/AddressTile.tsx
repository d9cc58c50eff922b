/** The avatar of a payout address: one glazed tile, the same everywhere. */

import { lotsOf } from "./hash";
import { fields, hearts, stamps, type Place } from "./motifs";
import { palettes } from "./palettes";
import { Picture } from "./Picture";

export interface AddressTileProps {
  address: string;
  size: number;
  /** Spoken name; without it the tile is decoration to a screen reader. */
  title?: string | undefined;
}

interface TileDrawing {
  readonly ground: string;
  /** One path an ink, in a tile of 4 x 4 units. */
  readonly layers: readonly { readonly ink: string; readonly path: string }[];
}

/** What the tile of an address looks like, from the address alone. */
export function tileOf(address: string): TileDrawing {
  const draw = lotsOf(settled(address));
  const [ground, main, second] = pick(palettes, draw);
  const paths = { main: "", second: "" };
  const add = (ink: "main" | "second", path: string) => {
    paths[ink] += path;
  };
  const heartInk = draw(4) === 0 ? "second" : "main";
  add(heartInk, around(pick(hearts, draw), 1, 1, draw(4)));
  const cornerInk = draw(2) === 0 ? "second" : "main";
  add(cornerInk, around(pick(fields, draw), 0, 0, draw(4)));
  // Two equal neighbours make a calm border, two different ones a lively one.
  const [edge, turn, calm] = [pick(fields, draw), draw(4), draw(3) === 0];
  const [side, sideTurn] = [pick(fields, draw), draw(4)];
  const edgeInk = cornerInk === "main" || draw(3) > 0 ? "main" : "second";
  add(edgeInk, around(edge, 1, 0, turn));
  add(
    draw(3) === 0 ? "second" : "main",
    around(calm ? edge : side, 0, 1, calm ? (turn + 3) % 4 : sideTurn),
  );
  const stamp = stampPath(pick(stamps, draw));
  const layers = [
    { ink: main, path: paths.main },
    { ink: second, path: paths.second },
    { ink: heartInk === "main" && draw(2) === 0 ? second : ground, path: stamp },
  ];
  return { ground, layers: layers.filter(({ path }) => path !== "") };
}

/** Bech32 addresses mean the same in either case. */
function settled(address: string): string {
  const text = address.trim();
  return /^(bc|tb|bcrt)1/i.test(text) ? text.toLowerCase() : text;
}

function pick<T>(from: readonly T[], draw: (count: number) => number): T {
  const chosen = from[draw(from.length)];
  if (chosen === undefined) throw new RangeError("nothing");
  return chosen;
}

/** A piece in its cell, turned in place, and its three copies round the middle. */
function around(motif: (p: Place) => string, column: number, row: number, turn: number): string {
  const copies = [0, 1, 2, 3].map((quarter) =>
    motif((x, y) => {
      const [inX, inY] = spin(x - 0.5, y - 0.5, turn);
      const [toX, toY] = spin(column + inX - 1.5, row + inY - 1.5, quarter);
      return `${tidy(toX + 2)} ${tidy(toY + 2)}`;
    }),
  );
  return copies.join("");
}

function spin(x: number, y: number, quarters: number): readonly [number, number] {
  if (quarters === 0) return [x, y];
  return spin(-y, x, quarters - 1);
}

const tidy = (value: number): number => Math.round(value * 1000) / 1000;

function stampPath(stamp: (typeof stamps)[number]): string {
  if (stamp === "disc") return "M1.6 2A.4 .4 0 1 1 2.4 2A.4 .4 0 1 1 1.6 2Z";
  if (stamp === "diamond") return "M2 1.42L2.58 2L2 2.58L1.42 2Z";
  return stamp === "square" ? "M1.64 1.64H2.36V2.36H1.64Z" : "";
}

export function AddressTile({ address, size, title }: AddressTileProps) {
  const { ground, layers } = tileOf(address);
  return (
    <Picture
      title={title} className="art-address-tile" viewBox="0 0 4 4" width={size} height={size}
      style={{ borderRadius: size < 60 ? 3 : 6 }}
    >
      <rect width="4" height="4" fill={ground} />
      {layers.map(({ ink, path }) => <path key={ink + path.length} d={path} fill={ink} />)}
      <path d="M0 0H4V.07H0Z" fill="#FFFFFF" fillOpacity="0.38" />
      <path d="M0 3.88H4V4H0Z" fill="#07241B" fillOpacity="0.26" />
    </Picture>
  );
}
