import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { statsQuery } from "../api/queries";
import type { PublicStats } from "../api/types";
import { AddressTile } from "../art";
import { count, difficulty, hashrate, joined, magnitude, type Quantity, shortAddress } from "../format";
import { usePoolLive } from "../live/hooks";
import { AddressField } from "../ui/AddressField";
import { BadgeTile } from "../badges/BadgeTile";
import { PoolFeed } from "../ui/FeedList";
import { Address, ErrorNotice, Figure, LiveDot, Panel, Skeleton, Time } from "../ui/parts";
import { Title } from "../shell/Pool";
import { Wall } from "./Wall";
import "./landing.css";

const FEED_LINES = 4;

export function LandingPage() {
  usePoolLive();
  const stats = useQuery(statsQuery);
  return (
    <>
      <Title />
      <div className="landing">
        <div className="landing-text">
          <h1>Small miner, warm room, honest score.</h1>
          <p className="lead">
            Paste the payout address your Bitaxe or NerdQAxe mines to. The shares it
            already sends become levels, a weekly streak and up to twenty badges.
          </p>
          <div id="find">
            <AddressField look="hero" />
          </div>
          <p className="small">
            No account needed. The page shows everybody what the pool knows about your
            miners: shares, names and devices. It needs only the address, and nobody can
            spend coins with that.
          </p>
        </div>
        <Wall tiles={stats.data?.wall ?? []} height={stats.data?.height ?? null} />
      </div>
      <div className="page grid">
        {stats.data ? (
          <Pool stats={stats.data} />
        ) : stats.isError ? (
          <section className="panel span-12" aria-label="The pool">
            <ErrorNotice
              error={stats.error}
              retry={() => void stats.refetch()}
              busy={stats.isFetching}
            />
          </section>
        ) : (
          <>
            <Panel title="The pool, now" className="span-7">
              <Skeleton lines={4} label="Loading the pool's numbers" />
            </Panel>
            <Panel title="Just now" className="span-5">
              <Skeleton lines={4} label="Loading the feed" />
            </Panel>
          </>
        )}
        <HowItWorks stats={stats.data} />
      </div>
    </>
  );
}

function Pool({ stats }: { stats: PublicStats }) {
  const best = stats.best_difficulty;
  const block = stats.last_block;
  return (
    <>
      <Panel title="The pool, now" aside={<LiveDot />} className="span-7 pool">
        <div className="pool-figures">
          <Figure of={hashrate(stats.hashrate_ths)} label="all miners, last hour" />
          <Figure
            of={difficulty(best?.sdiff ?? 0)}
            label={
              best ? (
                <>
                  best difficulty, by {best.user ? <Holder of={best.user} /> : "an unnamed miner"}
                </>
              ) : (
                "best difficulty, none yet"
              )
            }
          />
          <Figure
            of={whole(stats.blocks_found)}
            label={
              <>
                {block ? (
                  <>
                    {stats.blocks_found === 1 ? "block" : "blocks"} found, latest:{" "}
                    <Time at={block.found_at} />
                  </>
                ) : (
                  "blocks found so far. Any share can solve one"
                )}
                {stats.blocks_reported > 0 && (
                  <>
                    <br />
                    {count(stats.blocks_reported)} reported by the pool, not confirmed yet
                  </>
                )}
              </>
            }
          />
        </div>
        <dl className="pool-counts">
          <Count name="Miners" n={stats.miners} note={`${count(stats.miners_online)} online now`} />
          <Count name="Workers online" n={stats.workers_online} />
          <Count
            name="Shares"
            n={stats.shares_accepted}
            note={`${count(stats.shares_rejected)} rejected`}
          />
          <Count
            name="Badges earned"
            n={stats.badges_earned}
            note={`${joined(magnitude(stats.xp_granted))} XP granted`}
          />
        </dl>
      </Panel>
      <Panel title="Just now" aside={<LiveDot />} className="span-5 just-now" id="just-now">
        {stats.recent.length > 0 ? (
          <PoolFeed items={stats.recent.slice(0, FEED_LINES)} />
        ) : (
          <p className="empty">Nothing yet. The next level, badge or best appears here.</p>
        )}
      </Panel>
    </>
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
const EXAMPLES = ["one tile", "another tile", "a third tile"];

function HowItWorks({ stats }: { stats: PublicStats | undefined }) {
  const wall = stats?.wall.slice(0, 3) ?? [];
  const shown = wall.length === 3 ? wall : EXAMPLES.map((seed) => ({ seed, user: null }));
  const others = stats && stats.miners > 1 ? `the ${count(stats.miners)} others` : "the others";
  return (
    <>
      <Panel title="Every address is a tile" className="span-4 how" id="how">
        <p>
          Your tile is drawn from the address itself and looks the same on every screen.
          It hangs on the wall
          beside {others} and lights up while you mine.
        </p>
        <div className="how-row">
          {shown.map(({ seed, user }) => (
            <AddressTile
              key={seed}
              address={seed}
              size={104}
              {...(user === null ? {} : { title: `The tile of ${shortAddress(user)}` })}
            />
          ))}
        </div>
      </Panel>
      <Panel title="Lucky shares earn badges" className="span-4 how">
        <p>
          A share far above its target is rare and usually ends as a line in a log. Here
          it earns a badge, and the number stays on your page.
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
      <Panel title="One share a week keeps a streak" className="span-4 how">
        <p>
          No races against bigger machines. A week counts with its first share, and each
          week of a streak earns 25 XP when it closes on Sunday night, UTC.
        </p>
        <div className="how-row how-week" aria-hidden="true">
          {["high", "mid", "high", "mid", "low", "high", "now"].map((glow, i) => (
            <span key={i} className={`cell ${glow}`} />
          ))}
        </div>
      </Panel>
    </>
  );
}
