/** The drawing of a `Chart`: uPlot on a canvas. Loaded on its own; see `Chart`. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type Lines, type View, zoom } from "./series";
import { followFingers, LastTouch } from "./fingers";
import { useTheme } from "./hooks";
import { coloursOf, optionsOf, type Shown } from "./plot";
import "./chart.css";

interface Props extends Shown {
  whole: View;
  picked: number | null;
  onPick: (index: number | null) => void;
  onView: (view: View | null) => void;
}

function columns(lines: Lines): uPlot.AlignedData {
  return [lines.at, lines.value, lines.low, lines.high];
}

export default function ChartPlot(props: Props) {
  const { lines, view, picked } = props;
  const [from, to] = view;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  const theme = useTheme();
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const now = () => latest.current;
    const touch = new LastTouch();
    const colours = { current: coloursOf(place) };
    const u = new uPlot(
      optionsOf({
        ...{ place, colours, now, touch },
        onPick: (at) => now().onPick(at),
        onView: (next) => show(next),
      }),
      columns(now().lines),
      place,
    );
    const show = (next: View | null) => now().onView(next && fitting(next, now()));
    plot.current = u;
    const letGo = followFingers(u, {
      ...{ touch, show },
      view: () => now().view,
      whole: () => now().whole,
    });
    const sizes = new ResizeObserver(() =>
      u.setSize({ width: place.clientWidth, height: place.clientHeight }),
    );
    sizes.observe(place);
    // A canvas does not wait for its letters.
    void document.fonts.ready.then(() => plot.current === u && u.redraw(false, true));
    return () => {
      plot.current = undefined;
      sizes.disconnect();
      letGo();
      u.destroy();
    };
  }, [theme]);

  useEffect(() => {
    plot.current?.setData(columns(lines), false);
    plot.current?.setScale("x", { min: from, max: to });
  }, [lines, from, to, theme]);

  useEffect(() => {
    const u = plot.current;
    if (!u || u.cursor.idx === picked) return;
    const at = picked === null ? undefined : lines.at[picked];
    const left = at === undefined ? -10 : u.valToPos(at, "x");
    u.setCursor({ left, top: at === undefined ? -10 : u.bbox.height / 2 / uPlot.pxRatio }, false);
  }, [lines, picked, from, to, theme]);

  return <div className="chart-canvas" ref={box} aria-hidden="true" />;
}

/** No nearer than a few points, and within the whole. */
function fitting(next: View, { whole, every }: Props): View | null {
  const size = next[1] - next[0];
  const least = 4 * every;
  return zoom(next, whole, size < least ? least / size : 1, least);
}
