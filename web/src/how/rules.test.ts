import { describe, expect, it } from "vitest";
import { oneIn, secondsFor } from "./rules";
import { many, span } from "./words";

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

describe("span", () => {
  it.each([
    [1, "1 second"],
    [59 * 60 + 39, "60 minutes"],
    [90 * 60, "2 hours"],
    [41.4 * DAY, "41 days"],
    [113.4 * 365.25 * DAY, "113 years"],
    [113_442 * 365.25 * DAY, "113,000 years"],
  ])("says %d seconds as %s", (seconds, said) => {
    expect(span(seconds)).toBe(said);
  });
});

describe("many", () => {
  it("keeps three digits, and becomes short above a million", () => {
    expect(many(1953.125)).toBe("1,950");
    expect(many(1)).toBe("1");
    expect(many(1_953_125)).toBe("1.95\u00a0M");
  });
});
