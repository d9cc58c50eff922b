import { describe, expect, it, vi } from "vitest";
import { csrfOf, type Surroundings, withSession } from "./session";

const ORIGIN = "http://game.test";
const REFRESH = `${ORIGIN}/api/v1/auth/refresh`;

function problem(status: number, code: string, more: object = {}): Response {
  const body = JSON.stringify({ type: `/problems/${code}`, title: code, status, ...more });
  return new Response(body, { status, headers: { "content-type": "application/problem+json" } });
}

/** One browser: its cookie jar, what its tabs remember, and a server that it asks. */
function browser(server: (request: Request, jar: { csrf: string | null }) => Promise<Response>) {
  const jar: { csrf: string | null } = { csrf: "one" };
  const asked: string[] = [];
  const ended = vi.fn();
  let clock = 5_000_000;
  let renewedAt = clock;
  let queue: Promise<unknown> = Promise.resolve();
  const locks = {
    request<T>(_name: string, run: () => Promise<T>): Promise<T> {
      const turn = queue.then(run);
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
  const around = (locked: boolean): Surroundings => ({
    origin: ORIGIN,
    fetch: async (request) => {
      clock += 1;
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return server(request, jar);
    },
    cookies: () => (jar.csrf ? `a=b; tbg_csrf=${jar.csrf}` : "a=b"),
    locks: locked ? locks : undefined,
    renewed: { read: () => renewedAt, write: (at) => (renewedAt = at) },
    now: () => clock,
    ended,
  });
  const later = (ms: number) => {
    clock += ms;
  };
  return { jar, asked, ended, later, tab: (locked = true) => withSession(around(locked)) };
}

const me = () => new Request(`${ORIGIN}/api/v1/users/me`);

/** A server whose access cookie ran out until it is renewed. */
function expired() {
  let fresh = false;
  let renewals = 0;
  const server = async (request: Request) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (request.url === REFRESH) {
      fresh = true;
      renewals += 1;
      return Response.json({});
    }
    return fresh ? Response.json({ said: await request.text() }) : problem(401, "sign_in_required");
  };
  return { server, renewals: () => renewals };
}

describe("the cookie that may be read", () => {
  it("goes by either name, and there may be none", () => {
    expect(csrfOf("__Host-tbg_csrf=abc")).toBe("abc");
    expect(csrfOf("x=1; tbg_csrf=d%3De")).toBe("d=e");
    expect(csrfOf("x=1; not_tbg_csrf=abc; tbg_csrf=")).toBeNull();
    expect(csrfOf("")).toBeNull();
  });

  it("is sent with what changes something, and only with that", async () => {
    const seen: (string | null)[] = [];
    const { tab, jar } = browser(async (request) => {
      seen.push(request.headers.get("x-csrf-token"));
      return new Response(null, { status: 204 });
    });
    const send = tab();
    for (const method of ["GET", "POST", "PATCH", "DELETE"]) {
      await send(new Request(`${ORIGIN}/api/v1/x`, { method }));
    }
    jar.csrf = null;
    await send(new Request(`${ORIGIN}/api/v1/x`, { method: "POST" }));
    expect(seen).toEqual([null, "one", "one", "one", null]);
  });
});

describe("an access cookie that ran out", () => {
  it("is renewed, and the request repeated with its body", async () => {
    const { server } = expired();
    const { tab, asked } = browser(server);
    const body = JSON.stringify({ bio: "warm" });
    const wish = new Request(`${ORIGIN}/api/v1/users/me`, { method: "PATCH", body });
    const answer = await tab()(wish);
    expect(await answer.json()).toEqual({ said: body });
    expect(asked).toEqual([
      "PATCH /api/v1/users/me",
      "POST /api/v1/auth/refresh",
      "PATCH /api/v1/users/me",
    ]);
  });

  it.each([true, false])("is renewed once for all requests of a tab (locks: %s)", async (locks) => {
    const { server, renewals } = expired();
    const send = browser(server).tab(locks);
    const answers = await Promise.all([send(me()), send(me()), send(me())]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(renewals()).toBe(1);
  });

  it("is renewed by one tab for all", async () => {
    const { server, renewals } = expired();
    const { tab } = browser(server);
    const [one, other] = [tab(), tab()];
    const answers = await Promise.all([one(me()), other(me())]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(renewals()).toBe(1);
  });

  it("of a session that ended stays a no, and the page hears of it", async () => {
    const { tab, ended, asked } = browser(async (request) =>
      request.url === REFRESH ? problem(401, "session_ended") : problem(401, "sign_in_required"),
    );
    expect((await tab()(me())).status).toBe(401);
    expect(ended.mock.calls).toEqual([[""]]);
    expect(asked).toHaveLength(2);
  });

  it("says why its session ended, where the server tells", async () => {
    const why = { ended: "merged", detail: "The account became part of another one." };
    const { tab, ended } = browser(async (request) =>
      request.url === REFRESH
        ? problem(401, "session_ended", why)
        : problem(401, "sign_in_required", { detail: "Another sentence." }),
    );
    await tab()(me());
    expect(ended.mock.calls).toEqual([[why.detail]]);
  });

  it("keeps the session when the server stumbles over renewing it", async () => {
    const { tab, ended } = browser(async (request) =>
      request.url === REFRESH ? problem(503, "busy") : problem(401, "sign_in_required"),
    );
    expect((await tab()(me())).status).toBe(503);
    expect(ended).not.toHaveBeenCalled();
  });

  it("is not renewed for somebody who never signed in, nor for another no", async () => {
    const away = browser(async () => problem(401, "sign_in_required"));
    away.jar.csrf = null;
    expect((await away.tab()(me())).status).toBe(401);
    const refused = browser(async () => problem(401, "signature_refused"));
    expect((await refused.tab()(me())).status).toBe(401);
    expect([away.asked.length, refused.asked.length]).toEqual([1, 1]);
  });
});

describe("an access cookie that is known to be old", () => {
  const QUARTER = 15 * 60_000;

  it("is renewed first, because public pages would not ask for it", async () => {
    const { tab, asked, later } = browser(async () => Response.json({}));
    const send = tab();
    await send(me());
    later(QUARTER);
    await Promise.all([send(me()), send(me())]);
    await send(me());
    expect(asked).toEqual([
      "GET /api/v1/users/me",
      "POST /api/v1/auth/refresh",
      "GET /api/v1/users/me",
      "GET /api/v1/users/me",
      "GET /api/v1/users/me",
    ]);
  });

  it("does not keep anybody from reading when it cannot be renewed", async () => {
    const { tab, later, ended } = browser(async (request) => {
      if (request.url === REFRESH) throw new TypeError("no network");
      return Response.json({});
    });
    later(QUARTER);
    expect((await tab()(me())).status).toBe(200);
    expect(ended).not.toHaveBeenCalled();
  });
});

it("repeats a request whose token another tab has replaced meanwhile", async () => {
  const { tab } = browser(async (request, jar) => {
    if (request.headers.get("x-csrf-token") === "two") return Response.json({});
    jar.csrf = "two";
    return problem(403, "csrf");
  });
  const answer = await tab()(new Request(`${ORIGIN}/api/v1/x`, { method: "POST" }));
  expect(answer.status).toBe(200);
});
