/** The kiln: which moment is shown, which wait, which badges cool. Pure; time is handed in (ms). */
import { compareTimes } from "../live/time";

interface Moment {
  /** What happened and to whom: the same moment is never shown twice. */
  key: string;
  /** When it happened: what happened first is shown first. */
  at: string;
}

export interface Fired extends Moment {
  kind: "badge";
  slug: string;
  name: string;
  category: string;
  rarity: string;
  xp: number;
}

export interface LevelReached extends Moment {
  kind: "level";
  who: string;
  level: number;
  title: string;
}

export interface BestReached extends Moment {
  kind: "best";
  who: string;
  sdiff: number;
  worker: string;
}

/** A block, with what is known of its finder: all three are "" where they may not be named. */
export interface BlockFound extends Moment {
  kind: "block";
  height: number;
  sdiff: number;
  reward_sats: number | null;
  worker: string;
  /** The finder's page, the name on it, and what their tile is drawn from. */
  user: string;
  name: string;
  seed: string;
}

export type Happened = Fired | LevelReached | BestReached | BlockFound;

export type Phase = "fill" | "fire" | "out" | "set" | "name";

export interface Cooling {
  badge: Fired;
  until: number;
}

export interface Kiln {
  /** When this picture was taken. */
  now: number;
  current: Happened | null;
  startedAt: number;
  waiting: Happened[];
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
/** Only a badge comes out of the fire; everything else shows its name at once. */
const NAMED = 1750;
const LINGER = 6000;
const COOL_AT = 8400;
const COOLS_FOR = 6000;
/** A block stays until it is put away, or for as long as nobody is there to do so. */
const BLOCK_STAYS = 60 * 60_000;
/** A name takes a moment to be noticed, and then so long a letter. */
const NOTICE = 1500;
const LETTER = 80;
const LEAST = 2500;

export const EMPTY_KILN: Kiln = {
  now: 0,
  current: null,
  startedAt: 0,
  waiting: [],
  cooling: [],
  seen: new Set(),
};

/** What is to be read of a moment. */
function nameOf(moment: Happened): string {
  switch (moment.kind) {
    case "badge":
      return moment.name;
    case "level":
      return moment.title;
    default:
      return "";
  }
}

function namedAt(moment: Happened): number {
  return moment.kind === "badge" ? NAMED : 0;
}

/** How long a moment has the page while others wait: until its name has been read. */
export function shownFor(moment: Happened): number {
  if (moment.kind === "block") return BLOCK_STAYS;
  const letters = Array.from(nameOf(moment)).length;
  return namedAt(moment) + Math.max(LEAST, NOTICE + LETTER * letters);
}

function staysFor(moment: Happened): number {
  return Math.max(LINGER, shownFor(moment));
}

export function phaseAt(elapsed: number): Phase {
  return PHASES.find(([, end]) => elapsed < end)?.[0] ?? "name";
}

/** Of the levels and bests of one miner that wait, only the last is still news. */
function outdone(one: Happened, by: Happened): boolean {
  if (one.kind === "level" && by.kind === "level") {
    return one.who === by.who && one.level < by.level;
  }
  return one.kind === "best" && by.kind === "best" && one.who === by.who && one.sdiff < by.sdiff;
}

/** Blocks first, then what happened first; what happened together stays as it was told. */
function inOrder(waiting: Happened[]): Happened[] {
  const last = waiting.filter((one) => !waiting.some((other) => outdone(one, other)));
  const block = (one: Happened) => Number(one.kind === "block");
  return last.sort((a, b) => block(b) - block(a) || compareTimes(a.at, b.at));
}

export function push(kiln: Kiln, moments: Happened[], now: number, still = false): Kiln {
  const seen = new Set(kiln.seen);
  const fresh = moments.filter((one) => !seen.has(one.key) && seen.add(one.key));
  if (fresh.length === 0) return kiln;
  let { current, waiting } = kiln;
  if (current && current.kind !== "block" && fresh.some((one) => one.kind === "block")) {
    waiting = [current, ...waiting]; // It is shown again, from its beginning, after the block.
    current = null;
  }
  return tick({ ...kiln, seen, current, waiting: inOrder([...waiting, ...fresh]) }, now, still);
}

/** Bring the kiln to `now`: the next moment comes when the name of the one before was read. */
export function tick(kiln: Kiln, now: number, still = false): Kiln {
  let { current, startedAt, waiting } = kiln;
  let cooling = kiln.cooling.filter((c) => c.until > now);
  const elapsed = now - startedAt;
  if (current) {
    const over = elapsed >= (waiting.length > 0 ? shownFor(current) : staysFor(current));
    if (over) {
      cooling = [...cooling, ...cooled(current, startedAt + COOL_AT, now)];
      current = null;
    }
  }
  if (!current && waiting.length > 0) {
    current = waiting[0] ?? null;
    waiting = waiting.slice(1);
    // With reduced motion a badge is shown finished: it starts where its name appears.
    startedAt = still && current ? now - namedAt(current) : now;
  }
  return { ...kiln, now, current, startedAt, waiting, cooling };
}

function cooled(one: Happened, until: number, now: number): Cooling[] {
  return one.kind === "badge" && until > now ? [{ badge: one, until }] : [];
}

/** Escape or a tap: a block gives way to what waits; else all goes onto the shelf and cools. */
export function skip(kiln: Kiln, now: number, still = false): Kiln {
  if (kiln.current?.kind === "block") return tick({ ...kiln, current: null }, now, still);
  const rest = kiln.current ? [kiln.current, ...kiln.waiting] : kiln.waiting;
  const cooling = [
    ...kiln.cooling.filter((c) => c.until > now),
    ...rest.flatMap((one) => cooled(one, now + COOLS_FOR, now)),
  ];
  return { ...kiln, now, current: null, waiting: [], cooling };
}

export function phaseOf(kiln: Kiln): Phase {
  return kiln.current?.kind === "badge" ? phaseAt(kiln.now - kiln.startedAt) : "name";
}

/** When something changes next, or null when the kiln is cold. */
export function nextChange(kiln: Kiln): number | null {
  const times = kiln.cooling.map((c) => c.until);
  if (kiln.current) {
    const { current, startedAt } = kiln;
    const phases = current.kind === "badge" ? PHASES.map(([, end]) => end) : [];
    const ends = [...phases, shownFor(current), staysFor(current)];
    times.push(...ends.map((end) => startedAt + end));
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
