/** Node: three drawings for the hexagon, on a 64 x 64 grid. */

import type { Drawing, Pen } from "../pen";

/** A box on running legs. */
export const nodeRunner: Drawing = (pen) => (
  <>
    <path d="M6 23H14M3 31.5H13M7 40H13" {...pen.line("b", 3)} />
    <path d="M28 42.5L22 50L11 50.5" {...pen.line("b", 4.5)} />
    <path d="M39 42.5L46 49L41.5 58.5H48.5" {...pen.line("a", 4.5)} />
    <path d="M52 29.5L58 33L61 28" {...pen.line("b", 4.5)} />
    <path d="M41 14.5L44 6.5" {...pen.line("a", 3)} />
    <circle cx="44.8" cy="4.8" r="4" {...pen.ember} {...pen.solid("e")} />
    <path
      d="M26 13.5L48 16.5C51 17 53 19.5 52.5 22.5L50 40C49.5 43 47 45 44 44.5L22
         41.5C19 41 17 38.5 17.5 35.5L20 18C20.5 15 23 13 26 13.5Z"
      {...pen.solid("a")}
    />
    <circle cx="36" cy="25.5" r="2.6" {...pen.dot("d")} />
    <circle cx="46" cy="27" r="2.6" {...pen.dot("d")} />
    <path d="M35.5 33C37.5 36.5 41.5 37 44 34" {...pen.line("d", 2.6)} />
    <path d="M24.5 20.5L23.7 26.5M22.9 32L22.6 34.5" {...pen.line("b", 3)} />
  </>
);

/** A bonsai with a fresh cut. */
export const nodePruned: Drawing = (pen) => (
  <>
    <path d="M32 46C36 40 24.5 38 26 30C27.5 23 36 25 38 17" {...pen.line("d", 9)} />
    <path d="M26.5 33L14 28.5" {...pen.line("d", 8.5)} />
    <path d="M31 37.5L45 33.5" {...pen.line("d", 5)} />
    <path d="M32 46C36 40 24.5 38 26 30C27.5 23 36 25 38 17" {...pen.line("b", 3.6)} />
    <path d="M26 32.5L16 29" {...pen.line("b", 3)} />
    <ellipse
      cx="12" cy="27.8" rx="4.2" ry="6" transform="rotate(19 12 27.8)"
      {...pen.ember} {...pen.drawn("e")}
    />
    <path
      d="M27 20C21.5 20 20.5 12.5 26 11.5C26.5 5 35 2 39.5 5.5C45 2.5 52 6 51.5
         11.5C57.5 12.5 57 20 51 20Z"
      {...pen.drawn("a")}
    />
    <path
      d="M43.5 36.5C38.5 36.5 38.5 30.5 43 29.5C44.5 25 52 24 54 28.5C60 28 61.5
         36.5 56 36.5Z"
      {...pen.drawn("a")}
    />
    <path d="M33 13.5C34 11.5 36.5 11 38 12M45 14.5C46 13 47.5 12.5 48.5 13"
      {...pen.line("b", 2.4)} />
    <path d="M16.5 50H47.5L44.5 60H19.5Z" {...pen.drawn("b")} />
    <path d="M12.5 46H51.5V50.5H12.5Z" {...pen.drawn("b")} />
  </>
);

function drawer(pen: Pen, y: number, high: number) {
  return (
    <>
      <rect x="16" y={y} width="32" height={high} rx="1.5" {...pen.solid("a")} />
      <path d={`M28.5 ${y + high / 2}H35.5`} {...pen.line("d", 3)} />
    </>
  );
}

/** A card cabinet with one drawer open. */
export const nodeArchival: Drawing = (pen) => (
  <>
    <rect x="11.5" y="4" width="41" height="56" rx="4" {...pen.solid("b")} />
    {pen.fine ? drawer(pen, 7.5, 8) : null}
    {pen.fine ? cards(pen) : wideCard(pen)}
    <rect x="7" y={pen.fine ? 32 : 27} width="50" height={pen.fine ? 12 : 15} rx="2.5"
      {...pen.drawn("a")} />
    <path d={pen.fine ? "M28 38H36" : "M27 34.5H37"} {...pen.line("d", pen.fine ? 3 : 4.5)} />
    {drawer(pen, pen.fine ? 48 : 46.5, pen.fine ? 8 : 9.5)}
  </>
);

/** Standing cards between two dark sides; one is pulled up. */
function cards(pen: Pen) {
  return (
    <>
      <rect x="12.5" y="22.5" width="39" height="11" {...pen.solid("d")} />
      <path d="M15.5 33V27H22V33ZM24 33V25.5H29.5V33ZM43 33V26H48.5V33Z" {...pen.solid("a")} />
      <path d="M31.5 33.5V19H41V33.5Z" {...pen.ember} {...pen.drawn("e", "d", 2)} />
    </>
  );
}

function wideCard(pen: Pen) {
  return (
    <>
      <rect x="15" y="15" width="34" height="13" {...pen.solid("d")} />
      <path d="M27 28V9H42V28Z" {...pen.ember} {...pen.solid("e")} />
    </>
  );
}
