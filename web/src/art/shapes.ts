/** The five tile shapes on the 120 x 120 grid, each at any inset from its edge. */

export type Category = "mining" | "streak" | "node" | "competition" | "social";

export interface Shape {
  /** Outline, moved inwards by `inset` units. */
  readonly outline: (inset: number) => string;
  /** How much larger the 64-unit drawing stands on the tile. */
  readonly scale: number;
  /** Beads on the gold band of a legendary tile. */
  readonly beads: number;
}

type Point = readonly [number, number];

const MIDDLE = 60;

const at = (n: number): string => String(Math.round(n * 100) / 100);

/** A point `radius` from the middle, `degrees` clockwise from the top. */
export function polar(radius: number, degrees: number, middle = MIDDLE): Point {
  const angle = (degrees * Math.PI) / 180;
  return [middle + radius * Math.sin(angle), middle - radius * Math.cos(angle)];
}

/** Writes a point for a path. */
export const put = ([x, y]: Point): string => `${at(x)} ${at(y)}`;

/** A closed polygon with its corners cut by `soft(index)` units and rounded. */
function rounded(corners: readonly Point[], soft: (index: number) => number): string {
  const count = corners.length;
  const parts = corners.map((corner, i) => {
    const before = corners[(i + count - 1) % count] ?? corner;
    const after = corners[(i + 1) % count] ?? corner;
    const start = put(towards(corner, before, soft(i)));
    const end = put(towards(corner, after, soft(i)));
    return `${i === 0 ? "M" : "L"}${start}Q${put(corner)} ${end}`;
  });
  return `${parts.join("")}Z`;
}

function towards(from: Point, to: Point, step: number): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const part = length === 0 ? 0 : step / length;
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
}

function square(inset: number): string {
  const edge = 7 + inset;
  const far = 120 - edge;
  const corner = at(Math.max(3, 12 - inset * 0.6));
  const arc = (x: number, y: number) => `A${corner} ${corner} 0 0 1 ${at(x)} ${at(y)}`;
  const r = Number(corner);
  return [
    `M${at(edge + r)} ${at(edge)}H${at(far - r)}${arc(far, edge + r)}`,
    `V${at(far - r)}${arc(far - r, far)}H${at(edge + r)}${arc(edge, far - r)}`,
    `V${at(edge + r)}${arc(edge + r, edge)}Z`,
  ].join("");
}

function roundel(inset: number): string {
  const r = at(56.5 - inset);
  const [top, bottom] = [at(3.5 + inset), at(116.5 - inset)];
  return `M60 ${top}A${r} ${r} 0 0 1 60 ${bottom}A${r} ${r} 0 0 1 60 ${top}Z`;
}

function hexagon(inset: number): string {
  const radius = 61 - inset / Math.cos(Math.PI / 6);
  const corners = [0, 60, 120, 180, 240, 300].map((degrees) => polar(radius, degrees));
  return rounded(corners, () => Math.max(4, 11 - inset * 0.5));
}

function star(inset: number): string {
  const side = 42.6 - inset;
  const corners = Array.from({ length: 16 }, (_, i) => {
    const tip = i % 2 === 0;
    return polar(tip ? side * Math.SQRT2 : side / Math.cos(Math.PI / 8), i * 22.5);
  });
  return rounded(corners, (i) => (i % 2 === 0 ? 3.2 : 1.6));
}

function quatrefoil(inset: number): string {
  const offset = 26.5;
  const lobe = 31 - inset;
  const fillet = 5 + inset;
  // The fillet's middle is on the diagonal, its circle touches both lobes.
  const reach = lobe + fillet;
  const diagonal = (offset + Math.sqrt(2 * reach * reach - offset * offset)) / 2;
  const touch = lobe / reach;
  const near: Point = [diagonal * touch, -offset + (offset - diagonal) * touch];
  const parts = [0, 90, 180, 270].map((turn, i) => {
    const [from, to] = [spun([-near[0], near[1]], turn), spun(near, turn)];
    const next = spun([-near[0], near[1]], turn + 90);
    const big = `A${at(lobe)} ${at(lobe)} 0 0 1 ${put(to)}`;
    const small = `A${at(fillet)} ${at(fillet)} 0 0 0 ${put(next)}`;
    return `${i === 0 ? `M${put(from)}` : ""}${big}${small}`;
  });
  return `${parts.join("")}Z`;
}

/** A point given from the middle, turned about it by quarter turns. */
function spun([x, y]: Point, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return [MIDDLE + x * cos - y * sin, MIDDLE + x * sin + y * cos];
}

export const shapes: Readonly<Record<Category, Shape>> = {
  mining: { outline: square, scale: 1.25, beads: 44 },
  streak: { outline: roundel, scale: 1.22, beads: 44 },
  node: { outline: hexagon, scale: 1.2, beads: 42 },
  competition: { outline: star, scale: 1.12, beads: 48 },
  social: { outline: quatrefoil, scale: 1.17, beads: 48 },
};
