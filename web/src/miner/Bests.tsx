import type { Best, PublicMiner } from "../api/types";
import { difficulty, hashesInWords, joined, shortName } from "../format";
import { Figure, Panel, Time } from "../ui/parts";
import "./miner.css";

export function Bests({ bests }: { bests: PublicMiner["bests"] }) {
  const { alltime, month, week } = bests;
  return (
    <Panel title="Best ever" className="area-bests">
      {alltime ? (
        <>
          <Figure of={difficulty(alltime.sdiff)} />
          <p className="small">
            <Time at={alltime.at} /> on {shortName(alltime.worker)}
            <span className="bests-odds">, one in {hashesInWords(alltime.sdiff)} hashes</span>
          </p>
          <dl className="bests">
            <Row name="This month" best={month} />
            <Row name="This week" best={week} />
          </dl>
        </>
      ) : (
        <p className="empty">No accepted share yet, so the first one will be the best.</p>
      )}
    </Panel>
  );
}

function Row({ name, best }: { name: string; best: Best | null | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="small">
        {best ? (
          <>
            {shortName(best.worker)}, <Time at={best.at} />
          </>
        ) : (
          "none yet"
        )}
      </dd>
      <dd className="tn">{best ? joined(difficulty(best.sdiff)) : "–"}</dd>
    </div>
  );
}
