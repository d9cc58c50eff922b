import { describe, expect, it } from "vitest";
import { oneIn, secondsFor } from "./rules";

const DAY = 86_400;

describe("secondsFor", () => {
  it("is the mean time between two shares of that difficulty", () => {
    expect(secondsFor(1, 2 ** 32 / 1e12)).toBe(1);
    expect(secondsFor(1e9, 1.2) / DAY).toBeCloseTo(41.4, 1);
  });
});

describe("oneIn", () => {
  it("is how much rarer than the mean share it is, and never less than every share", () => {
    expect(oneIn(1e6, 512)).toBeCloseTo(1953.125);
    expect(oneIn(100, 512)).toBe(1);
  });
});
