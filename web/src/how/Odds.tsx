import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { Badge, PublicStats } from "../api/types";
import { count, difficulty, hashesInWords, hashrate, joined, magnitude } from "../format";
import { Panel } from "../ui/parts";
import { type Column, Table } from "../ui/Table";
import { EXAMPLE_THS, oneIn, secondsFor } from "../rules";
import { many, span } from "./words";
import "./how.css";

/** The mean difficulty of this pool's shares; null before the first. */
function meanOf(stats: PublicStats): number | null {
  return stats.shares_accepted > 0 ? stats.work / stats.shares_accepted : null;
}

export function Difficulty({ stats }: { stats: PublicStats }) {
  const best = stats.best_difficulty;
  const record = best && joined(difficulty(best.sdiff));
  const rare = best && hashesInWords(best.sdiff);
  const hashes = hashesInWords(1);
  return (
    <Panel title={t`Difficulty`} id="difficulty" className="span-5 how-panel">
      <p>
        <Trans>
          A hash is a lottery number. Its difficulty says how rare it is: one of difficulty 1 turns
          up once in {hashes} hashes, one of difficulty 1,000 a thousand times less often.
        </Trans>
      </p>
      <p>
        <Trans>
          The pool asks for shares of a certain difficulty, so that a few come every minute. Some
          turn out far better than asked, by luck alone. The best of them is your best.
        </Trans>
      </p>
      {record && (
        <p>
          <Trans>
            The best share this pool has seen is <span className="tn">{record}</span>: one in{" "}
            {rare} hashes.
          </Trans>
        </p>
      )}
      <p>
        <Trans>
          A share that is as difficult as the Bitcoin network asks is a block. Any share can be that
          one.
        </Trans>
      </p>
    </Panel>
  );
}

export function Odds({ badges, stats }: { badges: Badge[]; stats: PublicStats }) {
  const marks = badges
    .filter((badge) => badge.trigger_type === "best_diff" && badge.threshold !== null)
    .sort((a, b) => (a.threshold ?? 0) - (b.threshold ?? 0));
  const mean = meanOf(stats);
  const asked = mean && joined(magnitude(mean));
  return (
    <Panel title={t`Odds`} id="odds" className="span-7 how-panel">
      <p>
        <Trans>
          Ten times the difficulty is ten times as rare. This is how long a Bitaxe of{" "}
          {EXAMPLE_THS} TH/s waits, on average, for a share of a given difficulty.
        </Trans>
      </p>
      <Table
        label={t`Odds of a share`}
        columns={columns(mean)}
        rows={marks}
        keyOf={({ slug }) => slug}
        empty={null}
      />
      {asked && (
        <p className="small">
          <Trans>
            “One share in” counts shares of this pool, whose difficulty is {asked} on average.
          </Trans>
        </p>
      )}
      <BlockOdds of={networkDifficulty(stats)} />
      <p>
        <Trans>
          Luck has no memory. After a long wait the next share is as likely as it was on the first
          day, and so is a block.
        </Trans>
      </p>
    </Panel>
  );
}

function columns(mean: number | null): [Column<Badge>, ...Column<Badge>[]] {
  const mark = ({ threshold }: Badge) => threshold ?? 0;
  const oneShareIn: Column<Badge> = {
    key: "shares",
    label: t`One share in`,
    cell: (badge) => many(oneIn(mark(badge), mean ?? 1)),
    number: true,
  };
  return [
    { key: "difficulty", label: t`Difficulty`, cell: (badge) => joined(magnitude(mark(badge))) },
    {
      key: "badge",
      label: t`Earns`,
      cell: ({ slug, name }) => (
        <Link to="/badges/$slug" params={{ slug }} className="up">
          {name}
        </Link>
      ),
    },
    ...(mean === null ? [] : [oneShareIn]),
    {
      key: "wait",
      label: t`Once in`,
      cell: (badge) => span(secondsFor(mark(badge), EXAMPLE_THS)),
      number: true,
    },
  ];
}

/** What a block takes, once the pool's numbers include it. */
function networkDifficulty(stats: PublicStats): number | null {
  const found: unknown = Reflect.get(stats, "network_difficulty");
  return typeof found === "number" && found > 0 ? found : null;
}

function BlockOdds({ of }: { of: number | null }) {
  if (of === null) return null;
  const asked = joined(magnitude(of));
  const wait = span(secondsFor(of, EXAMPLE_THS));
  return (
    <p data-odds="block">
      <Trans>
        A block takes a share of difficulty {asked} now. The same Bitaxe finds one in {wait}, on
        average. Somebody does it every so often.
      </Trans>
    </p>
  );
}

export function Hashrate({ stats }: { stats: PublicStats }) {
  const now = joined(hashrate(stats.hashrate_ths));
  return (
    <Panel title={t`Hashrate`} id="hashrate" className="span-7 how-panel">
      <p>
        <Trans>
          The pool sees shares, not your chip. So the hashrate here is an estimate: how many hashes
          the shares of a span of time stand for, divided by that time.
        </Trans>
      </p>
      <p>
        <Trans>
          Shares come by chance, a few more in one hour and a few less in the next. The mean of
          24 hours is the steadier figure. The miner's own display counts on the chip; the two agree
          over days, not minutes.
        </Trans>
      </p>
      <p className="how-facts">
        <Trans>
          All miners of this pool together, last hour: <span className="tn">{now}</span>.
        </Trans>
      </p>
    </Panel>
  );
}

export function Reported({ stats }: { stats: PublicStats }) {
  const found = count(stats.blocks_found);
  const reported = count(stats.blocks_reported);
  return (
    <Panel title={t`Reported and confirmed`} id="reported" className="span-5 how-panel">
      <p>
        <Trans>
          A block that only the pool speaks of is reported. It shows, and earns nothing yet. Once
          the share itself, or something else besides the pool's word, agrees, it is confirmed: it
          counts, and earns its badge.
        </Trans>
      </p>
      <p className="how-facts">
        <Trans>
          Here: <span className="tn">{found}</span> confirmed,{" "}
          <span className="tn">{reported}</span> reported.
        </Trans>
      </p>
    </Panel>
  );
}
