import type { ReactNode } from "react";

/** One state of a part. */
export interface Specimen {
  state: string;
  show: () => ReactNode;
}

export interface Part {
  /** Its place on the page and the name of its pictures. */
  name: string;
  title: string;
  /** What it is for, in a sentence. */
  use: string;
  specimens: readonly Specimen[];
}

export const LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk";
export const LONG_TEXT =
  "A sentence that goes on for longer than anybody would write it, to see where it breaks, " +
  "and what moves when it does.";
