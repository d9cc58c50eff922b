/**
 * Whole pages as they looked when somebody last looked at them: in both themes, on a phone and on a
 * desk, for pools and miners that are new, old or broken. Like the pictures of the kit, they are
 * renewed by `make looks`, and what differs is in web/test-results/looks.
 *
 * The page is the real one: the app with its router, but over answers from `pages/answers.ts`, at
 * one moment, without a network.
 */
import { createMemoryHistory } from "@tanstack/react-router";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { render } from "vitest-browser-react";
import { page } from "vitest/browser";
import * as given from "./pages/answers";
import * as quests from "./pages/quests";
import * as earned from "./pages/rewards";

// The modules count from when they are loaded: that must be the same moment each time.
vi.useFakeTimers({ toFake: ["Date"], now: given.NOW });
const { App, queryClient } = await import("../App");
const { KilnStore } = await import("../celebrate/store");
const { LiveClient } = await import("../live/client");
const { routerOn } = await import("../router");
const { choose } = await import("../theme");

const API = "/api/v1";
/** No picture is less high, in px. */
const LEAST = 900;

/** The answers of a pool, by path. What is not among them is not found. */
type Answers = Record<string, unknown>;

class Refused {
  constructor(readonly status: number, readonly code: string) {}
}

const OF_POOL: Answers = {
  "/config": given.config,
  "/levels": given.levels,
  "/badges": given.badges(),
  "/badges/diff_1e9": given.badge("diff_1e9"),
  "/badges/node_runner": given.badge("node_runner"),
  "/quests": quests.quests,
  "/public/stats": given.pool,
  "/public/miners/ofenbank": given.veteran,
  [`/public/miners/${given.STRANGER}`]: given.beginner,
  "/public/miners/hello": new Refused(422, "not_an_address"),
};

const OF_PLAYER: Answers = {
  "/users/me": given.me,
  "/users/me/settings": given.settings,
  "/users/me/sessions": given.sessions,
  "/users/me/addresses": given.addresses,
  "/users/me/activity": given.activity,
  "/users/me/api-keys": given.apiKeys,
  "/users/me/quests": quests.ownQuests,
};

const OF_NEWCOMER: Answers = {
  "/users/me": given.newcomer,
  "/users/me/settings": { ...given.settings, welcome: "open" },
  "/users/me/quests": quests.newQuests,
};

const OF_BEGINNER: Answers = { ...OF_NEWCOMER, ...earned.small };
const OF_NOBODY: Answers = {
  ...OF_BEGINNER,
  ...earned.empty,
  [`/public/miners/${given.STRANGER}`]: new Refused(404, "not_found"),
};
const OF_VETERAN: Answers = { ...OF_PLAYER, ...earned.large };
const OF_OPERATOR: Answers = { ...OF_PLAYER, "/users/me": { ...given.me, role: "admin" } };
const VERIFY = `/credentials/${earned.CREDENTIAL}/verify`;
const verifying = (check: unknown): Shown => ({
  path: `/credentials/${earned.CREDENTIAL}`,
  answers: { [VERIFY]: check },
});

interface Shown {
  path: string;
  answers?: Answers;
  /** Somebody is signed in. */
  own?: boolean;
}

const AWAY = new Refused(503, "unavailable");

/** In both themes and both widths. */
const PAGES: Record<string, Shown> = {
  landing: { path: "/" },
  miner: { path: "/m/ofenbank" },
  "no-shares": { path: `/m/${given.ADDRESS}` },
  badges: { path: "/badges" },
  badge: { path: "/badges/diff_1e9" },
  quests: { path: "/quests", own: true, answers: OF_PLAYER },
  how: { path: "/how-it-works" },
  "sign-in": { path: "/sign-in" },
  welcome: { path: "/welcome", own: true, answers: OF_NEWCOMER },
  settings: { path: "/settings", own: true, answers: OF_PLAYER },
  rewards: { path: "/rewards", own: true, answers: OF_VETERAN },
  "rewards-badges": { path: "/rewards/badges", own: true, answers: OF_VETERAN },
  "rewards-xp": { path: "/rewards/xp", own: true, answers: OF_VETERAN },
  "rewards-levels": { path: "/rewards/levels", own: true, answers: OF_VETERAN },
  "rewards-streak": { path: "/rewards/streak", own: true, answers: OF_VETERAN },
  credential: verifying(earned.valid),
  admin: { path: "/admin", own: true, answers: OF_OPERATOR },
  "not-found": { path: "/nowhere" },
  error: { path: "/", answers: { "/public/stats": {} } },
};

/** What else a page can be: by day on a desk, and in the evening on a phone. */
const STATES: Record<string, Shown> = {
  "landing-empty": { path: "/", answers: { "/public/stats": given.emptyPool } },
  "landing-small": { path: "/", answers: { "/public/stats": given.smallPool } },
  "landing-broken": { path: "/", answers: { "/public/stats": AWAY } },
  "miner-new": { path: `/m/${given.STRANGER}` },
  "miner-own": { path: `/m/${given.STRANGER}`, own: true, answers: OF_NEWCOMER },
  "miner-broken": { path: "/m/ofenbank", answers: { "/public/miners/ofenbank": AWAY } },
  "miner-wrong": { path: "/m/hello" },
  "quests-visitor": { path: "/quests" },
  "quests-new": { path: "/quests", own: true, answers: OF_NEWCOMER },
  "quests-broken": { path: "/quests", answers: { "/quests": AWAY } },
  "badge-closed": { path: "/badges/node_runner" },
  "settings-privacy": { path: "/settings/privacy", own: true, answers: OF_PLAYER },
  "settings-addresses": { path: "/settings/addresses", own: true, answers: OF_PLAYER },
  "settings-devices": { path: "/settings/sessions", own: true, answers: OF_PLAYER },
};

const PARTS = ["", "/badges", "/xp", "/levels", "/streak"];
const rewardsOf = (whose: string, answers: Answers) =>
  PARTS.map((part): [string, Shown] => [
    `rewards${part.replace("/", "-")}-${whose}`,
    { path: `/rewards${part}`, own: true, answers },
  ]);

/** The same, in the evening on a phone only. */
const DETAILS: Record<string, Shown> = {
  ...Object.fromEntries(rewardsOf("small", OF_BEGINNER)),
  ...Object.fromEntries(rewardsOf("empty", OF_NOBODY)),
  "rewards-broken": { path: "/rewards", own: true, answers: { ...OF_VETERAN, "/rewards/feed": AWAY } },
  "credential-revoked": verifying(earned.revoked),
  "credential-altered": verifying(earned.altered),
  "credential-unknown": { path: `/credentials/${earned.CREDENTIAL}` },
  "landing-own": { path: "/", own: true, answers: OF_PLAYER },
  "badges-own": { path: "/badges", own: true, answers: OF_PLAYER },
  "quests-none": { path: "/quests", answers: { "/quests": { quests: [] } } },
  "how-empty": {
    path: "/how-it-works",
    answers: { "/public/stats": given.emptyPool, "/badges": given.badges(0) },
  },
  "settings-activity": { path: "/settings/activity", own: true, answers: OF_PLAYER },
  "settings-keys": { path: "/settings/api-keys", own: true, answers: OF_PLAYER },
};

const problem = ({ status, code }: Refused) => ({
  ...{ type: `/problems/${code}`, title: code, status, detail: "", instance: "", errors: [] },
  request_id: "01a22994dc7976608d2dcbdacc1f167f",
});

function answering(answers: Answers) {
  return (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname.replace(API, "");
    const answer = answers[path] ?? new Refused(404, "not_found");
    const [body, status] =
      answer instanceof Refused ? [problem(answer), answer.status] : [answer, 200];
    return Promise.resolve(Response.json(body, { status }));
  };
}

/** A connection that opens, says hello and is silent from then on. */
function socket() {
  const one: ReturnType<ConstructorParameters<typeof LiveClient>[0]["open"]> = {
    ...{ send: () => {}, close: () => {} },
    ...{ onopen: null, onmessage: null, onclose: null },
  };
  setTimeout(() => {
    one.onopen?.({} as never);
    one.onmessage?.(new MessageEvent("message", { data: "{}" }));
  });
  return one;
}

function forget() {
  localStorage.clear();
  sessionStorage.clear();
  for (const name of ["tbg_csrf", "tbg_renewed"]) document.cookie = `${name}=; Max-Age=0; Path=/`;
}

const frame = () => new Promise(requestAnimationFrame);

async function open({ path, answers, own = false }: Shown) {
  vi.stubGlobal("fetch", answering({ ...OF_POOL, ...answers }));
  if (own) {
    document.cookie = "tbg_csrf=1; Path=/";
    document.cookie = `tbg_renewed=${Date.now()}; Path=/`;
  }
  const client = queryClient();
  client.setDefaultOptions({ queries: { retry: false } });
  const live = new LiveClient({ open: socket });
  const router = routerOn(createMemoryHistory({ initialEntries: [path] }));
  const root = document.createElement("div");
  root.id = "root";
  document.body.append(root);
  await render(<App {...{ client, live, router }} kiln={new KilnStore()} />, { container: root });
  const complete = () => {
    const charts = root.querySelectorAll(".chart-plot").length;
    return (
      root.querySelector("h1") !== null &&
      root.querySelector(".skeleton") === null &&
      client.isFetching() === 0 &&
      root.querySelectorAll("canvas").length >= charts
    );
  };
  // Not `expect.poll`, which moves the time on.
  while (!complete()) await frame();
  await document.fonts.ready;
  return root;
}

beforeAll(() => {
  // The mouse lies wherever another test has left it.
  document.documentElement.style.pointerEvents = "none";
});
beforeEach(forget);
afterEach(() => {
  document.getElementById("root")?.remove();
  vi.unstubAllGlobals();
});
afterAll(() => {
  choose(null);
  forget();
});

/** A picture ends where the window does, and some parts stand at its foot. */
async function fit(root: HTMLElement, width: number) {
  await page.viewport(width, LEAST);
  for (let height = 0; height !== root.scrollHeight; ) {
    // The page is laid out for the new width, and what it then shows is laid out as well.
    for (let n = 0; n < 4; n += 1) await frame();
    height = root.scrollHeight;
    await page.viewport(width, Math.max(LEAST, height));
    await frame();
  }
}

type Look = readonly ["day" | "evening", 390 | 1280];

const LOOKS: Look[] = [["day", 1280], ["evening", 1280], ["evening", 390], ["day", 390]];
const [DESK, , PHONE] = LOOKS as [Look, Look, Look, Look];

async function pictures(name: string, shown: Shown, looks: Look[]) {
  const [, first] = looks[0] ?? DESK;
  await page.viewport(first, LEAST);
  const root = await open(shown);
  for (const [theme, width] of looks) {
    choose(theme);
    await fit(root, width);
    await expect(root).toMatchScreenshot(`pages/${name}-${theme}-${width}`);
  }
}

describe("a page looks as before", () => {
  test.each(Object.entries(PAGES))("%s", (name, shown) => pictures(name, shown, LOOKS));
  test.each(Object.entries(STATES))("%s", (name, shown) => pictures(name, shown, [DESK, PHONE]));
  test.each(Object.entries(DETAILS))("%s", (name, shown) => pictures(name, shown, [PHONE]));
});
