import { expect, test } from "vitest";
import { shelve } from "../badges/shelf";
import { beginner, veteran } from "../gallery/pages/answers";
import { badges } from "../gallery/pages/registry";
import { filterOf, fits, isNear } from "./filter";

const list = badges().badges;
const slugs = (of: typeof veteran, search: Record<string, string>) =>
  shelve(list, of.badges)
    .filter((one) => fits(one, filterOf(search), of))
    .map(({ badge }) => badge.slug);

test("earned badges, and of these the rare ones of one kind", () => {
  expect(slugs(veteran, { show: "earned" })).toHaveLength(9);
  expect(slugs(veteran, { show: "earned", rarity: "rare", kind: "streak" })).toEqual(["streak_12"]);
});

test("within reach is what comes within a month at this pace, not what is far along by luck", () => {
  const quick = { ...beginner, pace: { shares: 200, work: 1e6 } };
  // 997 shares at 200 a day, 4 weeks, and a share of 1 M a day on average; a billion takes years.
  expect(slugs(quick, { show: "near" })).toEqual(
    expect.arrayContaining(["shares_1k", "diff_1e6", "streak_4"]),
  );
  expect(slugs(quick, { show: "near" })).not.toContain("diff_1e9");
  expect(slugs(quick, { show: "near" })).not.toContain("first_share");
});

test("without a miner nothing is within reach", () => {
  expect(shelve(list, beginner.badges).some((one) => isNear(one, null))).toBe(false);
});

test("a filter that there is not is no filter", () => {
  expect(filterOf({ show: "nonsense" })).toEqual({ show: "all", rarity: "", kind: "" });
});
