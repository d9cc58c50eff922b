import type { Network } from "../address";
import { wrongAddress } from "../address";
import { shortAddress } from "../format";
import { AddressField } from "../ui/AddressField";
import { CopyButton, LiveDot, Panel } from "../ui/parts";

/** Nobody has mined to this address yet. The page listens, and comes alive with the first share. */
export function NoShares({ address }: { address: string }) {
  const host = window.location.hostname;
  return (
    <>
      <Panel title="No shares yet" aside={<LiveDot />} className="span-7 no-shares">
        <p className="lead">The first one usually takes a few minutes.</p>
        <p>
          This is already your tile, drawn from your address. Leave the page open: it lights up by
          itself when the first share arrives, and the first badge comes with it.
        </p>
        <p className="small">
          If your miner has been running for an hour and this page is still dark, look at the
          address in its settings first. One wrong letter lights another tile.
        </p>
      </Panel>
      <Panel title="Point your miner here" className="span-5">
        <dl className="settings">
          <div>
            <dt>Pool</dt>
            <dd className="mono">{host}</dd>
          </div>
          <div>
            <dt>Port</dt>
            <dd className="mono">3333, unless your pool says otherwise</dd>
          </div>
          <div>
            <dt>User</dt>
            <dd>
              <span className="mono" title={address}>
                {shortAddress(address)}.kitchen
              </span>
              <CopyButton text={address} label="Copy address" />
            </dd>
          </div>
          <div>
            <dt>Password</dt>
            <dd className="mono">x</dd>
          </div>
        </dl>
        <p className="small">
          The user is your address, a dot, and a name for this one machine. Any name does.
        </p>
      </Panel>
    </>
  );
}

export function WrongAddress({ address, network }: { address: string; network: Network }) {
  return (
    <div className="page lone">
      <title>Not an address · The Bitcoin Game</title>
      <section className="panel">
        <h1>No such tile</h1>
        <p>{wrongAddress(network)}</p>
        <p className="small mono wrap">{address}</p>
        <AddressField look="hero" />
      </section>
    </div>
  );
}
