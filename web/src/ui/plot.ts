/** How a `Chart` is drawn: scales, axes, line, band, gaps and the last point. */
import uPlot from "uplot";
import { clock } from "../format";
import { LOCALE } from "../messages";
import { type Lines, newest, type View } from "./series";
import type { LastTouch } from "./fingers";

export interface Shown {
  lines: Lines;
  view: View;
  format: (value: number) => string;
  gap: string;
  every: number;
  bars: boolean;
}

export interface Colours {
  line: string;
  band: string;
  end: string;
  gap: string;
  text: string;
  rule: string;
  tile: string;
  font: string;
}

interface Given {
  place: HTMLElement;
  colours: { current: Colours };
  now: () => Shown;
  onPick: (index: number | null) => void;
  onView: (view: View | null) => void;
  touch: LastTouch;
}

const DAY = 86_400_000;
const MONTH = 28 * DAY;

/** The colours of the theme, as chart.css names them: a canvas knows no variables. */
export function coloursOf(place: HTMLElement): Colours {
  const style = getComputedStyle(place);
  const of = (name: string) => style.getPropertyValue(`--chart-${name}`).trim();
  return {
    line: of("line"),
    band: of("band"),
    end: of("end"),
    gap: of("gap"),
    text: of("text"),
    rule: of("rule"),
    tile: of("tile"),
    font: `500 14px ${style.fontFamily}`,
  };
}

export function optionsOf({ place, colours, now, onPick, onView, touch }: Given): uPlot.Options {
  const its = () => colours.current;
  const byMouse: uPlot.Cursor.MouseListenerFactory = (_u, _target, handle) => (event) =>
    touch.isRecent() ? null : handle(event);
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    ms: 1,
    legend: { show: false },
    padding: [10, 22, 0, 0],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 8 },
      points: { size: 10, width: 2, fill: () => its().tile, stroke: () => its().line },
      bind: {
        dblclick: () => () => (onView(null), null),
        mousedown: byMouse,
        mousemove: byMouse,
        mouseleave: byMouse,
      },
    },
    scales: {
      x: { time: true, range: () => inView(now()) },
      // From zero, whatever is in view.
      y: { range: (_u, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [timeAxis(its), valueAxis(its, now)],
    series: [
      {},
      {
        stroke: () => its().line,
        width: 2,
        points: { show: false },
        ...(now().bars && { paths: () => null }),
      },
      { width: 0, points: { show: false } },
      { width: 0, points: { show: false } },
    ],
    bands: [{ series: [3, 2], fill: () => its().band }],
    hooks: {
      draw: [
        (u) => drawGaps(u, now(), its()),
        (u) => (now().bars ? drawBars : drawLine)(u, now(), its()),
      ],
      setCursor: [(u) => onPick(u.cursor.idx ?? null)],
      setSelect: [(u) => onView(selected(u))],
    },
  };
}

/** With room at the ends for half a bar. */
function inView({ view: [from, to], every, bars }: Shown): [number, number] {
  const room = bars ? every / 2 : 0;
  return [from - room, to + room];
}

function timeAxis(its: () => Colours): uPlot.Axis {
  return {
    font: its().font,
    stroke: () => its().text,
    space: 74,
    grid: { show: false },
    ticks: { stroke: () => its().rule, width: 1, size: 6 },
    values: (_u, splits, _axis, _space, step) => splits.map((at) => moment(new Date(at), step)),
  };
}

/** As little of a moment as tells it from its neighbours. */
function moment(at: Date, step: number): string {
  if (step >= MONTH) {
    const january = at.getMonth() === 0;
    return at.toLocaleDateString(LOCALE, january ? { year: "numeric" } : { month: "short" });
  }
  const midnight = at.getHours() === 0 && at.getMinutes() === 0;
  if (step < DAY && !midnight) return clock(at.toISOString());
  return at.toLocaleDateString(LOCALE, { day: "numeric", month: "short" });
}

function valueAxis(its: () => Colours, now: () => Shown): uPlot.Axis {
  return {
    font: its().font,
    stroke: () => its().text,
    space: 36,
    gap: 8,
    grid: { stroke: () => its().rule, width: 1 },
    ticks: { show: false },
    values: (_u, splits) => splits.map((value) => (value === 0 ? "0" : now().format(value))),
    size: (u, values) => {
      u.ctx.font = its().font;
      const widths = (values ?? []).map((text) => u.ctx.measureText(text).width);
      return Math.ceil(Math.max(0, ...widths)) + 12;
    },
  };
}

/** What was dragged over with the mouse. */
function selected(u: uPlot): View | null {
  const { left, width } = u.select;
  const view: View = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  return view;
}

function dot(u: uPlot, lines: Lines, index: number, radius: number, colour: string) {
  const at = lines.at[index] ?? NaN;
  const { min = 0, max = 0 } = u.scales.x ?? {};
  if (at < min || at > max) return;
  u.ctx.save();
  u.ctx.fillStyle = colour;
  u.ctx.beginPath();
  const x = u.valToPos(at, "x", true);
  u.ctx.arc(x, u.valToPos(lines.value[index] ?? 0, "y", true), radius * uPlot.pxRatio, 0, 7);
  u.ctx.fill();
  u.ctx.restore();
}

function drawLine(u: uPlot, shown: Shown, colours: Colours) {
  drawLonely(u, shown, colours);
  drawEnd(u, shown, colours);
}

/** Bars from zero; the last one is still growing. */
function drawBars(u: uPlot, { lines, every }: Shown, { line, end }: Colours) {
  const { ctx, bbox } = u;
  const wide = Math.max(1, 0.72 * (u.valToPos(every, "x", true) - u.valToPos(0, "x", true)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  lines.value.forEach((value, i) => {
    if (value === null) return;
    const top = u.valToPos(value, "y", true);
    ctx.fillStyle = i === newest(lines) ? end : line;
    const left = u.valToPos(lines.at[i] ?? 0, "x", true) - wide / 2;
    ctx.fillRect(left, top, wide, bbox.top + bbox.height - top);
  });
  ctx.restore();
}

/** A value between two gaps has no line; it is a dot. */
function drawLonely(u: uPlot, { lines }: Shown, { line }: Colours) {
  lines.value.forEach((value, i) => {
    const alone = (lines.value[i - 1] ?? null) === null && (lines.value[i + 1] ?? null) === null;
    if (value !== null && alone) dot(u, lines, i, 2.5, line);
  });
}

/** Only the last point is ember: it is the one that is alive. */
function drawEnd(u: uPlot, { lines }: Shown, { end }: Colours) {
  dot(u, lines, newest(lines), 5, end);
}

/** A bar on the axis and, where there is room for it, the word. */
function drawGaps(u: uPlot, { lines, gap }: Shown, colours: Colours) {
  const { ctx, bbox } = u;
  const px = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colours.gap;
  ctx.font = colours.font.replace("14px", `${14 * px}px`);
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  for (const [from, to] of lines.gaps) {
    const left = Math.max(bbox.left, u.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(to, "x", true));
    if (right <= left) continue;
    const bottom = bbox.top + bbox.height;
    ctx.fillRect(left, bottom - 4 * px, right - left, 4 * px);
    if (ctx.measureText(gap).width + 8 * px < right - left) {
      ctx.fillText(gap, (left + right) / 2, bottom - 7 * px);
    }
  }
  ctx.restore();
}
