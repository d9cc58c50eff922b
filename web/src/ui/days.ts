/** Rewards by the day of the game, which begins at midnight UTC. */
import { t } from "@lingui/core/macro";
import type { FeedItem } from "../api/types";
import { LOCALE } from "../messages";

export interface Day {
  /** "2026-11-29". */
  day: string;
  lines: FeedItem[];
  /** XP of all its lines, those out of sight included. */
  xp: number;
}

/** Lines, newest first, in groups of a day. */
export function byDay(lines: FeedItem[]): Day[] {
  const days: Day[] = [];
  for (const line of lines) {
    const day = line.at.slice(0, 10);
    const last = days.at(-1);
    if (last?.day === day) {
      last.lines.push(line);
      last.xp += line.xp ?? 0;
    } else {
      days.push({ day, lines: [line], xp: line.xp ?? 0 });
    }
  }
  return days;
}

/** The days of the first `most` lines. */
export function firstOf(days: Day[], most: number): Day[] {
  let left = most;
  return days
    .map((day) => {
      const lines = day.lines.slice(0, Math.max(0, left));
      left -= lines.length;
      return { ...day, lines };
    })
    .filter(({ lines }) => lines.length > 0);
}

const DAY = 86_400_000;

/** "Today", "Yesterday", "Friday 27 November". */
export function dayName(day: string, now: number): string {
  const ago = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (day === ago(now)) return t`Today`;
  if (day === ago(now - DAY)) return t`Yesterday`;
  const year = day.slice(0, 4) === ago(now).slice(0, 4) ? {} : ({ year: "numeric" } as const);
  return new Date(`${day}T12:00:00Z`).toLocaleDateString(LOCALE, {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
    ...year,
  });
}
