import { expect, it } from "vitest";
import { hang } from "./hang";

const tiles = (n: number) => Array.from({ length: n }, (_, i) => ({ user: `bc1q${i * 7919}` }));

it("hangs every tile once and leaves the rest free", () => {
  for (const n of [0, 1, 7, 32, 33]) {
    const wall = hang(tiles(n), 33);
    expect(wall).toHaveLength(33);
    expect(new Set(wall.filter(Boolean)).size).toBe(n);
  }
  expect(hang(tiles(40), 33).every(Boolean)).toBe(true);
});

it("does not shuffle when the order of activity changes", () => {
  const some = tiles(12);
  expect(hang(some.toReversed(), 33)).toEqual(hang(some, 33));
});

it("moves few when a miner joins", () => {
  const before = hang(tiles(12), 33);
  const after = hang([...tiles(12), { user: "bc1qnew" }], 33);
  const moved = before.filter((tile, i) => tile && after[i]?.user !== tile.user);
  expect(moved.length).toBeLessThanOrEqual(2);
});
