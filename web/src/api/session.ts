/**
 * A signed-in browser: its cookies cannot be read here, except the one that proves that a request
 * comes from this page. An access cookie that ran out is renewed once, by one tab at a time: the
 * token that renews it is good for one use, and using it twice ends the session.
 */

const COOKIES = ["__Host-tbg_csrf", "tbg_csrf"];
const HEADER = "X-CSRF-Token";
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const REFRESH = "/api/v1/auth/refresh";
const LOCK = "tbg.refresh";
/**
 * Access cookies hold for 15 minutes. An older one is renewed before it is used: what everybody may
 * read is not refused without one, but the owner would be shown what strangers see.
 */
const HOLDS = 14 * 60_000;

/** The token of the readable cookie, or null: then nobody is signed in here. */
export function csrfOf(cookies: string): string | null {
  return cookieOf(cookies, COOKIES);
}

function cookieOf(cookies: string, names: string[]): string | null {
  for (const pair of cookies.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && names.includes(pair.slice(0, at).trim())) {
      return decodeURIComponent(pair.slice(at + 1).trim()) || null;
    }
  }
  return null;
}

/** What the session needs from the browser, so that a test can hand in its own. */
export interface Surroundings {
  origin: string;
  fetch: (request: Request) => Promise<Response>;
  cookies: () => string;
  /** One tab at a time; old browsers have none. */
  locks: { request: <T>(name: string, run: () => Promise<T>) => Promise<T> } | undefined;
  /** When any tab last renewed the session, in ms. */
  renewed: { read: () => number; write: (at: number) => void };
  now: () => number;
  /** The session is over; `why` is a sentence for the person, "" where the server knows none. */
  ended: (why: string) => void;
}

type Send = (request: Request) => Promise<Response>;

async function textOf(response: Response, name: "type" | "detail" | "ended"): Promise<string> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const found = typeof body === "object" && body !== null ? Reflect.get(body, name) : "";
  return typeof found === "string" ? found : "";
}

/** What the problem is called, from the last part of its type: "sign_in_required". */
async function codeOf(response: Response): Promise<string> {
  const type = await textOf(response, "type");
  return type.slice(type.lastIndexOf("/") + 1);
}

/** Why a session is over, in a sentence, where the answer tells of one. */
async function endingOf(response: Response): Promise<string> {
  return (await textOf(response, "ended")) && textOf(response, "detail");
}

export function withSession(around: Surroundings): Send {
  const token = () => csrfOf(around.cookies());
  let underWay: Promise<Response | null> | null = null;

  function send(request: Request): Promise<Response> {
    const csrf = SAFE.has(request.method) ? null : token();
    if (csrf !== null) request.headers.set(HEADER, csrf);
    return around.fetch(request);
  }

  /** Null when the session is good again, else the answer that says why not. */
  async function renewNow(since: number): Promise<Response | null> {
    if (around.renewed.read() > since) return null; // another tab was here first
    const { origin } = around;
    const headers = { "content-type": "application/json" };
    const answer = await send(
      new Request(origin + REFRESH, { method: "POST", headers, body: "{}" }),
    );
    if (answer.ok) {
      around.renewed.write(around.now());
      return null;
    }
    if (around.renewed.read() > since) return null; // without locks, two may have asked at once
    if (answer.status === 401) around.ended(await endingOf(answer));
    return answer;
  }

  function renew(since: number): Promise<Response | null> {
    const run = () => renewNow(since);
    underWay ??= (around.locks ? around.locks.request(LOCK, run) : run()).finally(() => {
      underWay = null;
    });
    return underWay;
  }

  return async (request) => {
    if (token() === null) return send(request); // never signed in: there is nothing to renew
    const stale = around.now() - HOLDS;
    if (around.renewed.read() <= stale) await renew(stale).catch(() => null);
    const [again, csrf, since] = [request.clone(), token(), around.now()];
    const answer = await send(request);
    if (answer.status === 403 && token() !== csrf && (await codeOf(answer)) === "csrf") {
      return send(again); // another tab has renewed the cookies
    }
    if (answer.status !== 401 || (await codeOf(answer)) !== "sign_in_required") return answer;
    const refused = await renew(since);
    if (refused === null) return send(again);
    // A session that ended is a plain "sign in"; anything else may be temporary and is shown as it is.
    return refused.status === 401 ? answer : refused.clone();
  };
}

const RENEWED = "tbg_renewed";
const ENDING = "tbg.ending";
const listeners = new Set<(signedIn: boolean) => void>();
let remembered = 0;

// In a cookie: what one tab writes to localStorage may reach the next one after the lock does.
const renewed: Surroundings["renewed"] = {
  read: () => Math.max(remembered, Number(cookieOf(document.cookie, [RENEWED]) ?? 0)),
  write: (at) => {
    remembered = at; // where no cookie is kept, at least this tab knows
    document.cookie = `${RENEWED}=${at}; Path=/; SameSite=Lax`;
  },
};

/** Kept for every tab, until somebody signs in: one of them asks, all of them show the way in. */
function noteEnding(why: string) {
  try {
    if (why) localStorage.setItem(ENDING, why);
    else localStorage.removeItem(ENDING);
  } catch {
    // Then the page to sign in shows no reason.
  }
}

/** Why the session that was here ended by itself; "" when none did. */
export function lastEnding(): string {
  try {
    return localStorage.getItem(ENDING) ?? "";
  } catch {
    return "";
  }
}

/** The cookies are new: somebody has just signed in. */
export function noteRenewed() {
  renewed.write(Date.now());
  noteEnding("");
}

function tell(signedIn: boolean) {
  for (const listener of listeners) listener(signedIn);
}

let tabs: BroadcastChannel | null = null;

function listenToTabs() {
  if (tabs || typeof BroadcastChannel === "undefined") return;
  tabs = new BroadcastChannel("tbg.session");
  tabs.onmessage = (event) => tell(event.data === true);
}

/** Hear when somebody signs in or out in another tab, or when the session ends by itself. */
export function onSession(listener: (signedIn: boolean) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Say so to the other tabs. */
export function sessionChanged(signedIn: boolean) {
  tabs?.postMessage(signedIn);
}

export function mayBeSignedIn(): boolean {
  return csrfOf(document.cookie) !== null;
}

/** The session of this page. */
export function sessionOfPage(): Send {
  listenToTabs();
  return withSession({
    origin: window.location.origin,
    fetch: (request) => fetch(request),
    cookies: () => document.cookie,
    locks: navigator.locks as Surroundings["locks"],
    renewed,
    now: Date.now,
    ended: (why) => {
      noteEnding(why);
      // The cookie that can be reached goes, so that the next page knows at once.
      for (const name of COOKIES) {
        const secure = name.startsWith("__Host-") ? "; Secure" : "";
        document.cookie = `${name}=; Max-Age=0; Path=/${secure}`;
      }
      tell(false);
      sessionChanged(false);
    },
  });
}
