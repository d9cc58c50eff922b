/** What a quest asks for and when, in words. */
import { plural, t } from "@lingui/core/macro";
import { count, date, joined, localDay, magnitude } from "../format";
import type { OwnQuest, Quest } from "./queries";

/** How often a quest can be completed. */
export function howOften({ period }: Quest): string {
  switch (period) {
    case "daily":
      return t`Every day`;
    case "weekly":
      return t`Every week`;
    case "season":
      return t`Every season`;
    default:
      return t`Once`;
  }
}

/** A number of the quest's fact as people read it: "3", "12,500", "4.29 G". */
export function amount({ goal }: Quest, value: number): string {
  const large = goal.fact === "work" || goal.fact === "best_sdiff";
  return large && value >= 1000 ? joined(magnitude(value)) : count(Math.floor(value));
}

/** "3 of 5 days"; null where the game does not know. */
export function soFar(quest: OwnQuest): string | null {
  const { fact, threshold } = quest.goal;
  if (fact === "external") return null;
  if (threshold === 1) return quest.progress < 1 ? t`Not yet` : t`Done`;
  const done = amount(quest, Math.min(quest.progress, threshold));
  const all = amount(quest, threshold);
  switch (fact) {
    case "active_days":
      return plural(threshold, { one: `${done} of # day`, other: `${done} of # days` });
    case "streak_weeks":
      return plural(threshold, { one: `${done} of # week`, other: `${done} of # weeks` });
    case "accepted_shares":
      return plural(threshold, { one: `${done} of # share`, other: `${done} of # shares` });
    default:
      return t`${done} of ${all}`;
  }
}

/** Whether it has not begun yet. */
export function isAhead({ period_key, starts }: Quest): boolean {
  return period_key === null && starts !== null;
}

/** "Starts on 4 March", "Until 31 March"; null where there is neither day to name. */
export function whenOf(quest: Quest, now: number): string | null {
  const day = isAhead(quest) ? quest.starts : quest.ends;
  if (day === null) return null;
  const name = date(localDay(day), now);
  return isAhead(quest) ? t`Starts on ${name}` : t`Until ${name}`;
}

/** Which period a completion was in: "Week 48 of 2026"; null where there is only one. */
export function inPeriod(key: string): string | null {
  const [year, part] = [key.slice(0, 4), key.slice(5)];
  if (key === "once") return null;
  if (part.startsWith("W")) {
    const week = Number(part.slice(1));
    return t`Week ${week} of ${year}`;
  }
  if (part.startsWith("S")) {
    const season = Number(part.slice(1));
    return t`Season ${season} of ${year}`;
  }
  return date(localDay(key), Date.now());
}

/** "+20 XP". */
export function reward(amountOfXp: number): string {
  const xp = count(amountOfXp);
  return t`+${xp} XP`;
}
