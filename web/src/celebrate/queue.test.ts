import { describe, expect, it } from "vitest";
import {
  announcement,
  EMPTY_KILN,
  type Fired,
  nextChange,
  phaseAt,
  phaseOf,
  push,
  shelfState,
  skip,
  tick,
} from "./queue";

const fired = (slug: string, xp = 50): Fired => ({
  key: `bc1q:${slug}`,
  slug,
  name: slug,
  category: "mining",
  rarity: "common",
  xp,
});

const [a, b, c] = [fired("a"), fired("b"), fired("c", 100)] as const;

describe("one badge", () => {
  it("goes through the six frames of the storyboard", () => {
    expect([0, 499, 500, 1099, 1100, 1499, 1500, 1749, 1750, 2399, 9000].map(phaseAt)).toEqual([
      ..."fill fill fire fire out out set set name name name".split(" "),
    ]);
  });

  it("is clay on the shelf until it is set, hot until 8.4 s, then as ever", () => {
    let kiln = push(EMPTY_KILN, [a], 1000);
    const seen = [1000, 2700, 2800, 7000, 9399, 9400].map((now) => {
      kiln = tick(kiln, now);
      return shelfState(kiln, a.key);
    });
    expect(seen).toEqual(["hidden", "hidden", "fresh", "fresh", "fresh", null]);
    expect(kiln.current).toBeNull();
    expect(nextChange(kiln)).toBeNull();
  });

  it("is fired once, however often it is told", () => {
    const once = push(EMPTY_KILN, [a, a], 0);
    expect(once.waiting).toEqual([]);
    expect(push(once, [a], 10)).toBe(once);
    expect(push(tick(once, 20_000), [a], 20_000).current).toBeNull();
  });

  it("wakes at each change of frame", () => {
    const kiln = push(EMPTY_KILN, [a], 1000);
    expect(nextChange(kiln)).toBe(1500);
    expect(nextChange(tick(kiln, 1500))).toBe(2100);
    expect(nextChange(tick(kiln, 3400))).toBe(7000);
  });
});

describe("several", () => {
  it("queue as one stack, each as soon as the one before has its name", () => {
    let kiln = push(EMPTY_KILN, [a, b], 0);
    kiln = push(kiln, [c], 100);
    expect([kiln.current, kiln.waiting]).toEqual([a, [b, c]]);
    kiln = tick(kiln, 2399);
    expect(kiln.current).toBe(a);
    kiln = tick(kiln, 2400);
    expect([kiln.current, kiln.waiting, kiln.startedAt]).toEqual([b, [c], 2400]);
    kiln = tick(kiln, 4800);
    expect([kiln.current, kiln.waiting]).toEqual([c, []]);
    expect(kiln.cooling.map((x) => x.badge)).toEqual([a, b]);
  });

  it("take over from one that only lingers", () => {
    const kiln = push(push(EMPTY_KILN, [a], 0), [b], 3000);
    expect(kiln.current).toBe(b);
    expect(shelfState(kiln, a.key)).toBe("fresh");
  });

  it("all lie on the shelf after Escape", () => {
    const kiln = skip(push(EMPTY_KILN, [a, b, c], 0), 200);
    expect([kiln.current, kiln.waiting]).toEqual([null, []]);
    expect([a, b, c].map((x) => shelfState(kiln, x.key))).toEqual(["fresh", "fresh", "fresh"]);
    expect(nextChange(kiln)).toBe(6200);
    expect(tick(kiln, 6200).cooling).toEqual([]);
  });
});

it("starts at the name where motion is reduced", () => {
  const kiln = push(EMPTY_KILN, [a], 5000, true);
  expect(phaseOf(kiln)).toBe("name");
});

it("announces a stack in one sentence", () => {
  expect(announcement([])).toBe("");
  expect(announcement([a])).toBe("You earned a. Plus 50 XP.");
  expect(announcement([a, b, c])).toBe("You earned 3 badges: a, b and c. Plus 200 XP.");
});
