import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PublicMiner } from "../api/types";
import { count, hashrate, joined, magnitude, percent } from "../format";
import { Figure, Panel } from "../ui/parts";
import "./miner.css";

export function Numbers({ miner }: { miner: PublicMiner }) {
  const { stats } = miner;
  const all = stats.shares_accepted + stats.shares_rejected;
  const rejected = all > 0 ? (100 * stats.shares_rejected) / all : 0;
  return (
    <Panel title={t`Hashrate`} aside={t`mean of 24 h`} className="area-numbers">
      <Figure of={hashrate(stats.hashrate_ths_24h)} />
      <dl className="numbers">
        <div>
          <dt>
            <Trans>Last hour</Trans>
          </dt>
          <dd className="tn">{joined(hashrate(stats.hashrate_ths_1h))}</dd>
        </div>
        <div>
          <dt>
            <Trans>Shares accepted</Trans>
          </dt>
          <dd className="tn">{count(stats.shares_accepted)}</dd>
        </div>
        <div>
          <dt>
            <Trans>Rejected</Trans>
          </dt>
          <dd className="tn">
            {count(stats.shares_rejected)}
            {stats.shares_rejected > 0 && <span className="thin"> · {percent(rejected)}</span>}
          </dd>
        </div>
        <div>
          <dt>
            <Trans>Total work</Trans>
          </dt>
          <dd className="tn">{joined(magnitude(stats.work))}</dd>
        </div>
        <div>
          <dt>
            <Trans>Blocks found</Trans>
          </dt>
          <dd className="tn">{count(stats.blocks_found)}</dd>
        </div>
      </dl>
    </Panel>
  );
}
