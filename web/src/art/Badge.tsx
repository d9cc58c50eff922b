/** A badge: one tile of the kiln in its four states. */

import { useId } from "react";
import { drawingOf } from "./drawings";
import { clay, type Glaze, glazes, type Rarity } from "./glaze";
import { clayPen, type Drawing, glazePen, type Pen } from "./pen";
import { Picture } from "./Picture";
import { type Category, type Shape, shapes } from "./shapes";

export type BadgeState = "locked" | "progress" | "earned" | "fresh";
export type BadgeSize = 48 | 72 | 88 | 112 | 180;

export interface BadgeProps {
  slug: string;
  category: Category;
  rarity: Rarity;
  state: BadgeState;
  /** Share done, 0 to 1; only read in the state "progress". */
  progress?: number | undefined;
  size: BadgeSize;
  /** A secret badge not earned yet: raw clay without a drawing. */
  secret?: boolean | undefined;
  /** The path of an SVG in place of a drawing of ours. */
  picture?: string | null | undefined;
  /** Spoken name; without it the badge is decoration to a screen reader. */
  title?: string | undefined;
}

interface Kiln {
  readonly id: string;
  readonly shape: Shape;
  readonly glaze: Glaze;
  readonly rarity: Rarity;
  readonly drawing: Drawing;
  readonly picture: string | null;
  readonly fine: boolean;
}

export function Badge(props: BadgeProps) {
  const { slug, category, rarity, state, size, title } = props;
  const kiln: Kiln = {
    id: useId().replace(/[^\w-]/g, ""),
    shape: shapes[category],
    glaze: glazes[rarity],
    rarity,
    drawing: drawingOf(slug, category),
    picture: props.picture ?? null,
    fine: size >= 72,
  };
  const level = Math.min(1, Math.max(0, props.progress ?? 0));
  const glazed = state === "earned" || state === "fresh";
  return (
    <Picture
      title={title} className={`art-badge art-badge-${state}`}
      viewBox="0 0 120 124" width={size} height={(size * 124) / 120}
    >
      {state === "fresh" ? <Halo kiln={kiln} /> : null}
      {glazed ? <Glazed kiln={kiln} /> : <RawClay kiln={kiln} blank={props.secret ?? false} />}
      {state === "progress" && level > 0 ? <Rising kiln={kiln} level={level} /> : null}
      {state === "fresh" ? <Heat kiln={kiln} /> : null}
    </Picture>
  );
}

function Drawn({ kiln, pen }: { kiln: Kiln; pen: Pen }) {
  const place = `translate(60 60) scale(${kiln.shape.scale}) translate(-32 -32)`;
  if (kiln.picture !== null) {
    return <image href={kiln.picture} x="6" y="6" width="52" height="52" transform={place} />;
  }
  return <g transform={place}>{kiln.drawing(pen)}</g>;
}

function RawClay({ kiln, blank }: { kiln: Kiln; blank: boolean }) {
  const outline = kiln.shape.outline(0);
  return (
    <g>
      <path d={outline} transform="translate(0 4)" fill={clay.foot} />
      <path d={outline} fill={clay.body} />
      <path d={kiln.shape.outline(0.8)} fill="none" stroke={clay.line} strokeWidth="1.6" />
      {blank ? null : (
        <g className="art-incised">
          <Drawn kiln={kiln} pen={clayPen(kiln.fine)} />
        </g>
      )}
    </g>
  );
}

function Glazed({ kiln }: { kiln: Kiln }) {
  const { id, shape, glaze } = kiln;
  const outline = shape.outline(0);
  return (
    <g>
      <defs>
        <radialGradient id={`${id}-body`} cx="0.3" cy="0.18" r="0.95">
          <stop offset="0" stopColor={glaze.lit} />
          <stop offset="0.75" stopColor={glaze.base} />
        </radialGradient>
        <linearGradient id={`${id}-gloss`} x1="0.1" y1="0" x2="0.6" y2="1">
          <stop offset="0" stopColor="#FFFFFF" stopOpacity={glaze.gloss} />
          <stop offset="1" stopColor="#FFFFFF" stopOpacity={glaze.gloss * 0.15} />
        </linearGradient>
        <clipPath id={`${id}-shape`}><path d={outline} /></clipPath>
      </defs>
      <path d={outline} transform="translate(0 4)" fill={glaze.foot} />
      <path d={outline} fill={`url(#${id}-body)`} />
      <path
        d="M-10 -10H112C104 28 60 52 -10 56Z" clipPath={`url(#${id}-shape)`}
        fill={`url(#${id}-gloss)`}
      />
      <path d={shape.outline(0.7)} fill="none" stroke={glaze.lit} strokeWidth="1.4" />
      <Rim kiln={kiln} />
      <Drawn kiln={kiln} pen={glazePen(glaze, kiln.fine)} />
    </g>
  );
}

function Rim({ kiln }: { kiln: Kiln }) {
  const { rarity, shape, glaze, fine } = kiln;
  const thin = fine ? 1.8 : 2.6;
  if (rarity === "common") return null;
  if (rarity === "rare") {
    return <path d={shape.outline(7)} fill="none" stroke={glaze.a} strokeWidth={thin} />;
  }
  if (rarity === "epic") {
    return (
      <g fill="none" stroke={glaze.b} strokeWidth={thin}>
        <path d={shape.outline(fine ? 4.5 : 3.5)} />
        <path d={shape.outline(fine ? 9 : 9.5)} />
      </g>
    );
  }
  return (
    <g fill="none">
      <path d={shape.outline(2.6)} stroke={glaze.b} strokeWidth="5.2" />
      <path d={shape.outline(2)} stroke={glaze.a} strokeWidth="1.4" />
      <path
        d={shape.outline(fine ? 9.5 : 10)} stroke={glaze.a} strokeLinecap="round"
        strokeWidth={fine ? 2.6 : 3.4} pathLength={fine ? shape.beads : shape.beads / 2}
        strokeDasharray="0 1"
      />
    </g>
  );
}

/** The surface of the glaze at height 0; moved to its level, so that it can rise. */
const wave = "M-2 -2C24 -9 42 4 64 3S100 -6 122 0";

/** Top of the glaze on the 120 grid: until it is full some clay shows, once begun some glaze. */
function surfaceAt(level: number): number {
  return level >= 1 ? -10 : Math.round((1100 - level * 1000)) / 10;
}

/** Glaze standing as high as the share done, with a wave on top. */
function Rising({ kiln, level }: { kiln: Kiln; level: number }) {
  const { id, glaze, shape } = kiln;
  const surface = {
    className: "art-surface", style: { transform: `translateY(${surfaceAt(level)}px)` },
  };
  return (
    <g>
      <defs>
        <clipPath id={`${id}-level`}><path d={`${wave}V140H-2Z`} {...surface} /></clipPath>
        <clipPath id={`${id}-within`}><path d={shape.outline(0)} /></clipPath>
      </defs>
      <g clipPath={`url(#${id}-level)`}><Glazed kiln={kiln} /></g>
      <g clipPath={`url(#${id}-within)`}>
        <path d={wave} {...surface} fill="none" stroke={glaze.surface} strokeWidth="2.6" />
      </g>
    </g>
  );
}

function Halo({ kiln }: { kiln: Kiln }) {
  return (
    <g className="art-hot">
      <defs>
        <radialGradient id={`${kiln.id}-halo`}>
          <stop offset="0.55" stopColor="#FF7A1E" stopOpacity="0.75" />
          <stop offset="0.78" stopColor="#FF7A1E" stopOpacity="0.22" />
          <stop offset="1" stopColor="#FF7A1E" stopOpacity="0" />
        </radialGradient>
      </defs>
      <circle cx="60" cy="61" r="88" fill={`url(#${kiln.id}-halo)`} />
    </g>
  );
}

function Heat({ kiln }: { kiln: Kiln }) {
  const { id, shape } = kiln;
  const outline = shape.outline(0);
  return (
    <g className="art-hot">
      <defs>
        <linearGradient id={`${id}-heat`} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0.45" stopColor="#FF6A1A" stopOpacity="0" />
          <stop offset="0.8" stopColor="#FF6A1A" stopOpacity="0.5" />
          <stop offset="1" stopColor="#FFB057" stopOpacity="0.85" />
        </linearGradient>
      </defs>
      <path d={outline} fill={`url(#${id}-heat)`} />
      <path d={shape.outline(0.5)} fill="none" stroke="#FF8A3D" strokeWidth="3.6" />
      <path d={shape.outline(0.5)} fill="none" stroke="#FFC98A" strokeWidth="1.2" />
    </g>
  );
}
