/** What frames change in a player's quests. */
import type { Frame } from "../live/frames";
import { reduce, type Reducers } from "../live/frames";
import type { OwnQuests } from "./queries";

/** Progress never falls, and a frame of another period says nothing about this one. */
const ON_QUESTS: Reducers<OwnQuests> = {
  "gamification/quest_progress": (own, { data }) => {
    const told = new Map(data.quests.map((one) => [`${one.quest} ${one.period}`, one.progress]));
    const quests = own.quests.map((quest) => {
      const progress = told.get(`${quest.slug} ${quest.period_key}`);
      return progress === undefined || progress <= quest.progress ? quest : { ...quest, progress };
    });
    return { ...own, quests };
  },
  "gamification/quest_completed": (own, { data }) => {
    const { quest: slug, name, period: period_key, xp, at } = data;
    const known = own.completions.some(
      (one) => one.quest === slug && one.period_key === period_key,
    );
    if (known) return own;
    const quests = own.quests.map((quest) =>
      quest.slug === slug && quest.period_key === period_key
        ? { ...quest, completed_at: at, progress: Math.max(quest.progress, quest.goal.threshold) }
        : quest,
    );
    const completions = [{ quest: slug, name, period_key, xp, at }, ...own.completions];
    return { ...own, quests, completions };
  },
};

export function applyToQuests(own: OwnQuests, frame: Frame): OwnQuests {
  return reduce(ON_QUESTS, own, frame);
}
