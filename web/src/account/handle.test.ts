import { describe, expect, it } from "vitest";
import { couldBeHandle, LONGEST, wrongHandle } from "./handle";

describe("the hint under a handle", () => {
  it.each(["", "kitchen-axe", "Hal", "7axe", "a_1-b", "a".repeat(LONGEST)])("takes %j", (handle) => {
    expect(wrongHandle(handle)).toBeNull();
  });

  it.each([
    ["a", "2 more"],
    ["ab", "1 more"],
    ["kitchen axe", "No spaces"],
    ["_axe", "Start with a letter"],
    ["kïtchen", "“ï” cannot"],
    ["axe🔥", "“🔥” cannot"],
    ["axe.", "“.” cannot"],
    ["axe-", "End with"],
    ["kitchen--axe", "between - and _"],
    ["a".repeat(LONGEST + 2), "2 too many"],
  ])("says what is wrong with %j", (handle, said) => {
    expect(wrongHandle(handle)).toContain(said);
  });

  it("tells a handle from an address", () => {
    expect(couldBeHandle("kitchen-axe")).toBe(true);
    expect(couldBeHandle("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")).toBe(false);
    expect(couldBeHandle("")).toBe(false);
  });
});
