/** What pools, miners and players answer in the pictures of pages: typed as the API is. */
import type { Me, OwnAddress, Session, Settings } from "../../api/account";
import type { components } from "../../api/schema";
import type { BadgeDetail, Config, FeedItem, PublicMiner, PublicStats, Week } from "../../api/types";
import { badges, levels, MINERS } from "./registry";

type Schemas = components["schemas"];

/** A Thursday evening, in the middle of the week. */
export const NOW = Date.UTC(2026, 10, 26, 18, 30);
const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

export const ago = (ms: number) => new Date(NOW - ms).toISOString();

export const ADDRESS = "bc1q8gh3c8esczxfyyjc03x49z730xy97my7ejwcnr";
export const STRANGER = "3NiRevVXqB8cnq21Mc7EC6zuer2oNcdM4v";
const OTHERS = [
  "1GyN729TJ3sArv1YCqvVD5VztG1yUp4GqF",
  "tante-emma",
  "bc1p6ehmtxhgu8hsrqplvepus4tt5urhzk58rkwpr2mdtqz7gmqpsgks6yaxt7",
  "38H4iMwEg3kw5ppWRbM4SkYFRSeMCZWZmo",
  "satoshis-keller",
  "1NUNANne723TJxDuZqbrrA9HDZfoJQBDU7",
  "bc1qkc36zkrah2gwcgdmk0apcl9vg62s902z0k9qga",
];

export const config: Config = {
  network: "mainnet",
  name: "The Bitcoin Game",
  version: "0.1.0",
  demo: false,
  stratum: "stratum+tcp://solo.example.org:3333",
  features: { live: true, sign_in: true, demo_sign_in: false },
  categories: ["mining", "streak", "competition", "social", "node"],
  rarities: ["common", "rare", "epic", "legendary"],
};

/** A level by its number, as it is told beside the XP. */
function xp(total_xp: number): PublicMiner["xp"] {
  const at = levels.levels.findLastIndex(({ cumulative }) => cumulative <= total_xp);
  const here = levels.levels[at];
  const next = levels.levels[at + 1];
  if (!here || !next) throw new Error("There is no such level.");
  return {
    total_xp,
    level: here.level,
    level_title: here.title,
    xp_into_level: total_xp - here.cumulative,
    xp_for_level: next.xp_required,
    xp_to_next_level: next.cumulative - total_xp,
    next_level: next.level,
    next_title: next.title,
  };
}

type Line = Pick<FeedItem, "code" | "params" | "xp"> & { at: string; badge?: string };

function line({ code, params, xp: reward, at, badge }: Line): FeedItem {
  const id = `${code}-${at}`;
  return { ...{ id, type: code, code, params, at }, title: code, detail: null, xp: reward, badge_slug: badge ?? null };
}

const LINES: Line[] = [
  { code: "shares_counted", params: { hundreds: 14, total: 81_400, more: 0 }, xp: 14, at: ago(4 * MINUTE) },
  { code: "badge_earned", params: { name: "Year of Mining" }, xp: 500, at: ago(3 * DAY + 18.5 * HOUR), badge: "streak_52" },
  { code: "week_completed", params: { week: "2026-W47" }, xp: 25, at: ago(3 * DAY + 18.5 * HOUR) },
  { code: "level_up", params: { level: 7, title: "Hash Veteran" }, xp: null, at: ago(5 * DAY) },
  { code: "block_found", params: { height: 970_001, worker: "garage-qaxe" }, xp: null, at: ago(36 * DAY) },
  { code: "personal_best", params: { sdiff: 4.29e9, worker: "garage-qaxe" }, xp: null, at: ago(80 * DAY) },
];

/** The last 52 weeks, the running one included; `missed` counts back from it. */
function weeks(active: number, missed: readonly number[] = []): Week[] {
  const monday = Date.UTC(2026, 10, 23);
  return Array.from({ length: 52 }, (_, i): Week => {
    const back = 51 - i;
    const start = new Date(monday - back * WEEK);
    const is_active = back < active && !missed.includes(back);
    const days = back === 0 ? 0b0001101 : back % 4 === 1 ? 0b1111111 : 0b0111100;
    // 2026 has 53 weeks, and this is its 48th.
    const number = 48 - back;
    const [year, week] = number > 0 ? [2026, number] : [2025, 52 + number];
    return {
      week_iso: `${year}-W${String(week).padStart(2, "0")}`,
      week_start: start.toISOString().slice(0, 10),
      share_count: is_active ? 900 + 31 * (back % 9) : 0,
      best_diff: is_active ? 2e6 * (1 + (back % 5)) : 0,
      is_active,
      days: is_active ? days : 0,
      is_frozen: back < active && missed.includes(back),
    };
  });
}

const UNSEEN: PublicMiner["hashrate"] = { since: ago(168.5 * HOUR), ths: Array(168).fill(null) };

/** A week by the hour: a calm wave, luck on top of it, and one evening offline. */
function hashrate(ths: number): PublicMiner["hashrate"] {
  return {
    since: UNSEEN.since,
    ths: Array.from({ length: 168 }, (_, hour) =>
      hour > 90 && hour < 97 ? 0 : ths * (1 + 0.18 * Math.sin(hour / 9) + 0.22 * Math.sin(hour * 2.4)),
    ),
  };
}

function earned(slug: string, days: number, metadata: Record<string, string | number> = {}) {
  return { slug, earned_at: ago(days * DAY), metadata };
}

/** A year and more of mining, with everything that a page can hold. */
export const veteran: PublicMiner = {
  handle: "ofenbank",
  address: ADDRESS,
  avatar_seed: ADDRESS,
  display_name: "Käthe's Ofenbank",
  bio: "Three small machines behind the stove. They heat the hall and, so far, nothing else.",
  country: "CH",
  claimed: true,
  since: ago(411 * DAY),
  last_share_at: ago(9_000),
  online: true,
  xp: xp(11_250),
  streak: {
    current_streak: 52,
    longest_streak: 52,
    streak_start_date: "2025-11-24",
    last_active_week: "2026-W48",
    is_active_this_week: true,
    freezes_held: 1,
    freezes_on: true,
    weeks: weeks(52, [20]),
  },
  badges: {
    earned: [
      earned("streak_52", 3.8, { week: "2026-W47", streak: 52 }),
      earned("block_finder", 36, { height: 970_001, worker: "garage-qaxe" }),
      earned("diff_1e9", 80, { sdiff: 4.29e9, worker: "garage-qaxe" }),
      earned("weekly_diff_champion", 120, { week: "2026-W31", sdiff: 8.8e8 }),
      earned("streak_12", 283, { week: "2026-W08", streak: 12 }),
      earned("diff_1e6", 330, { sdiff: 2.2e6, worker: "kitchen" }),
      earned("streak_4", 339, { week: "2025-W52", streak: 4 }),
      earned("shares_1k", 401, { total_shares: 1_000, sdiff: 14_000, worker: "kitchen" }),
      earned("first_share", 411, { total_shares: 1, sdiff: 1_200, worker: "kitchen" }),
    ],
    total_earned: 9,
    total_available: 20,
    progress: [
      { slug: "shares_1m", counts: "share_count", value: 81_412, threshold: 1e6 },
      { slug: "diff_1e12", counts: "best_diff", value: 4.29e9, threshold: 1e12 },
    ],
  },
  bests: {
    alltime: { sdiff: 4.29e9, at: ago(80 * DAY), worker: "garage-qaxe", share_id: null },
    month: { sdiff: 6.12e8, at: ago(11 * DAY), worker: "kitchen", share_id: null },
    week: { sdiff: 9.7e7, at: ago(26 * HOUR), worker: "desk-ultra", share_id: null },
  },
  stats: {
    shares_accepted: 81_412,
    shares_rejected: 119,
    work: 8.3e9,
    blocks_found: 1,
    best_difficulty: 4.29e9,
    hashrate_ths_1h: 6.31,
    hashrate_ths_24h: 5.87,
  },
  hashrate: hashrate(5.8),
  pace: { shares: 1_380, work: 1.2e8 },
  workers: [
    { name: "garage-qaxe", online: true, last_seen: ago(9_000), agent: "NerdQAxe++/1.0.35", shares_accepted: 52_010, shares_rejected: 61, best_sdiff: 4.29e9, hashrate_ths_1h: 4.72 },
    { name: "kitchen", online: true, last_seen: ago(22_000), agent: "bitaxe/BM1370/2.6", shares_accepted: 24_380, shares_rejected: 40, best_sdiff: 6.12e8, hashrate_ths_1h: 1.59 },
    { name: "desk-ultra", online: false, last_seen: ago(3.4 * HOUR), agent: "cgminer/4.11.1", shares_accepted: 5_021, shares_rejected: 18, best_sdiff: 9.7e7, hashrate_ths_1h: 0 },
    { name: "garage-left-shelf-below-the-window-🔥-" + "x".repeat(40), online: false, last_seen: ago(93 * DAY), agent: null, shares_accepted: 1, shares_rejected: 0, best_sdiff: 770, hashrate_ths_1h: 0 },
  ],
  workers_total: 4,
  workers_online: 2,
  blocks: [
    { height: 970_001, hash: "000000000000000000011f3c8esczxf".padEnd(64, "0").replace(/[^0-9a-f]/g, "7"), found_at: ago(36 * DAY), worker: "garage-qaxe", sdiff: 1.0084e14, reward_sats: 314_836_251 },
  ],
  feed: LINES.map(line),
};

/** Ten minutes old, on a page that nobody has claimed. */
export const beginner: PublicMiner = {
  ...veteran,
  handle: STRANGER,
  address: STRANGER,
  avatar_seed: STRANGER,
  display_name: null,
  bio: null,
  country: null,
  claimed: false,
  since: ago(10 * MINUTE),
  xp: xp(50),
  streak: {
    current_streak: 1,
    longest_streak: 1,
    streak_start_date: "2026-11-23",
    last_active_week: "2026-W48",
    is_active_this_week: true,
    freezes_held: 0,
    freezes_on: true,
    weeks: weeks(1).map((week, i) => (i === 51 ? { ...week, share_count: 3, days: 0b0001000 } : week)),
  },
  badges: {
    earned: [earned("first_share", 10 / 1440, { total_shares: 1, sdiff: 1_840, worker: "bitaxe" })],
    total_earned: 1,
    total_available: 20,
    progress: [
      { slug: "shares_1k", counts: "share_count", value: 3, threshold: 1_000 },
      { slug: "shares_1m", counts: "share_count", value: 3, threshold: 1e6 },
      { slug: "diff_1e6", counts: "best_diff", value: 7_310, threshold: 1e6 },
      { slug: "diff_1e9", counts: "best_diff", value: 7_310, threshold: 1e9 },
      { slug: "diff_1e12", counts: "best_diff", value: 7_310, threshold: 1e12 },
      { slug: "streak_4", counts: "streak", value: 0, threshold: 4 },
      { slug: "streak_12", counts: "streak", value: 0, threshold: 12 },
      { slug: "streak_52", counts: "streak", value: 0, threshold: 52 },
    ],
  },
  bests: {
    alltime: { sdiff: 7_310, at: ago(4 * MINUTE), worker: "bitaxe", share_id: null },
    month: { sdiff: 7_310, at: ago(4 * MINUTE), worker: "bitaxe", share_id: null },
    week: { sdiff: 7_310, at: ago(4 * MINUTE), worker: "bitaxe", share_id: null },
  },
  stats: {
    shares_accepted: 3,
    shares_rejected: 0,
    work: 1_536,
    blocks_found: 0,
    best_difficulty: 7_310,
    hashrate_ths_1h: 0.92,
    hashrate_ths_24h: 0.04,
  },
  hashrate: UNSEEN,
  pace: { shares: 0, work: 0 },
  workers: [
    { name: "bitaxe", online: true, last_seen: ago(9_000), agent: "bitaxe/BM1370/2.6", shares_accepted: 3, shares_rejected: 0, best_sdiff: 7_310, hashrate_ths_1h: 0.92 },
  ],
  workers_total: 1,
  workers_online: 1,
  blocks: [],
  feed: [line({ code: "badge_earned", params: { name: "First Hash" }, xp: 50, at: ago(10 * MINUTE), badge: "first_share" })],
};

function onTheWall(users: string[]): PublicStats["wall"] {
  return users.map((user, i) => {
    const { level, title } = levels.levels[(i * 7) % 11] ?? { level: 1, title: "Nocoiner" };
    return { user, seed: user, level, level_title: title, online: i % 3 !== 2 };
  });
}

/** A pool of 240 miners that has found a block. */
export const pool: PublicStats = {
  miners: MINERS,
  miners_online: 171,
  workers_online: 402,
  shares_accepted: 184_220_310,
  shares_rejected: 310_221,
  hashrate_ths: 812.4,
  work: 9.1e13,
  best_difficulty: { sdiff: 1.0084e14, user: "ofenbank", seed: ADDRESS, at: ago(36 * DAY) },
  blocks_found: 2,
  blocks_reported: 1,
  last_block: {
    height: 970_001,
    hash: "0".repeat(64),
    found_at: ago(36 * DAY),
    worker: "garage-qaxe",
    sdiff: 1.0084e14,
    reward_sats: 314_836_251,
    user: "ofenbank",
    seed: ADDRESS,
  },
  height: 976_413,
  xp_granted: 1_204_770,
  badges_earned: 952,
  updated_at: ago(9_000),
  wall: onTheWall(["ofenbank", ...OTHERS, ...Array.from({ length: 25 }, (_, i) => `miner-${i + 9}`)]),
  recent: [
    { ...line({ code: "personal_best", params: { sdiff: 2.31e8, worker: "hall" }, xp: null, at: ago(20_000) }), user: "tante-emma", seed: "tante-emma" },
    { ...line({ code: "badge_earned", params: { name: "Billion Club" }, xp: 100, at: ago(3 * MINUTE), badge: "diff_1e9" }), user: OTHERS[0] ?? "", seed: OTHERS[0] ?? "" },
    { ...line({ code: "level_up", params: { level: 9, title: "Nonce Grinder" }, xp: null, at: ago(41 * MINUTE) }), user: "satoshis-keller", seed: "satoshis-keller" },
    { ...line({ code: "week_completed", params: { week: "2026-W47" }, xp: 25, at: ago(3.77 * DAY) }), user: OTHERS[5] ?? "", seed: OTHERS[5] ?? "" },
  ],
};

/** Two neighbours on their first evening. */
export const smallPool: PublicStats = {
  ...pool,
  miners: 2,
  miners_online: 2,
  workers_online: 3,
  shares_accepted: 641,
  shares_rejected: 0,
  hashrate_ths: 2.05,
  work: 3.9e5,
  best_difficulty: { sdiff: 1.21e6, user: STRANGER, seed: STRANGER, at: ago(HOUR) },
  blocks_found: 0,
  blocks_reported: 0,
  last_block: null,
  xp_granted: 210,
  badges_earned: 3,
  wall: onTheWall([STRANGER, "tante-emma"]).map((tile) => ({ ...tile, level: 1, level_title: "Nocoiner" })),
  recent: pool.recent.slice(1, 2).map((item) => ({
    ...item,
    params: { name: "Million Club" },
    badge_slug: "diff_1e6",
    xp: 50,
    user: STRANGER,
    seed: STRANGER,
  })),
};

/** Just set up: nobody has mined here yet. */
export const emptyPool: PublicStats = {
  ...smallPool,
  miners: 0,
  miners_online: 0,
  workers_online: 0,
  shares_accepted: 0,
  hashrate_ths: 0,
  work: 0,
  best_difficulty: null,
  height: null,
  xp_granted: 0,
  badges_earned: 0,
  wall: [],
  recent: [],
};

export function badge(slug: string): { badge: BadgeDetail } {
  const found = badges().badges.find((one) => one.slug === slug);
  if (!found) throw new Error(`There is no badge ${slug}.`);
  const users = found.total_earned > 0 ? ["tante-emma", OTHERS[0] ?? "", "satoshis-keller", ADDRESS] : [];
  const recent_earners = users.map((user, i) => ({ user, seed: user, earned_at: ago((3 ** i) * 14 * HOUR) }));
  return { badge: { ...found, recent_earners } };
}

export const me: Me = {
  id: 7,
  role: "user",
  name: "ofenbank",
  handle: "ofenbank",
  address: ADDRESS,
  addresses: 2,
  display_name: veteran.display_name,
  bio: veteran.bio,
  country: "CH",
  created_at: veteran.since,
  claimed_at: ago(400 * DAY),
  deletion_at: null,
  privacy: { profile_public: true, address_shown: "whole", on_leaderboards: true },
};

/** Signed in for the first time, with nothing chosen yet. */
export const newcomer: Me = {
  ...me,
  name: STRANGER,
  handle: null,
  address: STRANGER,
  addresses: 1,
  display_name: null,
  bio: null,
  country: null,
  created_at: beginner.since,
  claimed_at: ago(2 * MINUTE),
  privacy: { profile_public: true, address_shown: "whole", on_leaderboards: true },
};

export const settings: Settings = {
  version: 1,
  theme: "system",
  welcome: "closed",
  units: { hashrate: "auto", difficulty: "short", clock: "24h" },
  notifications: { badges: true, blocks: true, levels: true, streaks: true, weekly_summary: true },
};

function session(id: number, device: string, current: boolean, used: number): Session {
  return {
    id: `00000000-0000-4000-8000-00000000000${id}`,
    ...{ device, current, kind: "cookie", address: ADDRESS },
    created_at: ago(used + 20 * DAY),
    last_used_at: ago(used),
    expires_at: ago(-10 * DAY),
  };
}

export const sessions: Schemas["SessionList"] = {
  sessions: [
    session(1, "Firefox on Linux", true, 0),
    session(2, "Safari on iPhone", false, 5 * HOUR),
    { ...session(3, "kitchen-display/1.2", false, 2 * DAY), kind: "bearer" },
  ],
  ended: [
    { ...session(4, "Chrome on Windows", false, 9 * DAY), ended_at: ago(9 * DAY), ended_why: "signed out" },
  ].map(({ id, device, kind, address, created_at, ended_at, ended_why }) => ({
    ...{ id, device, kind, address, created_at, ended_at },
    ended_why: ended_why as "signed out",
  })),
};

export const addresses: { addresses: OwnAddress[] } = {
  addresses: [
    { address: ADDRESS, first: true, can_unlink: false, merged: false, linked_at: veteran.since, proved_at: ago(400 * DAY) },
    { address: OTHERS[0] ?? "", first: false, can_unlink: true, merged: true, linked_at: ago(60 * DAY), proved_at: ago(60 * DAY) },
  ],
};

type Done = Schemas["ActivityEntry"]["action"];

export const activity: Schemas["ActivityList"] = {
  next_cursor: null,
  activity: (
    [
      ["session.begin", null],
      ["privacy.change", null],
      ["api_key.make", "kitchen display"],
      ["address.link", OTHERS[0] ?? ""],
      ["session.reuse", null],
    ] satisfies [Done, string | null][]
  ).map(([action, about], i) => ({
    ...{ action, about, current: i === 0, signed_in_with: ADDRESS },
    at: ago((4 ** i) * 3 * HOUR),
    device: i === 0 ? "Firefox on Linux" : "Safari on iPhone",
  })),
};

export const apiKeys: Schemas["ApiKeyList"] = {
  api_keys: [
    { id: "k1", name: "kitchen display", scope: "read", created_at: ago(40 * DAY), expires_at: ago(-50 * DAY), last_used_at: ago(MINUTE) },
    { id: "k2", name: "spreadsheet", scope: "mining", created_at: ago(200 * DAY), expires_at: null, last_used_at: null },
  ],
};

export { badges, levels };
