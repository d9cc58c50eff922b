import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { Badge, BadgeList } from "../api/types";
import { BadgeTile, inWords } from "../badges/BadgeTile";
import { percent } from "../format";
import { Panel } from "../ui/parts";
import { FREEZE_WEEKS, FREEZES_HELD, STREAK_XP } from "../rules";
import "./how.css";

export function BadgeRules({ list }: { list: BadgeList }) {
  const open = list.badges.filter((badge) => badge.open);
  const closed = list.badges.length - open.length;
  const total = list.total_available;
  const rarest = open
    .filter((badge) => badge.total_earned > 0)
    .reduce<Badge | null>((a, b) => (a && a.percentage <= b.percentage ? a : b), null);
  return (
    <Panel title={t`Badges`} id="badges" className="span-12 how-panel">
      <div className="how-beside">
        <div>
          <p>
            <Trans>
              A badge is for something that happened once: a lucky share, a long streak, a block. It
              is awarded within a second, and it stays for ever.
            </Trans>
          </p>
          <p className="how-facts">
            {plural(total, { one: "There is # badge.", other: "There are # badges." })}{" "}
            {closed > 0 &&
              plural(closed, {
                one: "# of them is not open yet: its part of the game is still being built.",
                other: "# of them are not open yet: their parts of the game are still being built.",
              })}{" "}
            {rarest && <Rarest badge={rarest} />}
          </p>
          <p className="actions">
            <Link to="/badges" className="button quiet">
              <Trans>See the badges</Trans>
            </Link>
          </p>
        </div>
        <div>
          <p>
            <Trans>The shape says what it is for; the glaze and the rim say how rare it is.</Trans>
          </p>
          <ul className="how-shapes">
            {oneOfEach(list.badges).map((badge) => (
              <li key={badge.category}>
                <BadgeTile {...badge} state="earned" size={72} />
                <span className="small">{inWords(badge.category)}</span>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </Panel>
  );
}

function Rarest({ badge }: { badge: Badge }) {
  const share = percent(badge.percentage);
  const { name } = badge;
  return (
    <Trans>
      The rarest that somebody here has is {name}: {share} of miners.
    </Trans>
  );
}

/** The first badge of each category, as an example of its shape. */
function oneOfEach(badges: Badge[]): Badge[] {
  const seen = new Map<string, Badge>();
  for (const badge of badges) if (!seen.has(badge.category)) seen.set(badge.category, badge);
  return [...seen.values()];
}

export function StreakRules({ badges }: { badges: Badge[] }) {
  const marks = badges
    .filter((badge) => badge.trigger_type === "streak" && badge.threshold !== null)
    .sort((a, b) => (a.threshold ?? 0) - (b.threshold ?? 0));
  return (
    <Panel title={t`Streaks`} id="streaks" className="how-panel">
      <p>
        <Trans>
          One accepted share makes a week count. Weeks in a row are a streak. A week is Monday to
          Sunday, UTC, wherever you live.
        </Trans>
      </p>
      <p>
        <Trans>
          The running week is added as soon as it has a share. It pays {STREAK_XP} XP when it has
          closed. A share that arrives late still counts for the week in which it was found.
        </Trans>
      </p>
      <p>
        <Trans>
          A week without a share ends the streak. What it earned stays, and the next share starts a
          new one.
        </Trans>
      </p>
      <p>
        <Trans>
          A freeze keeps the streak. Every {FREEZE_WEEKS} weeks of a streak earn one, and you can
          hold {FREEZES_HELD}. When a week closes without a share, a freeze is used by itself: the
          week is frozen, it does not count and pays nothing, and the streak goes on. If a share of
          that week arrives later, the week counts and you get the freeze back. You can switch
          freezes off in your settings.
        </Trans>
      </p>
      {marks.length > 0 && (
        <dl className="how-list">
          {marks.map((badge) => (
            <div key={badge.slug} data-streak-badge={badge.slug}>
              <dt>
                {plural(badge.threshold ?? 0, { one: "# week", other: "# weeks in a row" })}
              </dt>
              <dd>
                <Link to="/badges/$slug" params={{ slug: badge.slug }} className="up">
                  {badge.name}
                </Link>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
