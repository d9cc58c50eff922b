import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type KeyboardEvent, lazy, type ReactNode, Suspense } from "react";
import { useId, useMemo, useState } from "react";
import { Icon, type IconName } from "../art";
import { clock, count, date } from "../format";
import { lay, type Lines, newest, type Point, showing, thin } from "./series";
import { type View, wholeOf, zoom } from "./series";
import { useNow } from "./clock";
import "./chart.css";

/** The drawing is fetched when there is something to draw; without it, the table says it all. */
const ChartPlot = lazy(() => import("./ChartPlot").catch(() => ({ default: NoPlot })));

interface Props {
  /** What is measured: "Hashrate". */
  label: string;
  points: readonly Point[];
  /** The time from one point to the next, in ms; where it is longer, the line breaks. */
  every: number;
  /** A value with its unit, as it stands on the axis and in the reading. */
  format: (value: number) => string;
  /** In place of the chart while there is no value: an `Empty`. */
  empty: ReactNode;
  /** What a gap means, written on the axis: "offline". */
  gap?: string;
  /** How a moment is read; by its day and hour if nothing else is said. */
  when?: (at: number) => string;
  /** A bar for each value instead of a line, where each is a sum of its own. */
  bars?: boolean;
}

/** So many points remain in sight when one has zoomed in as far as it goes. */
const NEAREST = 4;

/** A line or bars over time. The axis starts at zero, so that noise looks as small as it is. */
export function Chart(props: Props) {
  const { label, points, every, format, empty, gap = t`no value`, bars = false } = props;
  const when = useWhen(props.when);
  const lines = useMemo(() => lay(points, every), [points, every]);
  const [view, setView] = useState<View | null>(null);
  const [picked, setPicked] = useState<number | null>(null);
  const keys = useId();
  const reading = useReading(lines, format, gap, when);
  const last = newest(lines);
  if (last < 0) return empty;

  const whole = wholeOf(lines, every);
  // A chart that has got other points since shows what it can of the view.
  const kept = view && view[0] >= whole[0] && view[1] <= whole[1] ? view : null;
  const at = picked !== null && picked < lines.at.length ? picked : last;
  const nearer = (factor: number) =>
    setView(zoom(kept ?? whole, whole, factor, NEAREST * every, lines.at[at]));
  const pick = (index: number) => {
    const next = Math.max(0, Math.min(lines.at.length - 1, index));
    setPicked(next);
    if (kept) setView(showing(kept, whole, lines.at[next] ?? 0));
  };

  function onKeyDown(event: KeyboardEvent) {
    const end = lines.at.length - 1;
    if (keyed(event, { at, end, pick, nearer, all: () => setView(null) })) event.preventDefault();
  }

  const bounded = lines.low.some((low) => low !== null);
  const small = whole[1] - whole[0] <= NEAREST * every;
  return (
    <div className={bounded ? "chart bounded" : "chart"}>
      <div className="chart-head">
        <p className="chart-reading">{reading(at)}</p>
        <div className="chart-buttons" role="group" aria-label={t`Zoom ${label}`}>
          <ZoomButton icon="minus" label={t`Zoom out`} off={!kept} act={() => nearer(2)} />
          <ZoomButton icon="plus" label={t`Zoom in`} off={small} act={() => nearer(0.5)} />
          <ZoomButton icon="whole" label={t`Show all`} off={!kept} act={() => setView(null)} />
        </div>
      </div>
      <div
        className="chart-plot"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-describedby={keys}
        aria-valuemin={0}
        aria-valuemax={lines.at.length - 1}
        aria-valuenow={at}
        aria-valuetext={reading(at)}
        onKeyDown={onKeyDown}
      >
        <Suspense fallback={null}>
          <ChartPlot
            {...{ lines, format, every, gap, picked, whole, bars }}
            view={kept ?? whole}
            onPick={setPicked}
            onView={setView}
          />
        </Suspense>
      </div>
      <p className="sr-only" id={keys}>
        <Trans>Arrow keys read one value after the other; plus and minus zoom, 0 shows all.</Trans>
      </p>
      <Values {...{ label, lines, format, gap, when }} />
    </div>
  );
}

interface Keyed {
  at: number;
  end: number;
  pick: (index: number) => void;
  nearer: (factor: number) => void;
  all: () => void;
}

/** What a key does in the chart; false for keys that do nothing here. */
function keyed({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, does: Keyed): boolean {
  if (ctrlKey || metaKey || altKey) return false; // The browser zooms and goes back with these.
  const { at, end, pick, nearer, all } = does;
  const acts: Record<string, () => void> = {
    ArrowLeft: () => pick(at - 1),
    ArrowRight: () => pick(at + 1),
    ArrowDown: () => pick(at - 1),
    ArrowUp: () => pick(at + 1),
    PageDown: () => pick(at - 10),
    PageUp: () => pick(at + 10),
    Home: () => pick(0),
    End: () => pick(end),
    "+": () => nearer(0.5),
    "=": () => nearer(0.5),
    "-": () => nearer(2),
    "0": all,
  };
  acts[key]?.();
  return key in acts;
}

interface ZoomButtonProps {
  icon: IconName;
  label: string;
  off: boolean;
  act: () => void;
}

/** Stays in reach when it has nothing to do, so that the focus is not lost. */
function ZoomButton({ icon, label, off, act }: ZoomButtonProps) {
  return (
    <button
      type="button"
      className="icon-button chart-button"
      aria-label={label}
      aria-disabled={off || undefined}
      onClick={() => !off && act()}
    >
      <Icon name={icon} size={20} />
    </button>
  );
}

type When = NonNullable<Props["when"]>;

/** "23 Nov 18:00", unless the chart knows better. */
function useWhen(own: Props["when"]): When {
  const now = useNow(60_000);
  return (
    own ??
    ((at) => {
      const iso = new Date(at).toISOString();
      return `${date(iso, now, "short")} ${clock(iso)}`;
    })
  );
}

/** "23 Nov 18:00: 1.21 TH/s, between 1.10 TH/s and 1.32 TH/s". */
function useReading(lines: Lines, format: Props["format"], gap: string, when: When) {
  return (index: number): string => {
    const time = when(lines.at[index] ?? 0);
    const value = lines.value[index] ?? null;
    if (value === null) return t`${time}: ${gap}`;
    const said = format(value);
    const low = lines.low[index] ?? null;
    const high = lines.high[index] ?? null;
    if (low === null || high === null) return t`${time}: ${said}`;
    const least = format(low);
    const most = format(high);
    return t`${time}: ${said}, between ${least} and ${most}`;
  };
}

/** More rows than that nobody listens to. */
const MOST_ROWS = 200;

/** The same as a table, for those who do not see the line. */
function Values(props: Pick<Props, "label" | "format"> & ValuesProps) {
  const { label, lines, format, gap, when } = props;
  const bounded = lines.low.some((low) => low !== null);
  const rows = thin(Array.from(lines.at.keys()), MOST_ROWS);
  const cell = (n: number | null = null) => (n === null ? "–" : format(n));
  const shown = count(rows.length);
  const total = count(lines.at.length);
  return (
    <div className="sr-only">
      <table>
        <caption>
          {rows.length < lines.at.length ? t`${label}, ${shown} of ${total} values` : label}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t`Time`}</th>
            <th scope="col">{label}</th>
            {bounded && <th scope="col">{t`At least`}</th>}
            {bounded && <th scope="col">{t`At most`}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => {
            const at = lines.at[i] ?? 0;
            return (
              <tr key={at}>
                <th scope="row">{when(at)}</th>
                <td>{lines.value[i] === null ? gap : cell(lines.value[i])}</td>
                {bounded && <td>{cell(lines.low[i])}</td>}
                {bounded && <td>{cell(lines.high[i])}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface ValuesProps {
  lines: Lines;
  gap: string;
  when: When;
}

function NoPlot() {
  return (
    <p className="chart-missing" role="status">
      <Trans>The chart could not be loaded. Reload the page to see it.</Trans>
    </p>
  );
}
