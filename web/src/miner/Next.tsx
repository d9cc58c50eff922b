import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PublicMiner } from "../api/types";
import { BadgeTile } from "../badges/BadgeTile";
import { type Shelved, tileOf } from "../badges/shelf";
import { count, joined, magnitude } from "../format";
import { Panel } from "../ui/parts";
import { type Ahead, nearest, toNextLevel } from "./ahead";
import "./miner.css";
import "./next.css";

/** What comes next: the next level and the nearest badges, in shares and in days. */
export function Next({ miner, shelf }: { miner: PublicMiner; shelf: Shelved[] }) {
  const level = toNextLevel(miner);
  const badges = nearest(shelf, miner);
  const unknown = miner.pace.shares <= 0;
  return (
    <Panel title={t`What's next`} className="area-next" id="next" why="levels">
      <ol className="next">
        {level && <Level miner={miner} way={level} />}
        {badges.map((one) => (
          <Badge key={one.shelved.badge.slug} ahead={one} />
        ))}
      </ol>
      <p className="small">
        {!level && badges.length === 0 ? (
          <Trans>Nothing left to reach. The stove is yours.</Trans>
        ) : unknown ? (
          <Trans>How long it takes can be told after a full hour of shares.</Trans>
        ) : (
          <Trans>Days are an average at the pace of the last week. Luck has no calendar.</Trans>
        )}
      </p>
    </Panel>
  );
}

interface LevelProps {
  miner: PublicMiner;
  way: NonNullable<ReturnType<typeof toNextLevel>>;
}

function Level({ miner, way }: LevelProps) {
  const { xp } = miner;
  const { next_level: level, next_title: title } = xp;
  const missing = count(way.xp);
  const shares = count(way.shares);
  return (
    <li className="next-line">
      <span className="next-mark next-level serif" aria-hidden="true">
        {level}
      </span>
      <div>
        <p className="strong">{t`Level ${level}, ${title}`}</p>
        <p className="small">
          {t`${missing} XP: ${shares} shares, fewer with every badge`}
          <Days of={way.days} />
        </p>
      </div>
    </li>
  );
}

function Badge({ ahead }: { ahead: Ahead }) {
  const { badge } = ahead.shelved;
  return (
    <li className="next-line">
      <span className="next-mark">
        <BadgeTile {...badge} {...tileOf(ahead.shelved)} size={48} />
      </span>
      <div>
        <p className="strong">{badge.name}</p>
        <p className="small">
          {missingFor(ahead)}
          <Days of={ahead.days} chance={ahead.difficulty !== null} />
        </p>
      </div>
    </li>
  );
}

function missingFor({ shares, difficulty, weeks }: Ahead): string {
  if (shares !== null) return plural(shares, { one: "# more share", other: "# more shares" });
  if (weeks !== null) return plural(weeks, { one: "# more week", other: "# more weeks" });
  const size = joined(magnitude(difficulty ?? 0));
  return t`One share of ${size} or more`;
}

/** "about 5 days"; where luck decides, "one in about 5 days". */
function Days({ of: days, chance = false }: { of: number | null; chance?: boolean }) {
  if (days === null) return null;
  const time = duration(days);
  return <span className="next-days">{chance ? t`one in about ${time}` : t`about ${time}`}</span>;
}

const YEAR = 365.25;

/** A span of days as people round it: "5 hours", "12 days", "3 years". */
function duration(days: number): string {
  if (days < 1 / 24) return t`an hour`;
  if (days < 2) return plural(Math.round(days * 24), { one: "# hour", other: "# hours" });
  if (days < 60) return plural(Math.round(days), { one: "# day", other: "# days" });
  if (days < 2 * YEAR) return plural(Math.round(days / 30.44), { one: "# month", other: "# months" });
  const years = days / YEAR;
  if (years < 1000) return plural(Math.round(years), { one: "# year", other: "# years" });
  const many = joined(magnitude(years));
  return t`${many} years`;
}
