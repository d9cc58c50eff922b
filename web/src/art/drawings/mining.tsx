/** Mining: eight drawings for the square tile, on a 64 x 64 grid. */

import type { Drawing, Pen } from "../pen";
import { polar, put } from "../shapes";

/** A struck match. */
export const firstShare: Drawing = (pen) => (
  <>
    <path d="M9.5 52.5L31 30.5L36 35.5L14.5 57.5Z" {...pen.drawn("b")} />
    <g {...pen.ember}>
      <path
        d="M43 4C45 12 56 18 56 30C56 39 49.5 45 41 45C32.5 45 26 39 26 30.5C26 24 30 20.5
           31 14.5C34 16 36 18.5 36.5 21.5C40.5 17.5 43.5 11 43 4Z"
        {...pen.drawn("e")}
      />
      <path
        d="M42.5 20.5C44 26 49 28.5 49 34C49 38.5 45.5 41 41.5 41C37 41 34 38 34
           34.5C34 29.5 41 27 42.5 20.5Z"
        {...pen.solid("a")}
      />
    </g>
    <path d="M30 41.5L40.5 31" {...pen.line("d", 6)} />
  </>
);

function bead(pen: Pen, x: number, y: number, live = false) {
  const [wide, high] = pen.fine ? [9, 10] : [11, 12];
  return (
    <g key={`${x} ${y}`} {...(live ? pen.ember : {})}>
      <rect
        x={x - wide / 2} y={y - high / 2} width={wide} height={high} rx={pen.fine ? 4 : 4.5}
        {...pen.drawn(live ? "e" : "a")}
      />
    </g>
  );
}

/** An abacus of three rows, one bead moved. */
export const shares1k: Drawing = (pen) => {
  const rows = pen.fine
    ? [[14.5, 24, 33.5], [14.5, 24, 49.5], [14.5, 40, 49.5]]
    : [[16.5], [16.5, 28.5], [16.5, 47.5]];
  const heights = pen.fine ? [17.5, 32, 46.5] : [17, 32, 47];
  const moved = pen.fine ? 49.5 : 47.5;
  return (
    <>
      <rect x="5.5" y="6.5" width="53" height="51" rx="6" {...pen.line("d", 8)} />
      <rect x="5.5" y="6.5" width="53" height="51" rx="6" {...pen.line("b", 3)} />
      {heights.map((y) => (
        <path key={y} d={`M9.5 ${y}H54.5`} {...pen.line("d", pen.fine ? 2.5 : 3)} />
      ))}
      {rows.flatMap((row, i) => row.map((x) => bead(pen, x, heights[i] ?? 0)))}
      {bead(pen, moved, heights[0] ?? 0, true)}
    </>
  );
};

const blade = `M${put(polar(5, -16, 32))}Q${put(polar(14, -8, 32))} ${put(polar(20.5, 14, 32))}
  A20.5 20.5 0 0 1 ${put(polar(20.5, 60, 32))}Q${put(polar(13, 40, 32))}
  ${put(polar(5, 44, 32))}Z`;

/** The fan of a Bitaxe. */
export const shares1m: Drawing = (pen) => (
  <>
    <rect x="4" y="4" width="56" height="56" rx="9" {...pen.solid("b")} />
    <circle cx="32" cy="32" r="23.5" {...pen.solid("d")} />
    {[0, 1, 2, 3, 4, 5].map((i) => (
      <path key={i} d={blade} transform={`rotate(${i * 60} 32 32)`} {...pen.solid("a")} />
    ))}
    <circle cx="32" cy="32" r="8.5" {...pen.solid("d")} />
    <circle cx="32" cy="32" r="6" {...pen.ember} {...pen.solid("e")} />
    {[[10.5, 10.5], [53.5, 10.5], [10.5, 53.5], [53.5, 53.5]].map(([x, y]) => (
      <circle key={`${x} ${y}`} cx={x} cy={y} r="2.4" {...pen.dot("d")} />
    ))}
  </>
);

/** An opened block with light coming out of it. */
export const blockFinder: Drawing = (pen) => (
  <>
    <path d="M35 27L37.5 12M42 28.5L48 16M48.5 32.5L57 23" {...pen.line("a", 3.4)} />
    <g {...pen.ember}>
      <path d="M12 34L30.5 25L25.5 5L7 14Z" {...pen.solid("e")} />
      <path d="M12 34L7 14L3.8 15.6L8.8 35Z" {...pen.solid("e")} />
      <path d="M12 34L7 14L3.8 15.6L8.8 35Z" {...pen.shade(0.35)} />
    </g>
    <path d="M30.5 25L52 34L32 43.5L12 34Z" {...pen.solid("d")} />
    <path d="M30.5 28.5L44.5 34.4L32 40.5L19.5 34Z" {...pen.solid("a")} />
    <path d="M12 34L32 43.5V61L12 51.5Z" {...pen.solid("a")} />
    <path d="M52 34L32 43.5V61L52 51.5Z" {...pen.solid("b")} />
  </>
);

/** A hill with a flag. */
export const millionClub: Drawing = (pen) => (
  <>
    <path d="M31 30V5" {...pen.line("d", 4.5)} />
    <path d="M32 5L49 11L32 17Z" {...pen.ember} {...pen.drawn("e")} />
    <path d="M34 29C48 28 57 42 60.5 57H30Z" {...pen.drawn("b")} />
    <path
      d="M3.5 57C7 41 17.5 27.5 31 27.5C36 27.5 39.5 31 42 36C45 42 47 49 48.5 57Z"
      {...pen.drawn("a")}
    />
    <path d="M20 57C20 50.5 31.5 50 30 44.5C29 40.5 24.5 41 25.5 36.5"
      {...pen.line("b", 3)} />
    <path d="M13.5 48L15.5 44.5M38 47.5L39 51" {...pen.line("b", 3)} />
  </>
);

/** A snowy mountain with the same flag. */
export const billionClub: Drawing = (pen) => (
  <>
    <path d="M30 24V3.5" {...pen.line("a", 3.4)} />
    <path d="M31 3L46 9L31 15Z" {...pen.ember} {...pen.solid("e")} />
    <path d="M48 27L63 57H33Z" {...pen.solid("d")} />
    <path d="M29 19.5L51.5 57H3Z" {...pen.solid("b")} />
    <path
      d="M29 19.5L39.5 37L34.5 34.5L31 41L26.5 35L20.5 39.5L18.5 37Z"
      {...pen.solid("a")}
    />
    <path d="M48 27L53.5 38L49.5 36L46.5 40L42.7 37.5Z" {...pen.solid("a")} />
  </>
);

/** A peak above the clouds: no flag fits, so the sun stands by it. */
export const trillionClub: Drawing = (pen) => (
  <>
    <circle cx="51" cy="15" r="8" {...pen.ember} {...pen.solid("e")} />
    <path d="M28 4L52 56H4Z" {...pen.solid("b")} />
    <path d="M28 4L52 56H30L35 40L27.5 30L31 19Z" {...pen.solid("d")} />
    <path d="M28 4L37.2 24L33 22.5L29.5 29L25 23L20 27.5L18 25.6Z" {...pen.solid("a")} />
    <path
      d="M6 60C-1.5 60 -1 50 6.5 49.5C7 42.5 17 41.5 19.5 47C23.5 43.5 30 45.5 30.5
         50.5C32.5 43.5 44.5 43 46.5 49.5C50 46.5 56 48 56.5 51.5C64.5 51 65 60 58
         60Z"
      {...pen.drawn("a", "d", 2.6)}
    />
    <path d="M12.5 55.5H21.5M35 55.5H46" {...pen.line("b", 2.6)} />
    <path d="M8.5 17.5V24.5M5 21H12M14.5 7.5V10.5M13 9H16" {...pen.line("a", 2)} />
  </>
);

const ticks = [-120, -90, -60, -30, 0, 30, 60, 90].map(
  (degrees) => `M${put(polar(18.5, degrees, 32))}L${put(polar(22, degrees, 32))}`,
);

/** A dial with its needle past the end. */
export const diffChampion: Drawing = (pen) => (
  <>
    <path
      d={`M${put(polar(27, -128, 32))}A27 27 0 1 1 ${put(polar(27, 98, 32))}`}
      {...pen.line("a", 6)}
    />
    <path d={ticks.join("")} {...pen.line("b", 3)} />
    <path d="M20 55H38" {...pen.line("b", 6)} />
    <g {...pen.ember}>
      <path d="M33.8 27.5L62 51L30.5 36.5Z" {...pen.solid("e")} />
      <circle cx="32" cy="32" r="6.5" {...pen.solid("e")} />
    </g>
    <circle cx="32" cy="32" r="2.6" {...pen.dot("d")} />
  </>
);
