/** One plain drawing a category, for badges that came with an operator's own pack. */

import type { Drawing } from "../pen";
import type { Category } from "../shapes";

/** A pickaxe. */
const mining: Drawing = (pen) => (
  <>
    <path d="M15 55L41 23" {...pen.line("d", 8)} />
    <path d="M15 55L41 23" {...pen.line("b", 4.5)} />
    <path d="M16 13C32 7 50 14 56 33C51 26 45 21.5 38.5 19C31.5 16 24 14.5 16 13Z"
      {...pen.drawn("a")} />
    <path d="M49 43L52 49L58 52L52 55L49 61L46 55L40 52L46 49Z" {...pen.ember}
      {...pen.solid("e")} />
  </>
);

/** A dial that comes round. */
const streak: Drawing = (pen) => (
  <>
    <circle cx="32" cy="32" r="23" {...pen.drawn("a", "d", 4.5)} />
    <path d="M32 32V18M32 32L41 38" {...pen.line("d", 4.5)} />
    <circle cx="32" cy="9" r="5.5" {...pen.ember} {...pen.drawn("e")} />
  </>
);

/** Three linked nodes. */
const node: Drawing = (pen) => (
  <>
    <path d="M32 14L12 48H52Z" {...pen.line("b", 4.5)} />
    <circle cx="12" cy="48" r="9" {...pen.drawn("a")} />
    <circle cx="52" cy="48" r="9" {...pen.drawn("a")} />
    <circle cx="32" cy="14" r="9.5" {...pen.ember} {...pen.drawn("e")} />
  </>
);

/** A medal on its ribbon. */
const competition: Drawing = (pen) => (
  <>
    <path d="M20 6L30 28L24 31L9 6Z" {...pen.drawn("b")} />
    <path d="M44 6L34 28L40 31L55 6Z" {...pen.drawn("b")} />
    <circle cx="32" cy="42" r="17.5" {...pen.drawn("a")} />
    <path d="M32 32L35 39L42.5 39.5L36.5 44.5L38.5 52L32 48L25.5 52L27.5 44.5L21.5
      39.5L29 39Z" {...pen.ember} {...pen.solid("e")} />
  </>
);

/** Two people and what they share. */
const social: Drawing = (pen) => (
  <>
    <path d="M4 56C4 43 10 38 18 38C26 38 32 43 32 56Z" {...pen.drawn("a")} />
    <path d="M32 56C32 43 38 38 46 38C54 38 60 43 60 56Z" {...pen.drawn("b")} />
    <circle cx="18" cy="27" r="8.5" {...pen.drawn("a")} />
    <circle cx="46" cy="27" r="8.5" {...pen.drawn("b")} />
    <circle cx="32" cy="12" r="6" {...pen.ember} {...pen.drawn("e")} />
  </>
);

export const generic: Readonly<Record<Category, Drawing>> = {
  mining, streak, node, competition, social,
};
