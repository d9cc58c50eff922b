import { expect, it } from "vitest";
import type { Frame } from "../live/frames";
import { applyToQuests } from "./progress";
import type { OwnQuest, OwnQuests } from "./queries";

const QUEST: OwnQuest = {
  slug: "five_of_seven",
  name: "Five of Seven",
  description: "Mine on five days of the week",
  period: "weekly",
  goal: { fact: "active_days", threshold: 5 },
  xp: 20,
  badge: null,
  starts: null,
  ends: null,
  open: true,
  period_key: "2026-W48",
  period_ends_at: "2026-11-30T00:00:00Z",
  progress: 2,
  completed_at: null,
};
const OWN: OwnQuests = { quests: [QUEST], completions: [], next_cursor: null };

function frame(type: string, data: unknown): Frame {
  const ts = "2026-11-27T12:00:00Z";
  return { id: null, channel: "gamification", subject: "me", type, ts, data } as Frame;
}

const progress = (period: string, value: number) =>
  frame("quest_progress", { quests: [{ quest: QUEST.slug, period, progress: value }] });

const COMPLETED = frame("quest_completed", {
  ...{ quest: QUEST.slug, name: QUEST.name, period: "2026-W48", xp: 20, badge: null },
  at: "2026-11-27T11:59:58Z",
});

it("moves a bar on, never back, and only in its own period", () => {
  const first = (own: OwnQuests) => own.quests[0]?.progress;
  expect(first(applyToQuests(OWN, progress("2026-W48", 3)))).toBe(3);
  expect(first(applyToQuests(OWN, progress("2026-W48", 1)))).toBe(2);
  expect(first(applyToQuests(OWN, progress("2026-W47", 5)))).toBe(2);
});

it("lists a completion once, however often it is told", () => {
  const once = applyToQuests(OWN, COMPLETED);
  expect(once.quests[0]).toMatchObject({ progress: 5, completed_at: "2026-11-27T11:59:58Z" });
  expect(once.completions.map((one) => one.quest)).toEqual(["five_of_seven"]);
  expect(applyToQuests(once, COMPLETED)).toBe(once);
});
