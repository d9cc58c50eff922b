/** The window of the stove: the only animated fire, and the block being worked on. */

import type { ReactNode } from "react";
import { count } from "../format";

export interface FireWindowProps {
  /** Height of the block being worked on; null while nobody knows it. */
  height: number | null;
  label: string;
  /** Coals in the fire: the last blocks. */
  coals?: number | undefined;
  /** A still picture, whatever the reader's motion setting. */
  still?: boolean | undefined;
  className?: string | undefined;
}

export function FireWindow({ height, label, coals = 7, still, className }: FireWindowProps) {
  return (
    <div className={`art-window ${still ? "art-still" : ""} ${className ?? ""}`}>
      <div className="art-window-fire" aria-hidden="true">
        <Layer name="back"><BackFlames /></Layer>
        <Layer name="middle"><MiddleFlames /></Layer>
        <Layer name="front"><FrontFlames /></Layer>
        <Coals count={coals} />
      </div>
      <p className="art-window-text">
        <span className="art-window-label">{label}</span>
        {height === null ? null : (
          <span className="art-window-height"> {count(height)}</span>
        )}
      </p>
    </div>
  );
}

/** A layer is its own picture, so the browser moves it without painting it again. */
function Layer({ name, children }: { name: "back" | "middle" | "front"; children: ReactNode }) {
  return (
    <svg className={`art-flames art-flames-${name}`} viewBox="0 0 300 200" aria-hidden="true"
      focusable="false" preserveAspectRatio="xMidYMax meet">
      {children}
    </svg>
  );
}

function BackFlames() {
  return (
    <>
      <path
        d="M36 200C22 160 62 138 58 92C86 112 94 140 88 160C104 128 128 96 138 54C140 36 134 24
           128 14C156 30 168 56 166 84C166 104 176 116 186 128C196 108 196 92 214 72C210 112
           248 132 264 168C268 180 266 190 262 200Z"
        fill="#C24A0C"
      />
      <path d="M70 200C64 172 84 160 86 138C104 154 106 176 98 200Z" fill="#A83B0C" />
      <path d="M206 200C198 176 214 160 220 140C238 158 246 180 236 200Z" fill="#A83B0C" />
    </>
  );
}

function MiddleFlames() {
  return (
    <path
      d="M76 200C64 166 100 144 92 104C120 122 126 146 122 160C134 132 150 112 152 76C176 100 178
         130 174 152C184 140 194 126 194 106C214 126 238 160 222 200Z"
      fill="#FF8C2E"
    />
  );
}

function FrontFlames() {
  return (
    <>
      <path
        d="M108 200C98 168 126 152 130 124C146 138 148 150 146 162C154 148 160 134 158 116C178
           134 198 168 186 200Z"
        fill="#FFBE55"
      />
      <path d="M128 200C122 182 140 172 144 152C160 166 172 182 166 200Z" fill="#FFF0BF" />
    </>
  );
}

/** Warm in the middle, dark at the sides. */
const embers = ["#F28A36", "#D9651F", "#A8440F", "#7C2A0A"] as const;

function Coals({ count }: { count: number }) {
  const middle = (count - 1) / 2;
  const width = 300 / Math.max(1, count);
  return (
    <svg className="art-coals" viewBox="0 0 300 34" preserveAspectRatio="none"
      aria-hidden="true" focusable="false">
      {Array.from({ length: count }, (_, i) => i).map((i) => {
        const away = middle === 0 ? 0 : Math.abs(i - middle) / middle;
        const top = 5 + ((i * 5) % 7);
        return (
          <g key={i}>
            <rect x={i * width + 1.5} y={top} width={width - 3} height="40" rx="4"
              fill={embers[Math.round(away * 3)] ?? embers[3]} />
            <rect x={i * width + 5} y={top + 2.5} width={width - 10} height="2" rx="1"
              fill="#FFD9A0" fillOpacity={0.75 - away * 0.5} />
          </g>
        );
      })}
    </svg>
  );
}
