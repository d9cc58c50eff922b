/** The level as a ring of wedge tiles, clockwise from the top. */

import { t } from "@lingui/core/macro";
import { Picture } from "./Picture";
import { polar, put } from "./shapes";

export interface LevelRingProps {
  /** The level as it is called, such as 20. */
  level: number;
  /** Levels there are: one wedge each. */
  of: number;
  /** Which of them it is, from 1, such as 12; so many wedges are lit. */
  ordinal: number;
  /** Way to the next level, 0 to 1. */
  fraction: number;
  size: number;
}

const OUTER = 58;
const INNER = 39;
const GAP = 1.1;

/** A piece of the ring between two angles, in degrees clockwise from the top. */
function wedge(from: number, to: number): string {
  const large = to - from > 180 ? 1 : 0;
  const edge = (radius: number, start: number, end: number, sweep: 0 | 1) => {
    // The gap between two tiles is equally wide inside and outside.
    const gap = ((GAP / radius) * 90) / Math.PI * (sweep === 1 ? 1 : -1);
    const arc = `A${radius} ${radius} 0 ${large} ${sweep} ${put(polar(radius, end - gap))}`;
    return `${put(polar(radius, start + gap))}${arc}`;
  };
  return `M${edge(OUTER, from, to, 1)}L${edge(INNER, to, from, 0)}Z`;
}

export function LevelRing({ level, of, ordinal, fraction, size }: LevelRingProps) {
  const step = 360 / of;
  const done = Math.min(1, Math.max(0, fraction));
  const more = ordinal < of;
  const percent = Math.floor(done * 100);
  const title = more
    ? t`Level ${level}, ${ordinal} of ${of}, ${percent}% of the way to the next`
    : t`Level ${level}, ${ordinal} of ${of}`;
  const roomy = size >= 96;
  return (
    <Picture title={title} className="art-ring"
      viewBox="0 0 120 120" width={size} height={size}>
      {Array.from({ length: of }, (_, i) => i).map((i) => (
        <path key={i} d={wedge(i * step, (i + 1) * step)}
          className={i < ordinal ? "art-ring-lit" : "art-ring-rest"} />
      ))}
      {more && done * step > 2 ? (
        <path d={wedge(ordinal * step, (ordinal + done) * step)} className="art-ring-now" />
      ) : null}
      <text x="60" y={roomy ? 65 : 75} className="art-ring-number" fontSize={roomy ? 42 : 44}>
        {level}
      </text>
      {roomy ? (
        <text x="60" y="85" className="art-ring-of" fontSize={Math.max(12, (13 * 120) / size)}>
          {level === ordinal ? t`of ${of}` : t`${ordinal} of ${of}`}
        </text>
      ) : null}
    </Picture>
  );
}
