import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Network, wrongAddress } from "../address";
import { badgesQuery } from "../api/queries";
import { AddressField } from "../ui/AddressField";
import { BadgeTile } from "../badges/BadgeTile";
import { LiveDot, Panel } from "../ui/parts";
import { Title } from "../shell/Pool";
import { howTo } from "../badges/shelf";
import { Why } from "../ui/Why";
import { PointHere } from "./PointHere";
import "../badges/shelf.css";
import "./miner.css";

/** Nobody has mined to this address yet. The page listens, and comes alive with the first share. */
export function NoShares({ address }: { address: string }) {
  return (
    <>
      <Panel title={t`No shares yet`} aside={<LiveDot />} className="span-5 no-shares">
        <p className="lead">
          <Trans>The first one usually takes a few minutes.</Trans>
        </p>
        <p>
          <Trans>
            This is already your tile, drawn from your address. Leave the page open: it
            lights up when the first share arrives and earns the first badge.
          </Trans>
        </p>
        <Earns />
        <p className="small">
          <Trans>
            If your miner has been running for an hour and this page is still empty, check
            the address in its settings first. One wrong letter makes it another miner's.
          </Trans>
        </p>
      </Panel>
      <PointHere address={address} />
      <FirstBadges />
    </>
  );
}

/** What the first share brings, each with the rule behind it. */
function Earns() {
  const first = useQuery(badgesQuery).data?.badges.find(
    ({ trigger_type, threshold }) => trigger_type === "share_count" && threshold === 1,
  );
  const name = first?.name ?? "";
  const xp = first?.xp_reward ?? 0;
  return (
    <ul className="first-share">
      {first && (
        <li>
          <span>
            <Trans>
              It earns {name}, and <span className="xp tn">+{xp} XP</span>.
            </Trans>
          </span>
          <Why of="badges" />
        </li>
      )}
      <li>
        <span>
          <Trans>It starts your streak. One share a week keeps it.</Trans>
        </span>
        <Why of="streaks" />
      </li>
      <li>
        <span>
          <Trans>It is your best, until a luckier one comes.</Trans>
        </span>
        <Why of="difficulty" />
      </li>
    </ul>
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
        <p>{wrongAddress(address, network, true)}</p>
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
