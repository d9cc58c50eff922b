import { shelve } from "../../badges/shelf";
import { Calendar } from "../../rewards/Calendar";
import { FilterBar } from "../../rewards/FilterBar";
import { Ladder } from "../../rewards/Ladder";
import { RewardRows } from "../../rewards/RewardRows";
import { ShelfCards } from "../../rewards/ShelfCards";
import { XpChart } from "../../rewards/XpChart";
import { beginner, veteran } from "../pages/answers";
import { badges, levels } from "../pages/registry";
import * as given from "../pages/rewards";
import type { Part } from "../specimen";

const nothing = () => {};

const DAY = 86_400_000;

/** The clock of the gallery's pictures is some days behind that of the pages'. */
function rewards(of: typeof given.feed, days = 4) {
  const earlier = (at: string) => new Date(Date.parse(at) - days * DAY).toISOString();
  return of.rewards.map((one) => ({ ...one, at: earlier(one.at) }));
}

const NONE = { earned: [], progress: [], total_earned: 0, total_available: 20 };
const cards = (of: typeof NONE | typeof veteran.badges, miners?: number) => (
  <ShelfCards shelf={shelve(badges(miners).badges, of).slice(0, 9)} onOpen={nothing} />
);
const filter = { show: "earned", rarity: "rare", kind: "" } as const;
const counts = { all: 11, earned: 9, near: 1 };

export const rewardsParts: readonly Part[] = [
  {
    name: "reward-rows",
    title: "Rewards",
    use: "What somebody got, by day; each line opens and says why, down to the share.",
    specimens: [
      { state: "one", show: () => <RewardRows rewards={rewards(given.firstFeed, 10)} /> },
      { state: "every kind", show: () => <RewardRows rewards={rewards(given.feed)} /> },
    ],
  },
  {
    name: "shelf-cards",
    title: "Badges of one's own",
    use: "How far each badge is, and how rare it really is.",
    specimens: [
      {
        state: "filters",
        show: () => (
          <FilterBar {...{ filter, counts }} badges={badges().badges} onChange={nothing} />
        ),
      },
      { state: "nothing earned, in a pool of nobody", show: () => cards(NONE, 0) },
      { state: "a beginner", show: () => cards(beginner.badges) },
      { state: "a veteran", show: () => cards(veteran.badges) },
    ],
  },
  {
    name: "xp-chart",
    title: "XP over time",
    use: "XP as bars, by day or week; the sources choose what is drawn.",
    specimens: [
      { state: "empty", show: () => <XpChart summary={given.noSummary} /> },
      { state: "a first day", show: () => <XpChart summary={given.firstSummary} /> },
      { state: "large", show: () => <XpChart summary={given.summary} /> },
    ],
  },
  {
    name: "ladder",
    title: "Levels",
    use: "All levels: where somebody stands, and when the next ones come at their pace.",
    specimens: [
      { state: "nothing yet", show: () => <Ladder levels={levels.levels} total={0} perDay={0} /> },
      {
        state: "on the way",
        show: () => <Ladder levels={levels.levels} total={11_250} perDay={17.4} />,
      },
      {
        state: "at the top",
        show: () => <Ladder levels={levels.levels} total={5e6} perDay={17.4} />,
      },
    ],
  },
  {
    name: "calendar",
    title: "A year of weeks",
    use: "Each week is a column of its seven days.",
    specimens: [
      {
        state: "empty",
        show: () => <Calendar weeks={given.empty["/users/me/streak/calendar"].weeks} />,
      },
      { state: "a first week", show: () => <Calendar weeks={beginner.streak.weeks} /> },
      { state: "a year", show: () => <Calendar weeks={veteran.streak.weeks} /> },
    ],
  },
];
