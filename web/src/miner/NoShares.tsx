import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
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
      <Panel title={t`No shares yet`} aside={<LiveDot />} className="span-7 no-shares">
        <p className="lead">
          <Trans>The first one usually takes a few minutes.</Trans>
        </p>
        <p>
          <Trans>
            This is already your tile, drawn from your address. Leave the page open: it
            lights up when the first share arrives and earns the first badge.
          </Trans>
        </p>
        <p className="small">
          <Trans>
            If your miner has been running for an hour and this page is still empty, check
            the address in its settings first. One wrong letter makes it another miner's.
          </Trans>
        </p>
      </Panel>
      <Panel title={t`Point your miner here`} className="span-5">
        <dl className="settings">
          <div>
            <dt>
              <Trans>Pool</Trans>
            </dt>
            <dd>
              <Trans>the stratum host and port of your pool</Trans>
            </dd>
          </div>
          <div>
            <dt>
              <Trans>User</Trans>
            </dt>
            <dd>
              <span className="mono" title={address}>
                {shortAddress(address)}.kitchen
              </span>
              <CopyButton text={address} label={t`Copy address`} />
            </dd>
          </div>
          <div>
            <dt>
              <Trans>Password</Trans>
            </dt>
            <dd>
              <Trans>anything, for instance x</Trans>
            </dd>
          </div>
        </dl>
        <p className="small">
          <Trans>
            The user is your address, a dot, and a name for this one machine. Any name
            works.
          </Trans>
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
    <Panel title={t`Badges to earn`} className="span-12">
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
      <Title of={t`Not an address`} />
      <section className="panel">
        <h1>
          <Trans>Not a valid address</Trans>
        </h1>
        <p>
          {looksRight(address, network)
            ? t`That address is not valid: a letter is missing, doubled or wrong.`
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
      <Title of={t`No miner by that name`} />
      <section className="panel">
        <h1>
          <Trans>No miner by that name</Trans>
        </h1>
        <p>
          <Trans>
            No miner is called {name}, or the page is not public. You can also search for a payout
            address.
          </Trans>
        </p>
        <AddressField look="hero" />
      </section>
    </div>
  );
}
