import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMemo, useState } from "react";
import type { RewardSummary } from "../api/rewards";
import { count, date } from "../format";
import { useNow } from "../ui/clock";
import { Chart } from "../ui/Chart";
import { Empty } from "../ui/Empty";
import { bySource, DAY, dayPoints, WEEK, weekPoints } from "./xp";
import { sourceName } from "./why";
import "./xp-page.css";

type Span = "days" | "weeks";

/** XP as bars, by day or week, from everything or from one source; the sources are the legend. */
export function XpChart({ summary }: { summary: RewardSummary }) {
  const [span, setSpan] = useState<Span>("days");
  const [source, setSource] = useState("");
  const now = useNow(60_000);
  const points = useMemo(
    () => (span === "days" ? dayPoints : weekPoints)(summary, source),
    [summary, span, source],
  );
  const sums = bySource(summary[span]);
  const none = (
    <Empty>
      {span === "days"
        ? t`No XP in the last 30 days. 100 accepted shares are the next one.`
        : t`No XP in the last 12 weeks. 100 accepted shares are the next one.`}
    </Empty>
  );
  const when = (at: number) => {
    const day = date(new Date(at).toISOString(), now, "short");
    return span === "days" ? day : t`Week of ${day}`;
  };
  return (
    <>
      <div className="xp-spans" role="group" aria-label={t`By day or week`}>
        {(["days", "weeks"] as const).map((one) => (
          <button
            key={one}
            type="button"
            className="xp-span"
            aria-pressed={span === one}
            onClick={() => setSpan(one)}
          >
            {one === "days" ? t`30 days` : t`12 weeks`}
          </button>
        ))}
      </div>
      {sums.length === 0 ? (
        none
      ) : (
        <div className="xp-parts">
          <Chart
            key={span}
            bars
            label={source === "" ? t`XP` : sourceName(source)}
            points={points}
            every={span === "days" ? DAY : WEEK}
            format={inXp}
            when={when}
            empty={none}
          />
          <Sources sums={sums} source={source} onChange={setSource} />
        </div>
      )}
    </>
  );
}

function inXp(xp: number): string {
  const amount = count(xp);
  return t`${amount} XP`;
}

interface SourcesProps {
  sums: [string, number][];
  source: string;
  onChange: (source: string) => void;
}

function Sources({ sums, source, onChange }: SourcesProps) {
  const all = sums.reduce((sum, [, xp]) => sum + xp, 0);
  const rows: [string, string, number][] = [
    ["", t`Everything`, all],
    ...sums.map(([one, xp]): [string, string, number] => [one, sourceName(one), xp]),
  ];
  return (
    <div>
      <p className="small" id="xp-sources">
        <Trans>Where it came from</Trans>
      </p>
      <ul className="xp-sources" aria-labelledby="xp-sources">
        {rows.map(([one, name, xp]) => (
          <li key={one}>
            <button
              type="button"
              aria-pressed={source === one}
              className="xp-source"
              onClick={() => onChange(one)}
            >
              <span>{name}</span>
              <span className={xp < 0 ? "tn xp-taken" : "tn xp"}>{inXp(xp)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
