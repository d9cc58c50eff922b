import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMe } from "../api/me";
import { configQuery, statsQuery } from "../api/queries";
import type { PublicStats } from "../api/types";
import { AddressTile } from "../art";
import { count, difficulty, hashrate, joined, magnitude, type Quantity, shortAddress } from "../format";
import { usePoolLive } from "../live/hooks";
import { AddressField } from "../ui/AddressField";
import { BadgeTile } from "../badges/BadgeTile";
import { Empty } from "../ui/Empty";
import { usePartInPlace } from "../ui/hooks";
import { PoolFeed } from "../ui/FeedList";
import { Address, CopyButton, ErrorNotice, Figure, LiveDot, Panel, Skeleton, Time } from "../ui/parts";
import { Title } from "../shell/Pool";
import { Why } from "../ui/Why";
import { LastBlock } from "./LastBlock";
import { OwnTile } from "./OwnTile";
import { Wall } from "./Wall";
import "./landing.css";

const FEED_LINES = 4;

export function LandingPage() {
  usePoolLive();
  const stats = useQuery(statsQuery);
  const me = useMe();
  usePartInPlace(stats.data !== undefined || stats.isError);
  return (
    <>
      <Title />
      <div className="landing">
        <div className="landing-text">
          <h1>
            <Trans>Small miner, warm room, honest score.</Trans>
          </h1>
          {me === null ? <Pitch /> : <OwnTile me={me} />}
        </div>
        <Wall tiles={stats.data?.wall ?? []} height={stats.data?.height ?? null} />
      </div>
      <div className="page grid">
        {stats.data ? (
          <Pool stats={stats.data} />
        ) : stats.isError ? (
          <section className="panel span-12" aria-label={t`The pool`}>
            <ErrorNotice
              error={stats.error}
              retry={() => void stats.refetch()}
              busy={stats.isFetching}
            />
          </section>
        ) : (
          <>
            <Panel title={t`The pool, now`} className="span-7">
              <Skeleton lines={4} label={t`Loading the pool's numbers`} />
            </Panel>
            <Panel title={t`Just now`} className="span-5">
              <Skeleton lines={4} label={t`Loading the feed`} />
            </Panel>
          </>
        )}
        <HowItWorks stats={stats.data} />
      </div>
    </>
  );
}

/** For visitors: what the page is about, and the field that leads to their own. */
function Pitch() {
  return (
    <>
      <p className="lead">
        <Trans>
          Paste the payout address your Bitaxe or NerdQAxe mines to. The shares it
          already sends become levels, a weekly streak and up to twenty badges.
        </Trans>
      </p>
      <div id="find">
        <AddressField look="hero" />
      </div>
      <p className="small">
        <Trans>
          No account needed. The page shows everybody what the pool knows about your
          miners: shares, names and devices. It needs only the address, and nobody can
          spend coins with that.
        </Trans>
      </p>
    </>
  );
}

function Pool({ stats }: { stats: PublicStats }) {
  const best = stats.best_difficulty;
  const block = stats.last_block;
  const online = count(stats.miners_online);
  const rejected = count(stats.shares_rejected);
  const xp = joined(magnitude(stats.xp_granted));
  return (
    <>
      {block && <LastBlock block={block} />}
      <Panel title={t`The pool, now`} aside={<LiveDot />} className="span-7 pool">
        <div className="pool-figures">
          <Figure
            of={hashrate(stats.hashrate_ths)}
            label={
              <>
                {t`all miners, last hour`}
                <Why of="hashrate" />
              </>
            }
          />
          <Figure
            of={difficulty(best?.sdiff ?? 0)}
            label={
              <>
                {!best ? (
                  t`best difficulty, none yet`
                ) : best.user ? (
                  <Trans>
                    best difficulty, by <Holder of={best.user} />
                  </Trans>
                ) : (
                  t`best difficulty, by an unnamed miner`
                )}
                <Why of="difficulty" />
              </>
            }
          />
          <Figure
            of={whole(stats.blocks_found)}
            label={
              <>
                {block ? (
                  <>
                    {plural(stats.blocks_found, {
                      one: "block found, latest:",
                      other: "blocks found, latest:",
                    })}{" "}
                    <Time at={block.found_at} />
                  </>
                ) : (
                  t`blocks found so far. Any share can solve one`
                )}
                {stats.blocks_reported > 0 && (
                  <>
                    <br />
                    {plural(stats.blocks_reported, {
                      other: "# reported by the pool, not confirmed yet",
                    })}
                    <Why of="reported" />
                  </>
                )}
              </>
            }
          />
        </div>
        <dl className="pool-counts">
          <Count name={t`Miners`} n={stats.miners} note={t`${online} online now`} />
          <Count name={t`Workers online`} n={stats.workers_online} />
          <Count
            name={t`Shares`}
            n={stats.shares_accepted}
            note={t`${rejected} rejected`}
          />
          <Count
            name={t`Badges earned`}
            n={stats.badges_earned}
            note={t`${xp} XP granted`}
          />
        </dl>
        <MineHere />
      </Panel>
      <Panel title={t`Just now`} aside={<LiveDot />} className="span-5 just-now" id="just-now">
        {stats.recent.length > 0 ? (
          <PoolFeed items={stats.recent.slice(0, FEED_LINES)} />
        ) : (
          <Empty>
            <Trans>Nothing yet. The next level, badge or best appears here.</Trans>
          </Empty>
        )}
      </Panel>
    </>
  );
}

/** Where miners reach the pool, as far as its operator has said so. */
function MineHere() {
  const url = useQuery(configQuery).data?.stratum;
  if (!url) return null;
  return (
    <p className="pool-here small">
      <span>
        <Trans>
          Mine here: <span className="mono wrap">{url}</span>
        </Trans>
      </span>
      <CopyButton text={url} label={t`Copy`} spoken={t`Copy ${url}`} />
    </p>
  );
}

function Holder({ of }: { of: string }) {
  return (
    <Link to="/m/$address" params={{ address: of }}>
      <Address of={of} />
    </Link>
  );
}

function whole(n: number): Quantity {
  return { value: count(n), unit: "" };
}

function Count({ name, n, note }: { name: string; n: number; note?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="tn">{n < 1e7 ? count(n) : joined(magnitude(n))}</dd>
      {note && <dd className="small">{note}</dd>}
    </div>
  );
}

/** Addresses that nobody owns, for the picture only, until the wall has three of its own. */
const EXAMPLES = ["tile-1", "tile-2", "tile-3"];

function tileOf(user: string): string {
  const name = shortAddress(user);
  return t`The tile of ${name}`;
}

function HowItWorks({ stats }: { stats: PublicStats | undefined }) {
  const wall = stats?.wall.slice(0, 3) ?? [];
  const shown = wall.length === 3 ? wall : EXAMPLES.map((seed) => ({ seed, user: null }));
  const miners = stats?.miners ?? 0;
  return (
    <>
      <Panel title={t`Every address is a tile`} className="span-4 how" id="how">
        <p>
          <Trans>
            Your tile is drawn from the address itself and looks the same on every screen. It
            lights up while you mine.
          </Trans>{" "}
          {miners > 1 &&
            plural(miners, { other: "It hangs on the wall beside # others." })}
        </p>
        <div className="how-row">
          {shown.map(({ seed, user }) => (
            <AddressTile
              key={seed}
              address={seed}
              size={104}
              {...(user === null ? {} : { title: tileOf(user) })}
            />
          ))}
        </div>
      </Panel>
      <Panel title={t`Lucky shares earn badges`} className="span-4 how">
        <p>
          <Trans>
            A share far above its target is rare and usually ends as a line in a log. Here it
            earns a badge, and the number stays on your page.
          </Trans>
        </p>
        <div className="how-row">
          <BadgeTile slug="diff_1e9" category="mining" rarity="rare" state="earned" size={88} />
          <BadgeTile
            slug="block_finder"
            category="mining"
            rarity="legendary"
            state="earned"
            size={88}
          />
          <BadgeTile
            slug="streak_52"
            category="streak"
            rarity="legendary"
            state="progress"
            progress={0.5}
            size={88}
          />
        </div>
      </Panel>
      <Panel title={t`One share a week keeps a streak`} className="span-4 how">
        <p>
          <Trans>
            No races against bigger machines. A week counts with its first share, and each week
            of a streak earns 25 XP when it closes on Sunday night, UTC.
          </Trans>
        </p>
        <div className="how-row how-week" aria-hidden="true">
          {["high", "mid", "high", "mid", "low", "high", "now"].map((glow, i) => (
            <span key={i} className={`cell ${glow}`} />
          ))}
        </div>
      </Panel>
      <p className="how-more">
        <Link to="/how-it-works" className="button quiet">
          <Trans>How it works, with this pool's numbers</Trans>
        </Link>
      </p>
    </>
  );
}
