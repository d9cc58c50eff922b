import { describe, expect, it } from "vitest";
import {
  ago,
  bitcoins,
  clock,
  count,
  date,
  difficulty,
  hashesInWords,
  hashrate,
  joined,
  magnitude,
  percent,
  shortAddress,
  shortName,
} from "./format";

describe("magnitude", () => {
  it.each([
    [4.29e9, "4.29", "G"],
    [612e6, "612", "M"],
    [1.312e6, "1.31", "M"],
    [33_000, "33.0", "k"],
    [999_499, "999", "k"],
    [999_950, "1.00", "M"],
    [999.6, "1.00", "k"],
    [1e15, "1.00", "P"],
    [12.34, "12.3", ""],
    [0.0521, "0.0521", ""],
  ])("writes %d with three digits", (n, value, unit) => {
    expect(magnitude(n)).toEqual({ value, unit });
  });

  it("keeps small whole numbers whole", () => {
    expect(magnitude(7)).toEqual({ value: "7", unit: "" });
  });

  it("survives what is not a number", () => {
    expect(magnitude(Number.NaN).value).toBe("0");
    expect(magnitude(-1).value).toBe("0");
    expect(magnitude(1e30)).toEqual({ value: "1.00e+30", unit: "" });
  });
});

describe("hashrate", () => {
  it.each([
    [1.21, "1.21", "TH/s"],
    [0.5, "500", "GH/s"],
    [1040, "1.04", "PH/s"],
    [0, "0", "TH/s"],
  ])("scales %d TH/s", (ths, value, unit) => {
    expect(hashrate(ths)).toEqual({ value, unit });
  });
});

it("holds value and unit together", () => {
  expect(joined({ value: "4.29", unit: "G" })).toBe("4.29\u00a0G");
  expect(joined({ value: "7", unit: "" })).toBe("7");
});

it("writes counts and shares of miners", () => {
  expect(count(151_204)).toBe("151,204");
  expect(percent(0.42)).toBe("0.4\u00a0%");
  expect(percent(37.4)).toBe("37\u00a0%");
});

it("says how many hashes a difficulty is", () => {
  expect(hashesInWords(4.29e9)).toBe("18\u00a0quintillion");
  expect(hashesInWords(1)).toBe("4.3\u00a0billion");
  expect(hashesInWords(1e30)).toBe("more hashes than we can name");
});

it("shortens addresses and names, whole letters only", () => {
  expect(shortAddress("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf7k3d")).toBe("bc1q…7k3d");
  expect(shortAddress("1BvBMSEYstWetqTFn5Au4m4GFg")).toBe("1BvB…4GFg");
  expect(shortAddress("garage-left-shelf-qaxe-1")).toBe("garage-left-shelf-qaxe-1");
  expect(shortName("kitchen-axe")).toBe("kitchen-axe");
  expect(Array.from(shortName("🔥".repeat(40)))).toHaveLength(24);
});

describe("ago", () => {
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
  const back = (ms: number) => ago(new Date(now - ms).toISOString(), now);
  const at = (...parts: [number, number, number, number, number]) =>
    ago(new Date(...parts).toISOString(), now);

  it("counts seconds, minutes and hours", () => {
    expect(back(2_000)).toBe("just now");
    expect(back(9_000)).toBe("9 s ago");
    expect(back(6 * 60_000)).toBe("6 min ago");
    expect(back(3 * 3_600_000)).toBe("3 h ago");
  });

  it("names days, then dates", () => {
    expect(at(2026, 10, 20, 4, 14)).toBe("yesterday 04:14");
    expect(at(2026, 10, 18, 9, 0)).toBe("Wednesday");
    expect(at(2026, 10, 2, 9, 0)).toBe("2 November");
    expect(at(2025, 7, 14, 9, 0)).toBe("14 August 2025");
  });

  it("treats a clock that is a little ahead as now", () => {
    expect(back(-4_000)).toBe("just now");
  });

  it("has a short month", () => {
    expect(date(new Date(2026, 10, 2).toISOString(), now, "short")).toBe("2 Nov");
  });
});

describe("as somebody likes it", () => {
  it.each([
    [0.977, "GH/s", "977"],
    [0.977, "PH/s", "0.000977"],
    [1_210, "TH/s", "1,210"],
    [0, "PH/s", "0"],
  ] as const)("writes %d TH/s in %s", (ths, unit, value) => {
    expect(hashrate(ths, unit)).toEqual({ value, unit });
  });

  it("writes every digit of a difficulty", () => {
    expect(difficulty(4_294_967_296, "full")).toEqual({ value: "4,294,967,296", unit: "" });
    expect(difficulty(4_294_967_296, "short")).toEqual({ value: "4.29", unit: "G" });
    expect(difficulty(0, "full")).toEqual({ value: "0", unit: "" });
  });

  it("tells the time by either clock", () => {
    // Test time is Auckland's: 13 hours ahead of UTC in November.
    expect(clock("2026-11-21T05:02:00Z", "24h")).toBe("18:02");
    expect(clock("2026-11-21T05:02:00Z", "12h")).toBe("6:02\u202fpm".replace("\u202f", " "));
    expect(clock("2026-11-20T11:05:00Z", "24h")).toBe("00:05");
  });
});

it("writes rewards in BTC, small ones to the satoshi", () => {
  const written = [312_500_000, 314_836_251, 500, 0].map((sats) => joined(bitcoins(sats)));
  expect(written).toEqual([
    "3.125\u00a0BTC",
    "3.148\u00a0BTC",
    "0.000005\u00a0BTC",
    "0.000\u00a0BTC",
  ]);
});
