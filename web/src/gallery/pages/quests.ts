/** What the server answers about quests: the game's own ones, and two of a pool. */
import type { components } from "../../api/schema";
import questRegistry from "../../../../src/tbg/registry/quests.json";
import { ago, DAY, HOUR } from "./answers";

type Schemas = components["schemas"];

/** Facts of domains to come. */
const NOT_OPEN = ["lessons", "quizzes", "games_played", "coop_joined", "gift_redeemed"];
const PERIODS: Record<string, readonly [key: string, ends: string | null]> = {
  once: ["once", null],
  daily: ["2026-11-26", "2026-11-27T00:00:00Z"],
  weekly: ["2026-W48", "2026-11-30T00:00:00Z"],
  season: ["2026-S4", "2027-01-04T00:00:00Z"],
};

/** The quests of the game, on a Thursday evening in the fourth season. */
export const quests: Schemas["QuestList"] = {
  quests: questRegistry.quests.map((quest): Schemas["QuestInfo"] => {
    const { slug, name, description, period, goal, xp } = quest;
    const [period_key, period_ends_at] = PERIODS[period] ?? ["once", null];
    const open = !NOT_OPEN.includes(goal.fact);
    return {
      ...{ slug, name, description, period, goal, xp, period_key, period_ends_at, open },
      ...{ badge: null, starts: null, ends: null },
    };
  }),
};

const PROGRESS: Record<string, number> = {
  stove_lit: 1, five_of_seven: 3, no_cold_day: 3, through_the_season: 41, back_again: 2,
  two_months_warm: 6, name_on_the_door: 1,
};
const COMPLETED_AT: Record<string, string> = {
  stove_lit: ago(12 * HOUR), back_again: ago(40 * DAY), name_on_the_door: ago(50 * DAY),
};

export const ownQuests: Schemas["OwnQuests"] = {
  quests: [
    ...quests.quests.map((quest) => ({
      ...quest,
      progress: PROGRESS[quest.slug] ?? 0,
      completed_at: COMPLETED_AT[quest.slug] ?? null,
    })),
    {
      ...{ slug: "meetup", name: "At the Meetup", description: "Check in at our monthly meetup" },
      ...{ period: "season", goal: { fact: "external", threshold: 1 }, xp: 40, open: true },
      ...{ badge: { slug: "visitor", name: "Visitor" }, starts: null, ends: "2026-12-31" },
      ...{ period_key: "2026-S4", period_ends_at: "2027-01-01T00:00:00Z" },
      ...{ progress: 0, completed_at: null },
    },
    {
      ...{ slug: "genesis", name: "Genesis Day", description: "Mine on the third of January" },
      ...{ period: "once", goal: { fact: "active_days", threshold: 1 }, xp: 21, open: true },
      ...{ badge: null, starts: "2027-01-03", ends: "2027-01-03" },
      ...{ period_key: null, period_ends_at: null, progress: 0, completed_at: null },
    },
  ],
  completions: [
    { quest: "stove_lit", name: "The Stove Is Lit", period_key: "2026-11-26", xp: 5, at: ago(12 * HOUR) },
    { quest: "stove_lit", name: "The Stove Is Lit", period_key: "2026-11-25", xp: 5, at: ago(35 * HOUR) },
    { quest: "five_of_seven", name: "Five of Seven", period_key: "2026-W47", xp: 20, at: ago(5 * DAY) },
    { quest: "meetup", name: "At the Meetup", period_key: "2026-S3", xp: 40, at: ago(61 * DAY) },
    { quest: "back_again", name: "Back Again", period_key: "once", xp: 25, at: ago(400 * DAY) },
  ],
  next_cursor: "older",
};

/** Somebody who has just come. */
export const newQuests: Schemas["OwnQuests"] = {
  quests: quests.quests.map((quest) => ({ ...quest, progress: 0, completed_at: null })),
  completions: [],
  next_cursor: null,
};
