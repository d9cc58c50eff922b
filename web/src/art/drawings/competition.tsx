/** Competition: two drawings for the eight-point star, on a 64 x 64 grid. */

import type { Drawing } from "../pen";
import { polar, put } from "../shapes";

const fifths = [0, 72, 144, 216, 288];
const on = (radius: number, degrees: number) => put(polar(radius, degrees, 32));

const middlePatch = `M${fifths.map((degrees) => on(9.6, degrees)).join("L")}Z`;
const outerPatch = `M${on(18, 0)}L${on(22.5, 19)}L${on(28.5, 15)}A28.5 28.5 0 0 0
  ${on(28.5, -15)}L${on(22.5, -19)}Z`;
const seams = fifths.map(
  (degrees) =>
    `M${on(9.6, degrees)}L${on(18, degrees)}M${on(22.5, degrees + 19)}L${on(22.5, degrees + 53)}`,
);

/** A football. */
export const worldCupMiner: Drawing = (pen) => (
  <>
    <circle cx="32" cy="32" r="28.5" {...pen.solid("a")} />
    <path d={seams.join("")} {...pen.line("d", 2.6)} />
    {fifths.map((degrees) => (
      <path key={degrees} d={outerPatch} transform={`rotate(${degrees} 32 32)`}
        {...pen.solid("d")} />
    ))}
    <path d={middlePatch} {...pen.ember} {...pen.drawn("e", "d", 2.6)} />
  </>
);

/** A cup with a globe in it. */
export const worldChampion: Drawing = (pen) => (
  <>
    <path d="M16.5 27H8C6.5 37 12 42.5 20.5 43M47.5 27H56C57.5 37 52 42.5 43.5 43"
      {...pen.line("b", 4.5)} />
    <g {...pen.ember}>
      <circle cx="32" cy="17.5" r="15" {...pen.solid("e")} />
      <path
        d="M26.5 4C29 6 33 6 34 8.5C34.5 11 30 11 29.5 13.5C29 16 25 15 24.5 18C24 21 20 20
           18 16C18 11 21.5 6 26.5 4ZM40 9C42.5 9.5 45 12 46 15.5C46 19 44 22 41.5
           22.5C39 22 40.5 19 38 18C35 16.5 36 10.5 40 9Z"
        {...pen.solid("d")}
      />
    </g>
    <path d="M14 24.5H50C50.5 38 44 48 32 48C20 48 13.5 38 14 24.5Z" {...pen.solid("a")} />
    <path d="M50 24.5C50.5 38 44 48 32 48C39 44 41.5 36 41.5 24.5Z" {...pen.solid("b")} />
    <path d="M28.5 46.5H35.5L37.5 54.5H26.5Z" {...pen.solid("b")} />
    <rect x="19.5" y="54" width="25" height="7" rx="1.5" {...pen.solid("a")} />
  </>
);
