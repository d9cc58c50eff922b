import { describe, expect, test } from "vitest";
import { lay, move, newest, showing, thin, wholeOf, zoom } from "./series";
import { pinched } from "./fingers";

const HOUR = 3_600_000;
const at = (hour: number, value: number | null, rest = {}) => ({ at: hour * HOUR, value, ...rest });

describe("the lines of a chart", () => {
  test("points in any order are drawn in the order of time", () => {
    const lines = lay([at(2, 3), at(0, 1), at(1, 2)], HOUR);
    expect(lines.value).toEqual([1, 2, 3]);
    expect(lines.gaps).toEqual([]);
  });

  test("two points of the same time count as the later one", () => {
    expect(lay([at(0, 1), at(0, 5)], HOUR).value).toEqual([5]);
  });

  test("missing points break the line from the last value to the next", () => {
    const lines = lay([at(0, 1), at(1, 1), at(5, 1)], HOUR);
    expect(lines.value).toEqual([1, 1, null, 1]);
    expect(lines.gaps).toEqual([[HOUR, 5 * HOUR]]);
  });

  test("null, negative, infinite and undefined values break the line as well", () => {
    for (const bad of [null, -1, Infinity, NaN]) {
      expect(lay([at(0, 1), at(1, bad), at(2, 1)], HOUR).gaps).toEqual([[0, 2 * HOUR]]);
    }
  });

  test("a point that is half an interval late breaks nothing", () => {
    expect(lay([at(0, 1), at(1.4, 1)], HOUR).gaps).toEqual([]);
  });

  test("nulls at both ends are gaps at both ends", () => {
    const lines = lay([at(0, null), at(1, 1), at(2, null)], HOUR);
    expect(lines.value).toEqual([null, 1, null]);
    expect(lines.gaps).toEqual([[0, HOUR], [HOUR, 2 * HOUR]]);
    expect(newest(lines)).toBe(1);
  });

  test("half a band is no band", () => {
    const lines = lay([at(0, 2, { low: 1, high: 3 }), at(1, 2, { low: 1 })], HOUR);
    expect(lines.low).toEqual([1, null]);
    expect(lines.high).toEqual([3, null]);
  });

  test("no value at all gives no newest one", () => {
    expect(newest(lay([], HOUR))).toBe(-1);
    expect(newest(lay([at(0, null), at(NaN, 3)], HOUR))).toBe(-1);
  });
});

describe("the view of a chart", () => {
  const whole = [0, 100] as const;

  test("a single point has an interval on either side", () => {
    expect(wholeOf(lay([at(3, 1)], HOUR), HOUR)).toEqual([2 * HOUR, 4 * HOUR]);
  });

  test("zooming in keeps the moment where it was", () => {
    expect(zoom(whole, whole, 0.5, 1, 80)).toEqual([40, 90]);
  });

  test("zooming in stops at the least", () => {
    expect(zoom([10, 14], whole, 0.5, 4)).toEqual([10, 14]);
  });

  test("zooming out past everything shows everything", () => {
    expect(zoom([10, 70], whole, 2, 4)).toBeNull();
  });

  test("zooming out at an edge stays within the whole", () => {
    expect(zoom([0, 20], whole, 2, 4)).toEqual([0, 40]);
    expect(zoom([90, 100], whole, 2, 4)).toEqual([80, 100]);
  });

  test("moving ends where the whole ends", () => {
    expect(move([10, 30], whole, -50)).toEqual([0, 20]);
    expect(move([10, 30], whole, 500)).toEqual([80, 100]);
  });

  test("a moment out of view moves the view just as far", () => {
    expect(showing([10, 30], whole, 35)).toEqual([15, 35]);
    expect(showing([10, 30], whole, 4)).toEqual([4, 24]);
    expect(showing([10, 30], whole, 20)).toEqual([10, 30]);
  });
});

describe("two fingers", () => {
  test("keep the moments they were put on", () => {
    // 100 px wide: moments 20 and 60, now under x = 0 and x = 80.
    expect(pinched({ x: 0, at: 20 }, { x: 80, at: 60 }, 100)).toEqual([20, 70]);
  });

  test("that touch or cross say nothing", () => {
    expect(pinched({ x: 40, at: 20 }, { x: 43, at: 60 }, 100)).toBeNull();
    expect(pinched({ x: 80, at: 20 }, { x: 10, at: 60 }, 100)).toBeNull();
  });
});

test("a long table is thinned evenly and keeps its first and newest row", () => {
  const rows = Array.from({ length: 1_000 }, (_, i) => i);
  const few = thin(rows, 5);
  expect(few).toEqual([0, 250, 500, 749, 999]);
  expect(thin([1, 2], 5)).toEqual([1, 2]);
});
