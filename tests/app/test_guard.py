"""The guard before the API: how often, from where, for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.adapters import redis as redis_adapter
from tbg.adapters.limiter import Policy
from tbg.adapters.rate_limit import CHANGES, RateLimit
from tbg.app.api import guard
from tbg.app.api.edge import REQUESTS
from tbg.app.api.guard import BY_IP, BY_KEY, BY_USER, client_ip
from tbg.core import limits
from tbg.core.settings import Settings
from tbg.core.telemetry import Once
from tbg.core.tx import Database
from tbg.domains.accounts.routes.auth import BY_ADDRESS, KEY_SETS, SIGNING_IN
from tests.accounts import player, sign_in
from tests.api import client_of, make_app, problem, served

ME = "/api/v1/users/me"
Tight = Callable[[RateLimit, int], Policy]


@pytest.fixture
def app(db: Database, redis: Redis) -> FastAPI:
    return make_app(db, redis, trusted_proxies="127.0.0.1")


def from_(ip: str) -> dict[str, str]:
    """As the proxy on this machine hands on what comes from there."""
    return {"X-Forwarded-For": ip}


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> Tight:
    """Makes a rate limit so narrow that a test can use it up; gives the policy it has now."""

    def narrow(limit: RateLimit, quota: int) -> Policy:
        monkeypatch.setattr(limit, "quota", (quota, 3600))
        return Policy(limit.name, quota, 3600)

    return narrow


def too_many(answer: httpx.Response, policy: Policy) -> None:
    body = problem(answer, 429, "too_many_requests")
    name, quota, seconds = policy
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= -(-seconds // quota)
    assert f"again in {wait} s" in body["detail"]
    assert answer.headers["ratelimit-policy"] == f'"{name}";q={quota};w={seconds}'
    assert answer.headers["ratelimit"].startswith(f'"{name}";r=0;t=')


# --- how often --------------------------------------------------------------------------------


async def test_every_answer_states_the_remaining_quota(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/levels", headers=from_("9.9.9.9"))
    assert answer.headers["ratelimit-policy"] == '"ip";q=1200;w=60'
    assert answer.headers["ratelimit"] == '"ip";r=1199;t=1'
    again = await client.get("/api/v1/nothing", headers=from_("9.9.9.9"))
    assert again.status_code == 404
    assert again.headers["ratelimit"].startswith('"ip";r=119')
    me = await sign_in(client)
    answer = await me.ask("GET", "/users/me")
    assert answer.headers["ratelimit-policy"] == '"user";q=600;w=60'


async def test_requests_of_an_ip_address_are_limited(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    policy = tight(BY_IP, 3)
    for path in ("levels", "nothing", "users/me"):  # whatever becomes of it
        answer = await client.get(f"/api/v1/{path}", headers=from_("9.9.9.9"))
        assert answer.status_code != 429
    too_many(await client.get("/api/v1/levels", headers=from_("9.9.9.9")), policy)
    assert (await client.get("/api/v1/levels", headers=from_("9.9.9.8"))).status_code == 200
    # Health is not the API.
    assert (await client.get("/health", headers=from_("9.9.9.9"))).status_code == 200


async def test_sign_in_attempts_of_an_ip_address_are_limited(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    policy = tight(SIGNING_IN, 3)

    async def tried(what: str) -> httpx.Response:
        return await client.post(f"/api/v1/auth/{what}", json={}, headers=from_("9.9.9.9"))

    ways = ("challenge", "verify", "refresh")
    assert [(await tried(what)).status_code for what in ways] == [422, 422, 401]
    for what in ways:
        too_many(await tried(what), policy)
    assert (await client.get("/api/v1/levels", headers=from_("9.9.9.9"))).status_code == 200


async def test_published_keys_are_limited_per_ip_address(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    policy = tight(KEY_SETS, 2)
    path = "/.well-known/jwks.json"
    for _ in range(2):
        assert (await client.get(path, headers=from_("9.9.9.9"))).status_code == 200
    too_many(await client.get(path, headers=from_("9.9.9.9")), policy)
    assert (await client.get(path, headers=from_("9.9.9.8"))).status_code == 200


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/levels", "/api/v1/nothing"])
async def test_paths_below_the_api_are_guarded_and_are_no_pages(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    problem(answer, 404, "not_found")
    assert "ratelimit" in answer.headers


@pytest.mark.parametrize(
    ("path", "status"), [("/apiary", 404), ("/m/api/v1", 404), ("/", 200), ("/health", 200)]
)
async def test_paths_that_only_contain_the_api_s_are_not_guarded(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert "ratelimit" not in answer.headers


async def test_challenges_for_a_bitcoin_address_are_limited_per_caller(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    policy = tight(BY_ADDRESS, 2)

    async def challenge(address: str, ip: str) -> httpx.Response:
        wish = {"address": address}
        return await client.post("/api/v1/auth/challenge", json=wish, headers=from_(ip))

    address = player(0).address
    for _ in range(2):
        assert (await challenge(address, "9.9.9.1")).status_code == 201
    too_many(await challenge(address, "9.9.9.1"), policy)
    too_many(await challenge(address.upper(), "9.9.9.1"), policy)  # the same, spelt otherwise
    # Whoever knows an address does not keep its owner out by asking for it.
    assert (await challenge(address, "9.9.9.2")).status_code == 201
    assert (await challenge(player(1).address, "9.9.9.1")).status_code == 201


async def test_all_sessions_of_a_user_share_one_quota(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    one, two, other = await sign_in(client), await sign_in(client), await sign_in(client, 1)
    policy = tight(BY_USER, 2)
    for who in (one, two):
        assert (await who.ask("GET", "/users/me")).status_code == 200
    too_many(await one.ask("GET", "/users/me", headers=from_("9.9.9.1")), policy)
    too_many(await two.ask("GET", "/users/me", headers=from_("9.9.9.2")), policy)
    assert (await other.ask("GET", "/users/me")).status_code == 200


async def test_a_class_of_rate_limits_is_a_setting(db: Database, redis: Redis) -> None:
    rates: dict[str, Any] = {
        "rate_strict": "1/3600",
        "rate_standard": "4/3600",
        "rate_relaxed": "9/3600",
    }
    async with client_of(make_app(db, redis, **rates)) as client:
        answer = await client.get("/api/v1/levels")
        assert answer.headers["ratelimit-policy"] == '"ip";q=9;w=3600'
        answer = await client.post("/api/v1/auth/challenge", json={})
        assert answer.headers["ratelimit-policy"] == '"auth";q=1;w=3600'
        answer = await client.post("/api/v1/auth/challenge", json={})
        too_many(answer, Policy("auth", 1, 3600))


async def test_changes_by_a_user_are_limited(tight: Tight, client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    policy = tight(CHANGES, 1)
    assert (await me.ask("PATCH", "/users/me", json={"bio": "x"})).status_code == 200
    too_many(await me.ask("PATCH", "/users/me", json={"bio": "y"}), policy)
    answer = await me.ask("GET", "/users/me")
    assert answer.json()["bio"] == "x"  # they may read, and nothing was changed


async def test_requests_of_a_key_are_limited_separately_from_its_owner(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    wishes = [{"name": name, "scope": "read"} for name in "ab"]
    made = [(await me.ask("POST", "/users/me/api-keys", json=wish)).json() for wish in wishes]
    policy = tight(BY_KEY, 1)

    async def by(number: int) -> httpx.Response:
        headers = {"Authorization": f"Bearer {made[number]['key']}"}
        return await client.get("/api/v1/mining/personal-bests", headers=headers)

    assert (await by(0)).status_code == 200
    too_many(await by(0), policy)
    assert (await by(1)).status_code == 200
    assert (await me.ask("GET", "/users/me")).status_code == 200


async def test_a_forged_token_counts_towards_its_ip_address(
    tight: Tight, client: httpx.AsyncClient
) -> None:
    policy = tight(BY_IP, 3)
    headers = from_("9.9.9.9") | {"Authorization": "Bearer eyJ"}
    for _ in range(3):
        problem(await client.get(ME, headers=headers), 401, "sign_in_required")
    too_many(await client.get(ME, headers=headers), policy)


async def test_while_redis_is_down_requests_are_served(db: Database) -> None:
    away = redis_adapter.connect("redis://127.0.0.1:1/0", retries=0)
    async with client_of(make_app(db, away)) as client:
        me = await sign_in(client)
        answer = await me.ask("GET", "/users/me")
        assert answer.status_code == 200
        assert "ratelimit" in answer.headers  # counted by this process
    await away.aclose()


# --- from where -------------------------------------------------------------------------------

V6 = "2001:db8:1:2::/64"


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        # Nobody is trusted but 10.0.0.0/8, ::1 and fd00::/8.
        ("9.9.9.9", [], "9.9.9.9"),
        ("9.9.9.9", ["1.1.1.1"], "9.9.9.9"),  # a stranger may claim anything
        ("9.9.9.9", ["10.0.0.1"], "9.9.9.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["9.9.9.9"], "9.9.9.9"),
        ("10.0.0.1", ["9.9.9.9, 10.0.0.2"], "9.9.9.9"),
        ("10.0.0.1", [" 9.9.9.9 ,10.0.0.2,10.0.0.3 "], "9.9.9.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.1"),  # all of them ours
        # What they wrote themselves is to the left of what our proxies added.
        ("10.0.0.1", ["1.1.1.1, 9.9.9.9"], "9.9.9.9"),
        ("10.0.0.1", ["10.0.0.7, 9.9.9.9, 10.0.0.2"], "9.9.9.9"),
        ("10.0.0.1", ["garbage, 9.9.9.9"], "9.9.9.9"),
        ("10.0.0.1", ["<script>, ' OR 1=1, 9.9.9.9"], "9.9.9.9"),
        # Some proxies add a separate line below.
        ("10.0.0.1", ["1.1.1.1", "9.9.9.9"], "9.9.9.9"),
        ("10.0.0.1", ["1.1.1.1", "9.9.9.9", "10.0.0.2"], "9.9.9.9"),
        # What our own proxy writes and is no address names nobody.
        ("10.0.0.1", ["9.9.9.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["9.9.9.9, 8.8.8.8, _hidden"], "10.0.0.1"),
        # IPv6 by the network that a household gets.
        ("2001:db8:1:2:3:4:5:6", [], V6),
        ("10.0.0.1", ["2001:db8:1:2::1"], V6),
        ("::1", ["2001:DB8:1:2:ffff::"], V6),
        ("fd00::1", ["2001:db8:1:2::1, fd00::7"], V6),
        ("fe80::1%eth0", [], "fe80::/64"),
        # IPv4 in IPv6 clothes is IPv4, or all of it would be one network.
        ("::ffff:9.9.9.9", [], "9.9.9.9"),
        ("::ffff:10.0.0.1", ["::ffff:9.9.9.9"], "9.9.9.9"),
        ("::ffff:10.0.0.1", ["1.1.1.1, 9.9.9.9, ::ffff:10.0.0.2"], "9.9.9.9"),
        ("", [], "unknown"),
        ("a.sock", ["9.9.9.9"], "a.sock"),
    ],
)
def test_who_is_at_the_other_end(peer: str, forwarded: list[str], who: str) -> None:
    settings = Settings(_env_file=None, trusted_proxies="10.0.0.0/8, ::1, fd00::/8")
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    scope = {"type": "http", "headers": headers, "client": (peer, 1234) if peer else None}
    assert client_ip(scope, settings) == who


async def test_an_untrusted_proxy_is_logged_once(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(proxies: str = "") -> list[tuple[str, str]]:
        monkeypatch.setattr(guard, "_PROXIES", Once())
        with structlog.testing.capture_logs() as lines:
            async with client_of(make_app(db, redis, trusted_proxies=proxies)) as client:
                await client.get("/api/v1/levels")
                for n in range(3):
                    await client.get("/api/v1/levels", headers=from_(f"9.9.9.{n}"))
        lines = [line for line in lines if line["event"] == "proxy_not_trusted"]
        assert all("TBG_TRUSTED_PROXIES" in line["hint"] for line in lines)
        return [(line["peer"], line["log_level"]) for line in lines]

    assert await told() == [("127.0.0.1", "warning")]
    assert await told("127.0.0.0/8") == []


async def test_refusals_that_nothing_bounds_are_logged_once_a_minute_with_their_number(
    client: httpx.AsyncClient, tight: Tight, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(BY_IP, 1)
    large = {"Content-Length": str(limits.REQUEST_BYTES + 1)}

    async def refused(times: int) -> list[tuple[int, int]]:
        with structlog.testing.capture_logs() as lines:
            for _ in range(times):
                await client.get("/api/v1/levels")
                await client.post("/api/v1/levels", headers=large)
        return [
            (line["status"], line["count"])
            for line in lines
            if line["event"] == "request" and line["status"] in (413, 429)
        ]

    await client.get("/api/v1/levels")
    before = counted(429), counted(413)
    assert await refused(20) == [(429, 1), (413, 1)]
    monkeypatch.setattr(limits, "SAID_AGAIN_SECONDS", 0)
    assert await refused(1) == [(429, 20), (413, 20)]
    assert (counted(429), counted(413)) == (before[0] + 21, before[1] + 21)


def counted(status: int) -> float:
    """Answers with this status, by the metrics."""
    samples = next(iter(REQUESTS.collect())).samples
    return sum(
        one.value
        for one in samples
        if one.name.endswith("_total") and one.labels["status"] == str(status)
    )


async def test_untrusted_forwarding_headers_are_ignored(
    db: Database, redis: Redis, tight: Tight
) -> None:
    policy = tight(BY_IP, 3)
    async with client_of(make_app(db, redis)) as client:  # no proxy is trusted
        for n in range(3):
            answer = await client.get("/api/v1/levels", headers=from_(f"9.9.9.{n}"))
            assert answer.status_code == 200
        too_many(await client.get("/api/v1/levels", headers=from_("9.9.9.9")), policy)


# --- for how long -----------------------------------------------------------------------------


async def test_a_request_that_takes_too_long_is_cancelled(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    @app.get("/api/v1/slow")
    async def slow() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(True)

    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.2)
    async with asyncio.timeout(5):
        answer = await client.get("/api/v1/slow")
    body = problem(answer, 503, "unavailable")
    assert body["detail"] == "This took longer than 0.2 s."
    assert ended == [True]
    assert (await client.get("/api/v1/levels")).status_code == 200


async def test_a_cancelled_request_changes_nothing_and_can_be_retried(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = await sign_in(client)
    database: Database = app.state.database
    wish = {"name": "slow", "scope": "read"}
    headers = {"Idempotency-Key": "slow"}
    # Somebody holds the user's row: another request of theirs, or a job.
    async with database.transaction() as tx:
        await tx.run("SELECT 1 FROM users WHERE id = :id FOR UPDATE", id=me.user["id"])
        with monkeypatch.context() as patch:
            patch.setattr(limits, "REQUEST_SECONDS", 0.5)
            answer = await me.ask("POST", "/users/me/api-keys", json=wish, headers=headers)
        problem(answer, 503, "unavailable")
    answer = await me.ask("POST", "/users/me/api-keys", json=wish, headers=headers)
    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers
    assert len((await me.ask("GET", "/users/me/api-keys")).json()["api_keys"]) == 1


# --- from other people's pages ----------------------------------------------------------------

NAMED = "https://stats.example"


@pytest.fixture
async def open_to_one(db: Database, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app(db, redis, cors_origins=NAMED)) as client:
        yield client


def asked_before(method: str, headers: str) -> dict[str, str]:
    return {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


async def test_a_named_page_may_call_the_api_with_a_token_and_without_cookies(
    open_to_one: httpx.AsyncClient,
) -> None:
    me = await sign_in(open_to_one)
    before = asked_before("PATCH", "authorization,content-type,idempotency-key")
    told = await open_to_one.options(ME, headers={"Origin": NAMED} | before)
    assert told.status_code == 200
    assert told.headers["access-control-allow-origin"] == NAMED
    assert "access-control-allow-credentials" not in told.headers
    for method, wish in (("GET", None), ("PATCH", {"bio": "x"})):
        answer = await me.ask(method, "/users/me", json=wish, headers={"Origin": NAMED})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == NAMED
        assert "access-control-allow-credentials" not in answer.headers
        assert "ratelimit" in answer.headers["access-control-expose-headers"]
    refused = await open_to_one.get(ME, headers={"Origin": NAMED})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == NAMED  # so that it can read why
    # The CSRF token of a cookie session is for our pages.
    told = await open_to_one.options(
        ME, headers={"Origin": NAMED} | asked_before("PATCH", "x-csrf-token")
    )
    assert told.status_code == 400


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://stats.example.evil.example", "http://stats.example", "null",
     "https://stats.example:8443"],
)  # fmt: skip
async def test_a_foreign_page_can_read_nothing(open_to_one: httpx.AsyncClient, origin: str) -> None:
    before = asked_before("GET", "authorization")
    told = await open_to_one.options(ME, headers={"Origin": origin} | before)
    assert told.status_code == 400
    answer = await open_to_one.get("/api/v1/levels", headers={"Origin": origin})
    for one in (told, answer):
        assert "access-control-allow-origin" not in one.headers


async def test_without_names_no_page_may_read_anything(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/levels", headers={"Origin": NAMED})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-allow")]


# --- who asks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        ("Basic dXNlcjpwYXNz", "Bearer"),
        ("Bearer x", "is not valid"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "is not valid"),
        ("Bearer tbg_1k00000000_0_0", "copied completely"),
        ("Bearer " + "a" * 5000, "too long"),
        ("Bearer \u00e9\u00ff", "is not valid"),
        ("Bearer a b c", "is not valid"),
        ("bearer", "This requires a session or a key."),
        ("Bearer ", "This requires a session or a key."),
    ],
)
async def test_a_credential_that_does_not_hold_is_refused_with_why(
    client: httpx.AsyncClient, credential: str, words: str
) -> None:
    headers: Any = {b"authorization": credential.encode("latin-1")}
    answer = await client.get(ME, headers=headers)
    assert words in problem(answer, 401, "sign_in_required")["detail"]
    # Where nobody need be anybody, it hurts nobody.
    assert (await client.get("/api/v1/levels", headers=headers)).status_code == 200


async def test_what_a_player_reads_is_kept_by_no_cache_of_others(
    client: httpx.AsyncClient,
) -> None:
    me = await sign_in(client)
    answer = await me.ask("GET", "/users/me")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "authorization" in answer.headers["vary"]


async def test_over_a_real_connection_all_of_it_is_the_same(app: FastAPI, tight: Tight) -> None:
    async with served(app) as host, httpx.AsyncClient(base_url=f"http://{host}") as client:
        me = await sign_in(client)
        policy = tight(BY_USER, 1)
        assert (await me.ask("GET", "/users/me")).json() == me.user
        too_many(await me.ask("GET", "/users/me"), policy)
