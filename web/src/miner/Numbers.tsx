import type { PublicMiner } from "../api/types";
import { count, hashrate, joined, magnitude, percent } from "../format";
import { Figure, Panel } from "../ui/parts";
import "./miner.css";

export function Numbers({ miner }: { miner: PublicMiner }) {
  const { stats } = miner;
  const all = stats.shares_accepted + stats.shares_rejected;
  const rejected = all > 0 ? (100 * stats.shares_rejected) / all : 0;
  return (
    <Panel title="Hashrate" aside="mean of 24 h" className="area-numbers">
      <Figure of={hashrate(stats.hashrate_ths_24h)} />
      <dl className="numbers">
        <div>
          <dt>Last hour</dt>
          <dd className="tn">{joined(hashrate(stats.hashrate_ths_1h))}</dd>
        </div>
        <div>
          <dt>Shares accepted</dt>
          <dd className="tn">{count(stats.shares_accepted)}</dd>
        </div>
        <div>
          <dt>Rejected</dt>
          <dd className="tn">
            {count(stats.shares_rejected)}
            {stats.shares_rejected > 0 && <span className="thin"> · {percent(rejected)}</span>}
          </dd>
        </div>
        <div>
          <dt>Total work</dt>
          <dd className="tn">{joined(magnitude(stats.work))}</dd>
        </div>
        <div>
          <dt>Blocks found</dt>
          <dd className="tn">{count(stats.blocks_found)}</dd>
        </div>
      </dl>
    </Panel>
  );
}
