import { describe, expect, it } from "vitest";
import { many, span } from "./words";

const DAY = 86_400;

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
