import { expect, it } from "vitest";
import { HOUR, sixHourMeans } from "./hours";

const SINCE = "2026-11-22T10:00:00Z";
const means = (...ths: (number | null)[]) =>
  sixHourMeans({ since: SINCE, ths }).map(({ value }) => value);

it("begins with the first hour that is known, at its end", () => {
  expect(sixHourMeans({ since: SINCE, ths: [null, null, 2] })).toEqual([
    { at: Date.parse(SINCE) + 3 * HOUR, value: 2 },
  ]);
  expect(means(null, null)).toEqual([]);
});

it("is the mean of six hours, in which one without a share counts", () => {
  expect(means(1, 3, 2)).toEqual([1, 2, 2]);
  expect(means(6, 6, 6, 6, 6, 6, 0)).toEqual([6, 6, 6, 6, 6, 6, 5]);
});

it("breaks where three hours have no share, and begins anew after them", () => {
  expect(means(4, 0, 0, 0, 0, 2, 4)).toEqual([4, 2, 4 / 3, null, null, 2, 3]);
});
