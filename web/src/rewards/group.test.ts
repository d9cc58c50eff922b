import { expect, test } from "vitest";
import type { Reward } from "../api/rewards";
import { byDays } from "./group";
import { withNewer } from "./newer";

const line = { id: "", type: "", code: "", params: {}, title: "", detail: null, xp: 0, badge_slug: null };

function reward(id: number, at: string, source = "badge", amount = 50): Reward {
  return {
    ...{ id: String(id), amount, source, source_id: null, at, badge: null },
    ...{ cause: { kind: source }, line: { ...line, at } },
  };
}

test("rewards are collected by their day, the newest day first, whatever their order in the ledger", () => {
  const days = byDays([
    reward(9, "2026-11-26T10:00:00Z"),
    reward(8, "2026-11-23T00:00:00Z", "streak", 25),
    reward(7, "2026-11-26T09:00:00Z"),
  ]);
  expect(days.map(({ day, xp }) => [day, xp])).toEqual([
    ["2026-11-26", 100],
    ["2026-11-23", 25],
  ]);
  expect(days[0]?.rows.map(({ key }) => key)).toEqual(["9", "7"]);
});

test("the hundreds of a day are one row, which stands where the newest of them was", () => {
  const [day] = byDays([
    reward(5, "2026-11-26T12:00:00Z", "share", 1),
    reward(4, "2026-11-26T11:00:00Z"),
    reward(3, "2026-11-26T10:00:00Z", "share", 2),
  ]);
  expect(day?.rows.map(({ key, xp, rewards }) => [key, xp, rewards.length])).toEqual([
    ["shares-2026-11-26", 3, 2],
    ["4", 50, 1],
  ]);
});

const page = (ids: number[], next: string | null = null) => ({
  rewards: ids.map((id) => reward(id, "2026-11-26T10:00:00Z")),
  next_cursor: next,
});
const ids = (pages: { rewards: Reward[] }[]) => pages.map((one) => one.rewards.map(({ id }) => id));

test("what is newer comes in front, and older pages stay", () => {
  const pages = { pages: [page([3, 2], "2"), page([1])], pageParams: [null, "2"] };
  const next = withNewer(pages, page([4, 3], "3"));
  expect(ids(next.pages)).toEqual([["4", "3", "2"], ["1"]]);
  expect(next.pages[0]?.next_cursor).toBe("2");
});

test("nothing newer changes nothing", () => {
  const pages = { pages: [page([3, 2])], pageParams: [null] };
  expect(withNewer(pages, page([3, 2]))).toBe(pages);
});

test("where something may lie between, the feed begins anew", () => {
  const pages = { pages: [page([3, 2])], pageParams: [null] };
  const next = withNewer(pages, page([9, 8], "8"));
  expect([ids(next.pages), next.pageParams]).toEqual([[["9", "8"]], [null]]);
});
