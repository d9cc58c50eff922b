/** Why somebody got a reward, in a sentence. */
import { plural, t } from "@lingui/core/macro";
import type { Reward } from "../api/rewards";
import { count, date, joined, localDay, magnitude, shortName } from "../format";
import { inPeriod } from "../quests/words";
import { SHARES_PER_XP } from "../rules";

/** What XP came from, as the pages name it; a source that this page does not know keeps its name. */
export function sourceName(source: string): string {
  switch (source) {
    case "share":
      return t`Shares`;
    case "badge":
      return t`Badges`;
    case "streak":
      return t`Streak weeks`;
    case "personal_best":
      return t`Best days`;
    case "quest":
      return t`Quests`;
    case "competition":
      return t`Competition`;
    case "education":
      return t`Lessons`;
    case "correction":
      return t`Corrections`;
    default:
      return source.charAt(0).toUpperCase() + source.slice(1).replaceAll("_", " ");
  }
}

export function weekName(iso: string): string {
  const [year, week] = [iso.slice(0, 4), Number(iso.slice(6))];
  return t`week ${week} of ${year}`;
}

export function whyOf({ source, cause, line, amount }: Reward): string {
  switch (source) {
    case "badge":
      return whyBadge(cause, line.title);
    case "share": {
      const number = count(cause.count ?? 0);
      return amount > 1
        ? t`Every ${SHARES_PER_XP} accepted shares are 1 XP. Your share number ${number} was the last of these.`
        : t`Every ${SHARES_PER_XP} accepted shares are 1 XP. Your share number ${number} filled this hundred.`;
    }
    case "personal_best": {
      const best = joined(magnitude(cause.sdiff ?? 0));
      const day = cause.day ? date(localDay(cause.day), Date.now()) : null;
      if (day === null) return t`The best share of a day beat all days before it.`;
      return cause.sdiff
        ? t`Your best share of ${day} reached ${best}, more than on any day before.`
        : t`Your best share of ${day} beat all days before.`;
    }
    case "streak": {
      const week = cause.week ? weekName(cause.week) : null;
      if (week === null) return t`A week of your streak has closed.`;
      return !cause.count
        ? t`You mined in ${week}, and the week has closed.`
        : plural(cause.count, {
            one: `You mined in ${week}: # accepted share. Paid when the week had closed.`,
            other: `You mined in ${week}: # accepted shares. Paid when the week had closed.`,
          });
    }
    case "quest":
      return whyQuest(cause, line.title);
    case "correction":
      return whyCorrected(line.title, amount);
    default:
      return line.detail ?? line.title;
  }
}

/** What completed a quest; which quest and in which period is said above it. */
function whyQuest({ fact, threshold, period }: Reward["cause"], title: string): string {
  const when = (period && inPeriod(period)) ?? t`once`;
  const much = joined(magnitude(threshold ?? 0));
  switch (fact) {
    case "active_days":
      return plural(threshold ?? 0, {
        one: `An accepted share on # day completed it (${when}).`,
        other: `Accepted shares on # days completed it (${when}).`,
      });
    case "streak_weeks":
      return plural(threshold ?? 0, {
        one: `# mined week completed it (${when}).`,
        other: `# mined weeks in a row completed it (${when}).`,
      });
    case "accepted_shares":
      return t`${much} accepted shares completed it (${when}).`;
    case "work":
      return t`Accepted shares with a difficulty of ${much} in all completed it (${when}).`;
    case "best_sdiff":
      return t`A share of difficulty ${much} or more completed it (${when}).`;
    case "handle_claimed":
      return t`You chose a handle, which completed it.`;
    case "external":
      return t`Another system told the pool that you completed it (${when}).`;
    default:
      return title;
  }
}

function whyCorrected(reason: string, amount: number): string {
  return amount < 0
    ? t`An operator of the pool took this XP: “${reason}”`
    : t`An operator of the pool gave this XP: “${reason}”`;
}

function whyBadge(cause: Reward["cause"], title: string): string {
  const size = cause.sdiff ? joined(magnitude(cause.sdiff)) : null;
  const worker = cause.worker ? shortName(cause.worker) : null;
  if (cause.height) {
    const height = count(cause.height);
    return worker
      ? t`Block ${height}, found by ${worker}, earned it.`
      : t`Block ${height} earned it.`;
  }
  if (cause.count) {
    const number = count(cause.count);
    return t`Your accepted share number ${number} earned it.`;
  }
  if (cause.week) {
    const week = weekName(cause.week);
    if (cause.weeks) {
      return plural(cause.weeks, {
        one: `# week in a row with ${week} earned it.`,
        other: `# weeks in a row with ${week} earned it.`,
      });
    }
    return size
      ? t`The pool's best share of ${week} was yours: ${size}.`
      : t`It is for ${week}.`;
  }
  if (size) {
    return worker
      ? t`A share of difficulty ${size} by ${worker} earned it.`
      : t`A share of difficulty ${size} earned it.`;
  }
  const { reason, event } = cause;
  if (reason) return t`An operator of the pool granted it: “${reason}”`;
  if (event) return t`It is for something that happened outside of mining.`;
  return title;
}
