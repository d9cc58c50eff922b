import { count, date, hashrate, joined } from "../../format";
import { Chart } from "../../ui/Chart";
import type { Point } from "../../ui/series";
import { Empty } from "../../ui/Empty";
import type { Part } from "../specimen";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 16, 11);

/** The same noise each time. */
function wave(i: number): number {
  return 1.2 + 0.16 * Math.sin(i / 7) + 0.08 * Math.sin(i * 1.7) + 0.05 * Math.sin(i * 5.3);
}

function points(length: number, of: (i: number) => Omit<Point, "at">, every = HOUR): Point[] {
  return Array.from({ length }, (_, i) => ({ at: START + i * every, ...of(i) }));
}

const WEEK = points(168, (i) => ({ value: wave(i) }));
const BAND = points(72, (i) => ({ value: wave(i), low: wave(i) * 0.82, high: wave(i) * 1.18 }));
const GAPS = points(96, (i) => ({
  value: (i > 20 && i < 34) || i === 60 || i > 88 ? null : wave(i),
}));
const ONE = points(1, () => ({ value: 0.512 }));
const YEAR = points(8_760, (i) => ({ value: wave(i / 20) * (i > 5_000 ? 900 : 300) }));
const ZERO = points(24, () => ({ value: 0 }));
const BROKEN: Point[] = [
  { at: START + 4 * HOUR, value: 1.1 },
  { at: START, value: 1.3 },
  { at: START + HOUR, value: NaN },
  { at: NaN, value: 1 },
  { at: START + 2 * HOUR, value: -4 },
  { at: START + 3 * HOUR, value: 1.2 },
  { at: START + 3 * HOUR, value: 0.9 },
];

const none = <Empty>No hashrate yet. The first hour draws the first point.</Empty>;
const asHashrate = (ths: number) => joined(hashrate(ths));

function chart(of: Point[]) {
  return (
    <Chart
      label="Hashrate"
      points={of}
      every={HOUR}
      format={asHashrate}
      empty={none}
      gap="offline"
    />
  );
}

const DAY = 24 * HOUR;
const SUMS = points(30, (i) => ({ value: (i * 37) % 11 === 0 ? 540 : (i * 7) % 19 }), DAY);
const onDay = (at: number) => date(new Date(at).toISOString(), START, "short");

function bars(of: Point[]) {
  const asXp = (n: number) => `${count(n)} XP`;
  return <Chart bars label="XP" points={of} every={DAY} format={asXp} when={onDay} empty={none} />;
}

export const chartPart: Part = {
  name: "chart",
  title: "Chart",
  use: "A line over time, from zero. Only the last point is ember.",
  specimens: [
    { state: "empty", show: () => chart([]) },
    { state: "one point", show: () => chart(ONE) },
    { state: "a week", show: () => chart(WEEK) },
    { state: "with a band", show: () => chart(BAND) },
    { state: "with gaps", show: () => chart(GAPS) },
    { state: "large: a year of hours", show: () => chart(YEAR) },
    { state: "nothing but zeros", show: () => chart(ZERO) },
    { state: "broken data", show: () => chart(BROKEN) },
    { state: "bars: sums of days", show: () => bars(SUMS) },
  ],
};
