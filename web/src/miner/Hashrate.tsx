import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { PublicMiner } from "../api/types";
import { count, hashrate, joined, magnitude, percent } from "../format";
import { Figure, Panel } from "../ui/parts";
import "./hashrate.css";
import "./miner.css";

/** How fast this miner is, now and over the last week, and what that has come to. */
export function Hashrate({ miner }: { miner: PublicMiner }) {
  const { stats } = miner;
  const all = stats.shares_accepted + stats.shares_rejected;
  const rejected = percent(all > 0 ? (100 * stats.shares_rejected) / all : 0);
  return (
    <Panel title={t`Hashrate`} className="area-hashrate" id="hashrate">
      <div className="hashrate-now">
        <Figure of={hashrate(stats.hashrate_ths_1h)} label={t`last hour`} />
        <Figure of={hashrate(stats.hashrate_ths_24h)} label={t`mean of 24 hours`} />
      </div>
      <p className="small hashrate-note">
        <Trans>
          Both are estimated from the shares that arrived. The hour moves with luck; the day is
          calmer.
        </Trans>
      </p>
      <dl className="hashrate-sums">
        <Sum name={t`Shares accepted`}>{count(stats.shares_accepted)}</Sum>
        <Sum name={t`Rejected`}>
          {count(stats.shares_rejected)}
          {stats.shares_rejected > 0 && <span className="thin"> · {rejected}</span>}
        </Sum>
        <Sum name={t`Total work`}>{joined(magnitude(stats.work))}</Sum>
        <Sum name={t`Blocks found`}>{count(stats.blocks_found)}</Sum>
      </dl>
    </Panel>
  );
}

function Sum({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="small">{name}</dt>
      <dd className="tn">{children}</dd>
    </div>
  );
}
