import { describe, expect, it } from "vitest";
import {
  type BestReached,
  type BlockFound,
  EMPTY_KILN,
  type Fired,
  type Happened,
  type Kiln,
  type LevelReached,
  nextChange,
  phaseAt,
  phaseOf,
  push,
  shelfState,
  shownFor,
  skip,
  tick,
} from "./queue";
import { announcement } from "./words";

const time = (second: number) => new Date(Date.UTC(2026, 10, 21, 10, 0, second)).toISOString();

const fired = (slug: string, xp = 50, at = time(0)): Fired => ({
  kind: "badge",
  key: `bc1q:${slug}`,
  at,
  slug,
  name: slug,
  category: "mining",
  rarity: "common",
  xp,
});

const reached = (level: number, at = time(0), who = "bc1q"): LevelReached => ({
  kind: "level",
  key: `${who}:level:${level}`,
  at,
  who,
  level,
  title: "Hash Pupil",
});

const best = (sdiff: number, at = time(0)): BestReached => ({
  kind: "best",
  key: `bc1q:best:${sdiff}`,
  at,
  who: "bc1q",
  sdiff,
  worker: "garage",
});

const block = (hash: string, at = time(0)): BlockFound => ({
  kind: "block",
  key: `block:${hash}`,
  at,
  height: 976412,
  sdiff: 1.6e14,
  reward_sats: null,
  worker: "garage",
  user: "bc1q",
  name: "bc1q",
  seed: "bc1q",
});

const [a, b, c] = [fired("a"), fired("b"), fired("c", 100)] as const;

/** Where a badge of a short name gives way to the next: 2.5 s after its name has appeared. */
const SHOWN = 1750 + 2500;

const keys = (moments: Happened[]) => moments.map((one) => one.key);

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
    expect(nextChange(tick(kiln, 3400))).toBe(1000 + SHOWN);
    expect(nextChange(tick(kiln, 1000 + SHOWN))).toBe(7000);
  });
});

describe("several", () => {
  it("queue as one stack, each as soon as the name of the one before was read", () => {
    let kiln = push(EMPTY_KILN, [a, b], 0);
    kiln = push(kiln, [c], 100);
    expect([kiln.current, kiln.waiting]).toEqual([a, [b, c]]);
    kiln = tick(kiln, SHOWN - 1);
    expect(kiln.current).toBe(a);
    kiln = tick(kiln, SHOWN);
    expect([kiln.current, kiln.waiting, kiln.startedAt]).toEqual([b, [c], SHOWN]);
    kiln = tick(kiln, 2 * SHOWN - 1);
    expect(shelfState(kiln, b.key)).toBe("fresh");
    kiln = tick(kiln, 2 * SHOWN);
    expect([kiln.current, kiln.waiting]).toEqual([c, []]);
  });

  it("take over from one that only lingers", () => {
    const kiln = push(push(EMPTY_KILN, [a], 0), [b], SHOWN + 100);
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

  it("come in the order in which they were earned, however they are told", () => {
    const [first, second, third, fourth] = [1, 2, 3, 4].map((n) => fired(`n${n}`, 50, time(n)));
    if (!first || !second || !third || !fourth) throw new Error("four were made");
    let kiln = push(EMPTY_KILN, [third, first], 0);
    kiln = push(kiln, [fourth, second], 50);
    expect([kiln.current, kiln.waiting]).toEqual([first, [second, third, fourth]]);
  });

  it("of one share stay in the order of the server", () => {
    const kiln = push(push(EMPTY_KILN, [b], 0), [a, c], 10);
    expect(keys([...[kiln.current].filter((x) => x !== null), ...kiln.waiting])).toEqual(
      keys([b, a, c]),
    );
  });

  it("stay for longer where there is more to read, and never less than 2.5 s", () => {
    const long = { ...a, name: "Down the Rabbit Hole, and out again" };
    expect(shownFor(a)).toBe(1750 + 2500);
    expect(shownFor({ ...a, name: "Million Club" })).toBe(1750 + 2500);
    expect(shownFor(long)).toBeGreaterThan(1750 + 4000);
    expect(shownFor(reached(3))).toBe(2500);
    const kiln = push(EMPTY_KILN, [long, b], 0);
    expect(tick(kiln, shownFor(long) - 1).current).toBe(long);
    expect(tick(kiln, shownFor(long)).current).toBe(b);
  });
});

describe("levels and bests", () => {
  it("wait in the same queue and leave nothing on the shelf", () => {
    let kiln = push(EMPTY_KILN, [a, reached(2, time(1)), best(5e6, time(2))], 0);
    kiln = tick(kiln, SHOWN);
    expect(kiln.current?.kind).toBe("level");
    expect(phaseOf(kiln)).toBe("name");
    kiln = tick(kiln, SHOWN + 2500);
    expect(kiln.current?.kind).toBe("best");
    kiln = skip(kiln, SHOWN + 2600);
    expect(kiln.current).toBeNull();
    expect(kiln.cooling.map((one) => one.badge)).toEqual([a]);
  });

  it("that wait give way to higher ones of the same miner", () => {
    const other = reached(2, time(1), "bc1p");
    const waiting = [reached(2), reached(3, time(1)), other, best(5e6), best(7e6, time(1))];
    const kiln = push(push(EMPTY_KILN, [a], 0), waiting, 10);
    expect(keys(kiln.waiting)).toEqual(["bc1q:level:3", "bc1p:level:2", "bc1q:best:7000000"]);
  });
});

describe("a block", () => {
  const found = block("ab", time(30));

  it("comes before all that waits, and at once", () => {
    const kiln = push(push(EMPTY_KILN, [a, b], 0), [found], 300);
    expect([kiln.current, kiln.waiting]).toEqual([found, [a, b]]);
    expect(shelfState(kiln, a.key)).toBe("hidden");
  });

  it("stays until it is put away; what it interrupted then begins again", () => {
    let kiln: Kiln = push(push(EMPTY_KILN, [a], 0), [found], 2000);
    kiln = tick(kiln, 50 * 60_000);
    expect(kiln.current).toBe(found);
    kiln = skip(kiln, 50 * 60_000);
    expect([kiln.current, kiln.startedAt]).toEqual([a, 50 * 60_000]);
  });

  it("gives way to the next block", () => {
    const kiln = push(push(EMPTY_KILN, [found], 0), [block("cd", time(40))], 10);
    expect(kiln.current).toBe(found);
    expect(skip(kiln, 20).current?.key).toBe("block:cd");
  });

  it("leaves the page after an hour without anybody", () => {
    const kiln = push(EMPTY_KILN, [found], 0);
    expect(nextChange(kiln)).toBe(60 * 60_000);
    expect(tick(kiln, 60 * 60_000).current).toBeNull();
  });
});

it("starts at the name where motion is reduced", () => {
  const kiln = push(EMPTY_KILN, [a], 5000, true);
  expect(phaseOf(kiln)).toBe("name");
});

describe("announcements", () => {
  it("tell a stack in one sentence", () => {
    expect(announcement([])).toBe("");
    expect(announcement([a])).toBe("You earned a. Plus 50 XP.");
    expect(announcement([a, b, c])).toBe("You earned 3 badges: a, b and c. Plus 200 XP.");
  });

  it("tell a block first, then badges, then levels and bests", () => {
    expect(announcement([reached(3), a, block("ab"), best(4.29e9)])).toBe(
      "bc1q found block 976,412. You earned a. Plus 50 XP. Level 3 reached: Hash Pupil. " +
        "New best: 4.29\u00a0G.",
    );
    const unnamed = { ...block("ab"), user: "", name: "", seed: "" };
    expect(announcement([unnamed])).toBe("A miner of this pool found block 976,412.");
  });
});
