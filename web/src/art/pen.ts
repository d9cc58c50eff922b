/** A pen draws the same geometry as glaze in four colours or as a line incised in clay. */

import type { ReactNode, SVGProps } from "react";
import { clay, type Glaze } from "./glaze";

export type Role = "a" | "b" | "d" | "e";
export type Paint = Pick<
  SVGProps<SVGPathElement>,
  "fill" | "stroke" | "strokeWidth" | "strokeLinejoin" | "strokeLinecap" | "fillOpacity"
>;

export interface Pen {
  /** A flat area. */
  readonly solid: (role: Role) => Paint;
  /** An area with a drawn edge. */
  readonly drawn: (role: Role, edge?: Role, width?: number) => Paint;
  /** A line of 3, 4.5 or 6 units. */
  readonly line: (role: Role, width?: number) => Paint;
  /** A mark too small for an outline. */
  readonly dot: (role: Role) => Paint;
  /** A tone laid over an area; clay has none. */
  readonly shade: (opacity?: number) => Paint;
  /** Marks the one ember detail of the glazed drawing. */
  readonly ember: { readonly "data-ember"?: string };
  /** False under 72 px, where three drawings have a simpler cut. */
  readonly fine: boolean;
}

export type Drawing = (pen: Pen) => ReactNode;

const round = { strokeLinejoin: "round", strokeLinecap: "round" } as const;

export function glazePen(glaze: Glaze, fine: boolean): Pen {
  return {
    solid: (role) => ({ fill: glaze[role] }),
    drawn: (role, edge = "d", width = 3) => ({
      fill: glaze[role], stroke: glaze[edge], strokeWidth: width, ...round,
    }),
    line: (role, width = 3) => ({
      fill: "none", stroke: glaze[role], strokeWidth: width, ...round,
    }),
    dot: (role) => ({ fill: glaze[role] }),
    shade: (opacity = 0.32) => ({ fill: glaze.d, fillOpacity: opacity }),
    ember: { "data-ember": "" },
    fine,
  };
}

export function clayPen(fine: boolean): Pen {
  const width = fine ? 1.9 : 2.5;
  const area = { fill: clay.body, stroke: clay.line, strokeWidth: width, ...round };
  const line = { ...area, fill: "none" };
  return {
    solid: () => area,
    drawn: () => area,
    line: () => line,
    dot: () => ({ fill: clay.line }),
    shade: () => ({ fill: "none" }),
    ember: {},
    fine,
  };
}
