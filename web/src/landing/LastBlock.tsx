import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { LastBlock as Block } from "../api/types";
import { AddressTile } from "../art";
import { BadgeTile } from "../badges/BadgeTile";
import { bitcoins, count, difficulty, joined, shortName } from "../format";
import { Address, Time } from "../ui/parts";
import "./last-block.css";

/** The block that was found here last, with the tile of who found it. */
export function LastBlock({ block }: { block: Block }) {
  const height = count(block.height);
  const worker = shortName(block.worker);
  const sdiff = joined(difficulty(block.sdiff));
  const facts = [
    block.reward_sats === null ? null : joined(bitcoins(block.reward_sats)),
    t`difficulty ${sdiff}`,
  ];
  return (
    <section className="panel span-12 last-block" id="last-block" aria-label={t`The last block`}>
      {block.seed ? (
        <AddressTile address={block.seed} size={72} />
      ) : (
        <BadgeTile
          slug="block_finder"
          category="mining"
          rarity="legendary"
          state="earned"
          size={72}
        />
      )}
      <div className="last-block-text">
        <h2>
          <Trans>Block {height} was found here</Trans>
        </h2>
        <p>
          {block.user ? (
            <Trans>
              By{" "}
              <Link to="/m/$address" params={{ address: block.user }} hash="blocks">
                <Address of={block.user} />
              </Link>{" "}
              with {worker}, <Time at={block.found_at} />
            </Trans>
          ) : (
            <Trans>
              By an unnamed miner, <Time at={block.found_at} />
            </Trans>
          )}
        </p>
      </div>
      <p className="last-block-facts tn">{facts.filter((fact) => fact !== null).join(" · ")}</p>
    </section>
  );
}
