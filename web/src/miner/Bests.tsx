import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Best, PublicMiner } from "../api/types";
import { difficulty, hashesInWords, joined, shortName } from "../format";
import { Empty } from "../ui/Empty";
import { Figure, Panel, Time } from "../ui/parts";
import "./miner.css";

export function Bests({ bests }: { bests: PublicMiner["bests"] }) {
  const { alltime, month, week } = bests;
  return (
    <Panel title={t`Best ever`} className="area-bests" why="difficulty">
      {alltime ? (
        <>
          <Figure of={difficulty(alltime.sdiff)} />
          <Odds best={alltime} />
          <dl className="bests">
            <Row name={t`This month`} best={month} />
            <Row name={t`This week`} best={week} />
          </dl>
        </>
      ) : (
        <Empty>
          <Trans>No accepted share yet, so the first one will be the best.</Trans>
        </Empty>
      )}
    </Panel>
  );
}

function Odds({ best }: { best: Best }) {
  const worker = shortName(best.worker);
  const number = hashesInWords(best.sdiff);
  return (
    <p className="small">
      <Trans>
        <Time at={best.at} /> on {worker}
        <span className="bests-odds">, one in {number} hashes</span>
      </Trans>
    </p>
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
          t`none yet`
        )}
      </dd>
      <dd className="tn">{best ? joined(difficulty(best.sdiff)) : "–"}</dd>
    </div>
  );
}
