/** The stove: a wall of green glazed tiles, and the plates that carry its text. */

import { useId, type CSSProperties, type ReactNode } from "react";
import { lotsOf } from "./hash";

const TILE = 48;
const GROUT = 2.5;
/** Side of a cell in px where the page says nothing. */
const SIDE = 52;
const [ACROSS, DOWN] = [9, 7] as const;

/** Base green first: lighter and darker tiles carry no text, plates are the base. */
const tones = ["#1B5542", "#1E5A47", "#225F4C", "#194F3E", "#1C5845", "#205C49"] as const;

export interface StoveWallProps {
  /** Cells in a row; they then grow with the wall. */
  columns?: number | undefined;
  /** Side of a cell in px, where `columns` is not given. */
  cell?: number | undefined;
  /** Rows the wall has at least. */
  rows?: number | undefined;
  className?: string | undefined;
  children?: ReactNode;
}

type WallStyle = CSSProperties & { "--art-cell": string; "--art-rows"?: number };

/** The wall; given `columns` or `cell` it is also a grid on which plates lie. */
export function StoveWall({ columns, cell, rows, className, children }: StoveWallProps) {
  const id = useId().replace(/[^\w-]/g, "");
  const style: WallStyle = {
    "--art-cell": columns ? `calc(100cqw / ${columns})` : `${cell ?? SIDE}px`,
    ...(rows ? { "--art-rows": rows } : {}),
  };
  const grid = columns || cell ? "art-wall-grid" : "";
  const width = (columns ?? 0) * TILE;
  // A view box one unit high makes the width alone decide the scale.
  const fluid = { viewBox: `0 0 ${width} 1`, preserveAspectRatio: "xMinYMin meet" };
  return (
    <div className={`art-wall ${columns ? "art-wall-fluid" : ""} ${className ?? ""}`}>
      <svg className="art-wall-tiles" aria-hidden="true" focusable="false"
        {...(columns ? fluid : {})}>
        <defs>
          <Tiles id={id} scale={columns ? 1 : (cell ?? SIDE) / TILE} />
        </defs>
        <rect width={columns ? width : "100%"} height={columns ? width * 30 : "100%"}
          fill={`url(#${id})`} />
      </svg>
      <div className={`art-wall-cells ${grid}`} style={style}>{children}</div>
    </div>
  );
}

/** A patch of tiles that repeats; its size hides the seam. */
function Tiles({ id, scale }: { id: string; scale: number }) {
  const draw = lotsOf("stove");
  const places = Array.from({ length: ACROSS * DOWN }, (_, i) => ({
    x: (i % ACROSS) * TILE + GROUT / 2,
    y: Math.floor(i / ACROSS) * TILE + GROUT / 2,
    tone: tones[draw(tones.length)] ?? tones[0],
  }));
  const side = TILE - GROUT;
  return (
    <pattern id={id} width={ACROSS * TILE} height={DOWN * TILE} patternUnits="userSpaceOnUse"
      patternTransform={`scale(${scale})`}>
      <rect width={ACROSS * TILE} height={DOWN * TILE} fill="#103A2D" />
      {places.map(({ x, y, tone }) => (
        <g key={`${x} ${y}`}>
          <rect x={x} y={y} width={side} height={side} rx="1.6" fill={tone} />
          <path d={`M${x + 1.5} ${y + 0.9}H${x + side - 1.5}`} stroke="#4B8570"
            strokeWidth="1.3" strokeOpacity="0.7" />
          <path d={`M${x + 1} ${y + side - 1.2}H${x + side - 1}`} stroke="#0B2F24"
            strokeWidth="2.2" strokeOpacity="0.5" />
        </g>
      ))}
    </pattern>
  );
}

export interface PlateProps {
  /** First column and row, from 1; left out, the plate takes the next free place. */
  column?: number | undefined;
  row?: number | undefined;
  /** Cells spanned; a plate without `columns` spans the whole width. */
  columns?: number | undefined;
  rows?: number | undefined;
  className?: string | undefined;
  children?: ReactNode;
}

/** One glazed tile spanning cells: the only place on the stove where text may stand. */
export function Plate({ column, row, columns, rows = 1, className, children }: PlateProps) {
  const across = columns ? `span ${columns}` : "-1";
  const style: CSSProperties = {
    gridColumn: columns ? `${column ?? "auto"} / ${across}` : `${column ?? 1} / ${across}`,
    gridRow: `${row ?? "auto"} / span ${rows}`,
  };
  return <div className={`art-plate ${className ?? ""}`} style={style}>{children}</div>;
}
