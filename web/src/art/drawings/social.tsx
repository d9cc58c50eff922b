/** Social: four drawings for the quatrefoil, on a 64 x 64 grid. */

import type { Drawing, Pen } from "../pen";

/** A capsule that grows a leaf. */
export const orangePiller: Drawing = (pen) => (
  <>
    <path d="M40 25C44 21 45.5 17.5 46.5 12.5" {...pen.line("b", 3.4)} />
    <path d="M46.5 13C40 13.5 35 9.5 35.5 2.5C42.5 2 47 6.5 46.5 13Z"
      {...pen.solid("b")} />
    <path d="M45 18.5C49.5 12.5 56 11.5 61 15.5C57.5 21.5 51 23 45 18.5Z"
      {...pen.solid("b")} />
    <g transform="rotate(45 27 39)">
      <path d="M16 38V25A11 11 0 0 1 38 25V38Z" {...pen.solid("a")} />
      <g {...pen.ember}>
        <path d="M16 38H38V52A11 11 0 0 1 16 52Z" {...pen.solid("e")} />
      </g>
      <path d="M20.5 26V33" {...pen.line("b", 3)} />
      <path d="M20.5 43V51" {...pen.line("a", 3)} />
    </g>
  </>
);

/** A rabbit looking out of its hole. */
export const rabbitHole: Drawing = (pen) => (
  <>
    <ellipse cx="32" cy="49" rx="29" ry="10" {...pen.drawn("b")} />
    <ellipse cx="32" cy="48" rx="22.5" ry="7" {...pen.solid("d")} />
    <path
      d="M24 29C17 20 16 9 20 5C25 4 30 14 30 27Z"
      {...pen.drawn("a")}
    />
    <path d="M34 27C34 14 39 4 44 5C48 9 47 20 40 29Z" {...pen.drawn("a")} />
    <path
      d="M38 24.5C37.5 17.5 40 11 42.5 10C44 13.5 43 20 39.5 25Z"
      {...pen.ember} {...pen.solid("e")}
    />
    <path
      d="M18 50C16 46 16 42 17 38C18.5 30.5 24 26 32 26C40 26 45.5 30.5 47 38C48 42 48 46 46
         50C42 54 22 54 18 50Z"
      {...pen.drawn("a")}
    />
    <circle cx="25.5" cy="38" r="2.5" {...pen.dot("d")} />
    <circle cx="38.5" cy="38" r="2.5" {...pen.dot("d")} />
    <path d="M29.5 43H34.5L32 46Z" {...pen.drawn("b", "d", 2)} />
    <path d="M3.5 50C6 57 18 61 32 61C46 61 58 57 60.5 50C54 54.5 44 56.5 32 56.5C20 56.5
      10 54.5 3.5 50Z" {...pen.drawn("b")} />
  </>
);

function band(pen: Pen, y: number, half: number, role: "a" | "b") {
  return (
    <rect key={y} x={30 - half} y={y} width={half * 2} height="10.5" rx="5.25"
      {...pen.solid(role)} />
  );
}

/** A straw beehive. */
export const coopFounder: Drawing = (pen) => (
  <>
    {band(pen, 4, 8, "a")}
    {band(pen, 13.5, 15, "b")}
    {band(pen, 23, 20, "a")}
    {band(pen, 32.5, 22.5, "b")}
    {band(pen, 42, 23, "a")}
    {band(pen, 50.5, 23, "b")}
    <path d="M23.5 61V53C23.5 44 36.5 44 36.5 53V61Z" {...pen.solid("d")} />
    <g transform="rotate(-18 52 15)">
      <ellipse cx="49" cy="8" rx="3.6" ry="5.5" transform="rotate(-24 49 8)"
        {...pen.solid("a")} />
      <ellipse cx="55.5" cy="8" rx="3.6" ry="5.5" transform="rotate(24 55.5 8)"
        {...pen.solid("a")} />
      <g {...pen.ember}>
        <ellipse cx="52" cy="15.5" rx="8.5" ry="6" {...pen.solid("e")} />
      </g>
      <path d="M50 10.5V20.5M55 11.5V19.5" {...pen.line("d", 2.6)} />
    </g>
  </>
);

type Cell = readonly [number, number, number];

const SIDE = 11;

/** Where a corner of the cube of many lies on the drawing. */
function corner(x: number, y: number, z: number): string {
  return `${26.5 + (x - y) * SIDE} ${33 + (x + y) * SIDE * 0.5 - z * SIDE * 1.06}`;
}

function faces([x, y, z]: Cell, n = 1) {
  const [u, v, w] = [x + n, y + n, z + n];
  const top = [corner(x, y, w), corner(u, y, w), corner(u, v, w), corner(x, v, w)];
  const left = [corner(x, v, w), corner(u, v, w), corner(u, v, z), corner(x, v, z)];
  const right = [corner(u, v, w), corner(u, y, w), corner(u, y, z), corner(u, v, z)];
  const path = (points: string[]) => `M${points.join("L")}Z`;
  return { top: path(top), left: path(left), right: path(right) };
}

function piece(pen: Pen, cell: Cell) {
  const { top, left, right } = faces(cell);
  const face = (role: "a" | "b") => (pen.fine ? pen.drawn(role, "d", 1.8) : pen.solid(role));
  return (
    <g key={cell.join()}>
      <path d={top} {...face("a")} />
      <path d={left} {...face("b")} />
      <path d={right} {...face("b")} />
      <path d={right} {...pen.shade(0.5)} />
    </g>
  );
}

const settled: readonly Cell[] = [
  [0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1],
];

/** A block made of many, one piece arriving. */
export const coopBlock: Drawing = (pen) => {
  const { top, left, right } = faces([1.95, -0.5, 1.95]);
  return (
    <>
      {settled.map((cell) => piece(pen, cell))}
      <g {...pen.ember}>
        <path d={top} {...pen.solid("e")} />
        <path d={left} {...pen.solid("e")} />
        <path d={right} {...pen.solid("e")} />
        <path d={left} {...pen.shade(0.2)} />
        <path d={right} {...pen.shade(0.45)} />
      </g>
    </>
  );
};
