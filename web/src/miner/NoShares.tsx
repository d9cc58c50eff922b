import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { looksRight, type Network, wrongAddress } from "../address";
import { badgesQuery } from "../api/queries";
import { shortAddress } from "../format";
import { AddressField } from "../ui/AddressField";
import { BadgeTile } from "../badges/BadgeTile";
import { CopyButton, LiveDot, Panel } from "../ui/parts";
import { Title } from "../shell/Pool";
import { howTo } from "../badges/shelf";
import "../badges/shelf.css";
import "./miner.css";

/** Nobody has mined to this address yet. The page listens, and comes alive with the first share. */
export function NoShares({ address }: { address: string }) {
  return (
    <>
      <Panel title="No shares yet" aside={<LiveDot />} className="span-7 no-shares">
        <p className="lead">The first one usually takes a few minutes.</p>
        <p>
          This is already your tile, drawn from your address. Leave the page open: it
          lights up when the first share arrives and earns the first badge.
        </p>
        <p className="small">
          If your miner has been running for an hour and this page is still empty, check
          the address in its settings first. One wrong letter makes it another miner's.
        </p>
      </Panel>
      <Panel title="Point your miner here" className="span-5">
        <dl className="settings">
          <div>
            <dt>Pool</dt>
            <dd>the stratum host and port of your pool</dd>
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
            <dd>anything, for instance x</dd>
          </div>
        </dl>
        <p className="small">
          The user is your address, a dot, and a name for this one machine. Any name
          works.
        </p>
      </Panel>
      <FirstBadges />
    </>
  );
}

const SHOWN = 9;

/** Raw clay for now: the badges that are nearest for someone who begins. */
function FirstBadges() {
  const badges = useQuery(badgesQuery).data?.badges ?? [];
  const nearest = badges
    .filter((badge) => badge.threshold !== null)
    .sort((a, b) => a.xp_reward - b.xp_reward || a.sort_order - b.sort_order)
    .slice(0, SHOWN);
  if (nearest.length === 0) return null;
  return (
    <Panel title="Badges to earn" className="span-12">
      <ul className="shelf">
        {nearest.map((badge) => (
          <li key={badge.slug}>
            <Link
              to="/badges/$slug"
              params={{ slug: badge.slug }}
              className="shelf-place plain"
              data-shelf={badge.slug}
            >
              <BadgeTile {...badge} state="locked" size={88} />
              <span className="shelf-name serif">{badge.name}</span>
              <span className="small shelf-under">{howTo(badge)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function WrongAddress({ address, network }: { address: string; network: Network }) {
  return (
    <div className="page lone">
      <Title of="Not an address" />
      <section className="panel">
        <h1>Not a valid address</h1>
        <p>
          {looksRight(address, network)
            ? "That address is not valid: a letter is missing, doubled or wrong."
            : wrongAddress(network)}
        </p>
        <p className="small mono wrap">{address}</p>
        <AddressField look="hero" />
      </section>
    </div>
  );
}

export function NoSuchName({ name }: { name: string }) {
  return (
    <div className="page lone">
      <Title of="No miner by that name" />
      <section className="panel">
        <h1>No miner by that name</h1>
        <p>
          No miner is called {name}, or the page is not public. You can also search for a payout
          address.
        </p>
        <AddressField look="hero" />
      </section>
    </div>
  );
}
