import type { Best, PublicMiner } from "../api/types";
import { difficulty, hashesInWords, joined, shortName } from "../format";
import { Figure, Panel, Time } from "../ui/parts";

export function Bests({ bests, now }: { bests: PublicMiner["bests"]; now: number }) {
  const { alltime, month, week } = bests;
  return (
    <Panel title="Best ever" className="area-bests">
      {alltime ? (
        <>
          <Figure of={difficulty(alltime.sdiff)} />
          <p className="small">
            <Time at={alltime.at} now={now} /> on {shortName(alltime.worker)}
            <span className="bests-odds">, one in {hashesInWords(alltime.sdiff)} hashes</span>
          </p>
          <dl className="bests">
            <Row name="This month" best={month} now={now} />
            <Row name="This week" best={week} now={now} />
          </dl>
        </>
      ) : (
        <p className="empty">No accepted share yet, so the first one will be the best.</p>
      )}
    </Panel>
  );
}

function Row({ name, best, now }: { name: string; best: Best | null | undefined; now: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="small">
        {best ? (
          <>
            {shortName(best.worker)}, <Time at={best.at} now={now} />
          </>
        ) : (
          "none yet"
        )}
      </dd>
      <dd className="tn">{best ? joined(difficulty(best.sdiff)) : "–"}</dd>
    </div>
  );
}
