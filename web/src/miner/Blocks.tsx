import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PublicMiner } from "../api/types";
import { bitcoins, count, difficulty, joined, shortAddress, shortName } from "../format";
import { Panel, Time } from "../ui/parts";
import { ShareMiner } from "./ShareMiner";
import "./blocks.css";

/** The blocks that this miner found: few will ever have one, so they come first. */
export function Blocks({ miner }: { miner: PublicMiner }) {
  const { blocks, handle } = miner;
  const name = shortAddress(handle);
  return (
    <Panel
      title={t`Blocks`}
      aside={
        <ShareMiner miner={miner} title={t`Blocks found by ${name}`} part="#blocks" plain />
      }
      className="span-12 area-blocks"
      id="blocks"
    >
      <ol className="blocks">
        {blocks.map((block) => (
          <li key={block.hash} className="blocks-one">
            <p className="blocks-height serif">{count(block.height)}</p>
            <dl className="blocks-facts">
              <div>
                <dt>
                  <Trans>Found</Trans>
                </dt>
                <dd>
                  <Time at={block.found_at} />
                </dd>
              </div>
              <div>
                <dt>
                  <Trans>Reward</Trans>
                </dt>
                <dd>
                  {block.reward_sats === null
                    ? t`not known`
                    : joined(bitcoins(block.reward_sats))}
                </dd>
              </div>
              <div>
                <dt>
                  <Trans>Difficulty of its share</Trans>
                </dt>
                <dd>{joined(difficulty(block.sdiff))}</dd>
              </div>
              <div>
                <dt>
                  <Trans>Worker</Trans>
                </dt>
                <dd title={block.worker}>{shortName(block.worker)}</dd>
              </div>
            </dl>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
