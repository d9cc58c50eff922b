import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { PublicMiner } from "../api/types";
import { count, hashrate, joined, magnitude, percent } from "../format";
import { Chart } from "../ui/Chart";
import { Empty } from "../ui/Empty";
import { Figure, Panel } from "../ui/parts";
import { HOUR, sixHourMeans } from "./hours";
import "./hashrate.css";
import "./miner.css";

/** How fast this miner is, now and over the last week, and what that has come to. */
export function Hashrate({ miner }: { miner: PublicMiner }) {
  const { stats } = miner;
  const all = stats.shares_accepted + stats.shares_rejected;
  const rejected = percent(all > 0 ? (100 * stats.shares_rejected) / all : 0);
  return (
    <Panel title={t`Hashrate`} className="area-hashrate" id="hashrate" why="hashrate">
      <div className="hashrate-now">
        <Figure of={hashrate(stats.hashrate_ths_1h)} label={t`last hour`} />
        <Figure of={hashrate(stats.hashrate_ths_24h)} label={t`mean of 24 hours`} />
      </div>
      <Chart
        label={t`Hashrate`}
        points={sixHourMeans(miner.hashrate)}
        every={HOUR}
        format={(ths) => joined(hashrate(ths))}
        gap={t`offline`}
        empty={
          <Empty>
            <Trans>The chart begins after the first full hour.</Trans>
          </Empty>
        }
      />
      <p className="small hashrate-note">
        <Trans>
          All of it is estimated from the shares that arrived. An hour moves with luck, a day is
          calmer; the line is the mean of six hours.
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
