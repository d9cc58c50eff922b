/** The kiln: which badge is being fired, which wait, which cool. Pure; time is handed in (ms). */
import { plural, t } from "@lingui/core/macro";
import { LOCALE } from "../messages";

export interface Fired {
  /** Whose badge it is and which one: the same one is never fired twice. */
  key: string;
  slug: string;
  name: string;
  category: string;
  rarity: string;
  xp: number;
}

export type Phase = "fill" | "fire" | "out" | "set" | "name";

export interface Cooling {
  badge: Fired;
  until: number;
}

export interface Kiln {
  /** When this picture was taken. */
  now: number;
  current: Fired | null;
  startedAt: number;
  waiting: Fired[];
  cooling: Cooling[];
  seen: ReadonlySet<string>;
}

const PHASES: [Phase, number][] = [
  ["fill", 500],
  ["fire", 1100],
  ["out", 1500],
  ["set", 1750],
  ["name", 2400],
];
const SHOWN = 2400;
const LINGER = 6000;
const COOL_AT = 8400;
const COOLS_FOR = 6000;
/** With reduced motion a badge is shown finished: it starts where its name appears. */
const STILL_START = 1750;

export const EMPTY_KILN: Kiln = {
  now: 0,
  current: null,
  startedAt: 0,
  waiting: [],
  cooling: [],
  seen: new Set(),
};

export function phaseAt(elapsed: number): Phase {
  return PHASES.find(([, end]) => elapsed < end)?.[0] ?? "name";
}

export function push(kiln: Kiln, badges: Fired[], now: number, still = false): Kiln {
  const seen = new Set(kiln.seen);
  const fresh = badges.filter((b) => !seen.has(b.key) && seen.add(b.key));
  if (fresh.length === 0) return kiln;
  return tick({ ...kiln, seen, waiting: [...kiln.waiting, ...fresh] }, now, still);
}

/** Bring the kiln to `now`: the next badge goes in when the one before has shown its name. */
export function tick(kiln: Kiln, now: number, still = false): Kiln {
  let { current, startedAt, waiting } = kiln;
  let cooling = kiln.cooling.filter((c) => c.until > now);
  const elapsed = now - startedAt;
  if (current && (elapsed >= LINGER || (elapsed >= SHOWN && waiting.length > 0))) {
    cooling = [...cooling, { badge: current, until: startedAt + COOL_AT }];
    current = null;
  }
  if (!current && waiting.length > 0) {
    current = waiting[0] ?? null;
    waiting = waiting.slice(1);
    startedAt = still ? now - STILL_START : now;
  }
  return { ...kiln, now, current, startedAt, waiting, cooling };
}

/** Escape or a tap: the whole stack goes onto the shelf at once and cools there. */
export function skip(kiln: Kiln, now: number): Kiln {
  const rest = kiln.current ? [kiln.current, ...kiln.waiting] : kiln.waiting;
  const cooling = [
    ...kiln.cooling.filter((c) => c.until > now),
    ...rest.map((badge) => ({ badge, until: now + COOLS_FOR })),
  ];
  return { ...kiln, now, current: null, waiting: [], cooling };
}

export function phaseOf(kiln: Kiln): Phase {
  return phaseAt(kiln.now - kiln.startedAt);
}

/** When something changes next, or null when the kiln is cold. */
export function nextChange(kiln: Kiln): number | null {
  const times = kiln.cooling.map((c) => c.until);
  if (kiln.current) {
    const ends = [...PHASES.map(([, end]) => end), LINGER];
    times.push(...ends.map((end) => kiln.startedAt + end));
  }
  const ahead = times.filter((time) => time > kiln.now);
  return ahead.length > 0 ? Math.min(...ahead) : null;
}

export type ShelfState = "hidden" | "fresh" | null;

/** How the shelf shows a badge that is in the kiln's hands; null is: as ever. */
export function shelfState(kiln: Kiln, key: string): ShelfState {
  if (kiln.cooling.some((c) => c.badge.key === key)) return "fresh";
  if (kiln.current?.key === key) return phaseOf(kiln) === "name" ? "fresh" : "hidden";
  return kiln.waiting.some((b) => b.key === key) ? "hidden" : null;
}

/** The one sentence a screen reader hears for a stack. */
export function announcement(badges: Fired[]): string {
  if (badges.length === 0) return "";
  const xp = badges.reduce((sum, b) => sum + b.xp, 0);
  const names = new Intl.ListFormat(LOCALE).format(badges.map((b) => b.name));
  const earned = plural(badges.length, {
    one: `You earned ${names}.`,
    other: `You earned # badges: ${names}.`,
  });
  return xp > 0 ? t`${earned} Plus ${xp} XP.` : earned;
}
