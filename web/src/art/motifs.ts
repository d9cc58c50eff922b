/** The pieces of an address tile: paths in a cell of one unit, turned by quarter turns. */

/** Writes a point of the cell, given from its upper left corner, into the tile. */
export type Place = (x: number, y: number) => string;

type Motif = (p: Place) => string;

const quarter: Motif = (p) => `M${p(0, 0)}L${p(1, 0)}A1 1 0 0 1 ${p(0, 1)}Z`;
const bite: Motif = (p) => `M${p(1, 0)}L${p(1, 1)}L${p(0, 1)}A1 1 0 0 0 ${p(1, 0)}Z`;
const leaf: Motif = (p) => `M${p(0, 0)}A1 1 0 0 1 ${p(1, 1)}A1 1 0 0 1 ${p(0, 0)}Z`;
const half: Motif = (p) => `M${p(0, 0)}A.5 .5 0 0 0 ${p(1, 0)}Z`;
const drop: Motif = (p) => `M${p(0, 0)}L${p(0.5, 0)}A.5 .5 0 1 1 ${p(0, 0.5)}Z`;
const disc = (r: number, sweep: 0 | 1): Motif => (p) =>
  `M${p(0.5 - r, 0.5)}A${r} ${r} 0 1 ${sweep} ${p(0.5 + r, 0.5)}` +
  `A${r} ${r} 0 1 ${sweep} ${p(0.5 - r, 0.5)}Z`;
const dot: Motif = disc(0.27, 1);
const ring: Motif = (p) => disc(0.42, 1)(p) + disc(0.19, 0)(p);
const arc: Motif = (p) =>
  `M${p(0.74, 0)}A.74 .74 0 0 1 ${p(0, 0.74)}L${p(0, 0.38)}A.38 .38 0 0 0 ${p(0.38, 0)}Z`;

const polygon = (...corners: (readonly [number, number])[]): Motif => (p) =>
  `M${corners.map(([x, y]) => p(x, y)).join("L")}Z`;

const triangle = polygon([0, 0], [1, 0], [0, 1]);
const diamond = polygon([0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]);
const wedge = polygon([0, 0], [1, 0], [0.5, 0.5]);
const full = polygon([0, 0], [1, 0], [1, 1], [0, 1]);
const bar = polygon([0, 0.3], [1, 0.3], [1, 0.7], [0, 0.7]);
const arrow = polygon([0, 0], [0.5, 0], [1, 0.5], [0.5, 1], [0, 1], [0.5, 0.5]);
const kite = polygon([0, 0], [1, 0.36], [1, 1], [0.36, 1]);

/** Bold pieces that meet in the middle of the tile. */
export const hearts: readonly Motif[] = [
  quarter, leaf, bite, triangle, arc, drop, diamond, arrow, kite, half, full,
];

/** Pieces along the edge and in the corners. */
export const fields: readonly Motif[] = [
  quarter, leaf, bite, triangle, arc, drop, diamond, half, dot, ring, wedge, bar, kite,
];

/** What may lie on the very middle. */
export const stamps: readonly ("none" | "disc" | "diamond" | "square")[] = [
  "none", "none", "disc", "diamond", "square",
];
