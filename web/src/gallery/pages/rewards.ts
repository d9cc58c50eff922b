/** What the pages of rewards answer in pictures: nothing yet, a first month, and years. */
import type {
  CredentialCheck,
  Reward,
  RewardFeed,
  RewardSummary,
  XpEntry,
  XpHistory,
} from "../../api/rewards";
import type { components } from "../../api/schema";
import { beginner, NOW, veteran } from "./answers";
import { badges } from "./registry";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Cause = Reward["cause"];

const ago = (ms: number) => new Date(NOW - ms).toISOString();
const dayOf = (back: number) => ago(back * DAY).slice(0, 10);

const NOTHING: Cause = { kind: "" };

interface Given {
  id: number;
  amount: number;
  source: string;
  about?: string;
  at: string;
  cause?: Partial<Cause>;
  title?: string;
}

function reward({ id, amount, source, about = "", at, cause = {}, title = "" }: Given): Reward {
  const found = source === "badge" ? badges().badges.find(({ slug }) => slug === about) : undefined;
  const code = { badge: "badge_earned", streak: "week_completed", personal_best: "best_day" }[source];
  const params = found ? { name: found.name } : source === "streak" ? { week: about } : { day: about };
  return {
    id: String(id),
    ...{ amount, source, source_id: about || null, at },
    badge: found ? { ...found } : null,
    cause: { ...NOTHING, kind: source, id: about || null, ...cause },
    line: {
      id: `${source}-${id}`,
      type: "xp_gained",
      code: code ?? "xp_granted",
      ...{ params, title, detail: null, xp: amount, badge_slug: found?.slug ?? null, at },
    },
  };
}

const SHARE = "0192f0c1-6d9e-7c41-9e0b-3f5a2c8d7e10";

function hundred(id: number, back: number, number: number): Reward {
  const at = ago(back);
  const cause = { count: number, share_id: SHARE, at, sdiff: 900 + (number % 7_919), worker: "garage-qaxe" };
  return reward({ id, amount: 1, source: "share", about: String(number), at, cause });
}

/** A year and more: every kind of reward. */
const REWARDS: Reward[] = [
  ...Array.from({ length: 14 }, (_, i) => hundred(900 - i, (4 + 61 * i) * MINUTE, 81_400 - 100 * i)),
  reward({
    ...{ id: 880, amount: 50, source: "personal_best", about: dayOf(1), at: ago(20 * HOUR) },
    cause: { day: dayOf(1), sdiff: 6.12e8, worker: "kitchen", share_id: SHARE, at: ago(22 * HOUR) },
  }),
  reward({
    ...{ id: 870, amount: -30, source: "correction", at: ago(2 * DAY), title: "Counted twice after the move" },
  }),
  reward({
    ...{ id: 860, amount: 500, source: "badge", about: "streak_52", at: ago(3 * DAY + 18.5 * HOUR) },
    cause: { week: "2026-W47", weeks: 52 },
  }),
  reward({
    ...{ id: 859, amount: 25, source: "streak", about: "2026-W47", at: ago(3 * DAY + 18.5 * HOUR) },
    cause: { week: "2026-W47", count: 931 },
  }),
  reward({
    ...{ id: 500, amount: 1_000, source: "badge", about: "block_finder", at: ago(36 * DAY) },
    cause: { height: 970_001, worker: "garage-qaxe", hash: "0".repeat(20) + "1f3c8e5c7".repeat(5).slice(0, 44) },
  }),
  reward({
    ...{ id: 300, amount: 100, source: "badge", about: "diff_1e9", at: ago(80 * DAY) },
    cause: { sdiff: 4.29e9, worker: "garage-qaxe", share_id: null, at: null },
  }),
];

export const feed: RewardFeed = { rewards: REWARDS, next_cursor: "300" };
export const firstFeed: RewardFeed = {
  rewards: [
    reward({
      ...{ id: 1, amount: 50, source: "badge", about: "first_share", at: ago(10 * MINUTE) },
      cause: { count: 1, sdiff: 1_840, worker: "bitaxe", share_id: SHARE, at: ago(10 * MINUTE) },
    }),
  ],
  next_cursor: null,
};
export const noFeed: RewardFeed = { rewards: [], next_cursor: null };

type Sums = Record<string, number>;
const sum = (by: Sums) => Object.values(by).reduce((a, b) => a + b, 0);

function summaryOf(of: (back: number) => Sums, total_xp: number): RewardSummary {
  const days = Array.from({ length: 30 }, (_, i) => {
    const by_source = of(29 - i);
    return { day: dayOf(29 - i), xp: sum(by_source), by_source };
  });
  const monday = Date.UTC(2026, 10, 23);
  const weeks = Array.from({ length: 12 }, (_, i) => {
    const back = 11 - i;
    const by_source: Sums = {};
    for (let n = 0; n < 7; n += 1) {
      for (const [source, xp] of Object.entries(of(back * 7 + 3 - n))) {
        by_source[source] = (by_source[source] ?? 0) + xp;
      }
    }
    const start = new Date(monday - back * 7 * DAY).toISOString().slice(0, 10);
    return { week_iso: `2026-W${48 - back}`, week_start: start, xp: sum(by_source), by_source };
  });
  const today = days.at(-1)?.xp ?? 0;
  return { total_xp, today, this_week: weeks.at(-1)?.xp ?? 0, days, weeks };
}

export const summary = summaryOf((back): Sums => {
  if (back < 0) return {};
  return {
    share: 11 + ((back * 5) % 7),
    ...(back % 7 === 3 && { streak: 25 }),
    ...((back === 1 || back === 17) && { personal_best: 50 }),
    ...(back === 3 && { badge: 500 }),
    ...(back === 2 && { correction: -30 }),
  };
}, veteran.xp.total_xp);
export const firstSummary = summaryOf((back) => (back === 0 ? { badge: 50 } : {}), 50);
export const noSummary = summaryOf(() => ({}), 0);

const noStreak = {
  ...{ current_streak: 0, longest_streak: 0, streak_start_date: null, last_active_week: null },
  is_active_this_week: false,
};

function historyOf(rewards: readonly Reward[], total: number): XpHistory {
  const entries = rewards.map(({ amount, source, source_id, at, line }): XpEntry => ({
    ...{ amount, source, source_id, created_at: at, description: line.title },
  }));
  return { entries, total, page: 1, per_page: 50 };
}

/** The answers about one player's rewards, by path. */
function answersOf(player: typeof veteran, of: RewardFeed, xp: RewardSummary, entries: number) {
  return {
    "/rewards/feed": of,
    "/rewards/summary": xp,
    "/users/me/xp": player.xp,
    "/users/me/xp/history": historyOf(of.rewards, entries),
    "/users/me/streak": player.streak,
    "/users/me/streak/calendar": { weeks: player.streak.weeks },
    "/users/me/credentials": { credentials: [] },
  };
}

export const large = {
  ...answersOf(veteran, feed, summary, 1_204),
  "/users/me/credentials": {
    credentials: [
      { id: "6f".repeat(16), badge: "diff_1e9", issued_at: ago(9 * DAY), url: "https://solo.example.org/c" },
    ],
  },
};
export const small = answersOf(beginner, firstFeed, firstSummary, 1);
export const empty = {
  ...answersOf(beginner, noFeed, noSummary, 0),
  "/users/me/xp": { ...beginner.xp, total_xp: 0, xp_into_level: 0, xp_to_next_level: 100 },
  "/users/me/streak": noStreak,
  "/users/me/streak/calendar": {
    weeks: beginner.streak.weeks.map((week) => ({ ...week, is_active: false, days: 0, share_count: 0 })),
  },
};

export const CREDENTIAL = "6f".repeat(16);

export const valid: CredentialCheck = {
  id: CREDENTIAL,
  valid: true,
  revoked_at: null,
  issuer: "https://solo.example.org/api/v1/credentials/issuer",
  badge: "diff_1e9",
  earner: "ofenbank",
  credential: {
    name: "Billion Club",
    issuer: { name: "The Bitcoin Game" },
    validFrom: ago(80 * DAY),
    credentialSubject: { achievement: { description: "Hit a share with difficulty over 1 billion" } },
  },
};
const refused = { ...valid, valid: false, badge: null, earner: null, credential: null };
export const revoked: CredentialCheck = { ...refused, revoked_at: ago(2 * DAY) };
export const altered: CredentialCheck = { ...valid, valid: false };

export const found: { users: components["schemas"]["FoundUser"][] } = {
  users: [
    {
      ...{ id: 7, name: "ofenbank", address: veteran.address ?? "", seed: veteran.avatar_seed },
      ...{ total_xp: 11_250, badges: ["first_share"] },
    },
  ],
};
