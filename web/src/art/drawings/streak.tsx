/** Streak: three drawings for the roundel, on a 64 x 64 grid. */

import type { Drawing } from "../pen";
import { polar, put } from "../shapes";

/** A sleeping moon and four dots, the fourth is this week. */
export const streak4: Drawing = (pen) => (
  <>
    <path
      d="M30 8.5A24 24 0 1 0 52.5 42A18.5 18.5 0 0 1 30 8.5Z"
      {...pen.drawn("a")}
    />
    <path d="M15.5 33.5C17 36.5 20.5 36.5 22 33.5" {...pen.line("d", 3)} />
    <path d="M22.5 45.5C25.5 48 29.5 47.5 31.5 44.5" {...pen.line("d", 3)} />
    <path d="M27 36.5C29.5 37.5 29.5 40 27.5 41" {...pen.line("b", 2.5)} />
    <circle cx="38.5" cy="5.5" r="3" {...pen.drawn("b")} />
    <circle cx="49" cy="9.5" r="3" {...pen.drawn("b")} />
    <circle cx="56.5" cy="18" r="3" {...pen.drawn("b")} />
    <circle cx="56.5" cy="31" r="5.2" {...pen.ember} {...pen.drawn("e")} />
  </>
);

const eighths = [0, 45, 90, 135, 180, 225, 270, 315];

/** A ship's wheel with one quarter filled. */
export const streak12: Drawing = (pen) => (
  <>
    <circle cx="32" cy="32" r="18.5" {...pen.line("b", 6)} />
    <path d="M32 32V10.5A21.5 21.5 0 0 1 53.5 32Z" {...pen.ember} {...pen.solid("e")} />
    {eighths.map((degrees) => (
      <g key={degrees} transform={`rotate(${degrees} 32 32)`}>
        <path d="M32 32V7" {...pen.line("a", 3)} />
        <path d="M29.8 8.5L29.2 3.5C29.2 0 34.8 0 34.8 3.5L34.2 8.5Z"
          {...pen.solid("a")} />
      </g>
    ))}
    <circle cx="32" cy="32" r="7" {...pen.solid("a")} />
    <circle cx="32" cy="32" r="2.8" {...pen.dot("d")} />
  </>
);

function ray(index: number): string {
  const middle = index * 30;
  const tip = index % 2 === 0 ? 31.5 : 26;
  const [left, right] = [polar(16.5, middle - 13, 32), polar(16.5, middle + 13, 32)];
  return `M${put(left)}L${put(polar(tip, middle, 32))}L${put(right)}Z`;
}

/** A calm sun with twelve rays. */
export const streak52: Drawing = (pen) => (
  <>
    {[1, 3, 5, 7, 9, 11].map((i) => <path key={i} d={ray(i)} {...pen.solid("b")} />)}
    {[0, 2, 4, 6, 8, 10].map((i) => <path key={i} d={ray(i)} {...pen.solid("a")} />)}
    <circle cx="32" cy="32" r="15.5" {...pen.ember} {...pen.drawn("e")} />
    <path d="M22.5 30C23.5 33 27.5 33 28.5 30M35.5 30C36.5 33 40.5 33 41.5 30"
      {...pen.line("d", 2.4)} />
    <path d="M27 37.5C29 41 35 41 37 37.5" {...pen.line("d", 2.4)} />
  </>
);
