import { Empty } from "../../ui/Empty";
import { type Tab, Tabs } from "../../ui/Tabs";
import { LONG_TEXT, LONG_WORD, type Part } from "../specimen";

const FEW: Tab[] = [
  { value: "round", label: "This round", content: <p>The best share since the last block.</p> },
  { value: "week", label: "This week", count: "3", content: <p>The best share of this week.</p> },
  { value: "ever", label: "Ever", content: <Empty>No accepted share yet.</Empty> },
];

const MANY: Tab[] = Array.from({ length: 14 }, (_, i) => ({
  value: String(i),
  label: `Week ${i + 30}`,
  count: String(i * 113),
  content: <p>{LONG_TEXT}</p>,
}));

const BROKEN: Tab[] = [
  { value: "long", label: LONG_WORD, content: <p>A label of one long word is cut.</p> },
  { value: "none", label: "", count: "0", content: null },
];

const shown = (tabs: Tab[]) => <Tabs label="Bests" tabs={tabs} />;

export const tabsPart: Part = {
  name: "tabs",
  title: "Tabs",
  use: "One of several things in the same place. The row scrolls where it does not fit.",
  specimens: [
    { state: "small", show: () => shown(FEW) },
    { state: "one", show: () => shown(FEW.slice(0, 1)) },
    { state: "large", show: () => shown(MANY) },
    { state: "broken data", show: () => shown(BROKEN) },
  ],
};
