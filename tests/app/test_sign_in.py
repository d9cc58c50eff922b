"""Signing in with an address, staying signed in, and the end of it: over HTTP, with real keys."""

from __future__ import annotations

import asyncio
import re
import shutil
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from btclib import b32
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.adapters.keys import KeyRing
from tbg.adapters.simulator import demo_key
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.accounts.actions.sessions import refresh
from tests import canary
from tests.accounts import SignedIn, approval, link, player, sign_in, signed_challenge
from tests.adapters.bitcoin import mutations, second
from tests.api import client_of, keys_dir, make_app, problem
from tests.conftest import NOW
from tests.wallets import KINDS, signatures, wallet

AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
SECOND = timedelta(seconds=1)


async def verify(client: httpx.AsyncClient, body: dict[str, str], **more: str) -> httpx.Response:
    return await client.post(f"{AUTH}/verify", json=body | more)


async def renew(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{AUTH}/refresh", json={"refresh_token": token})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def count(db: Database, table: str) -> int:
    async with db.transaction() as tx:
        return int(await tx.value(f"SELECT count(*) FROM {table}"))


# --- the way in -------------------------------------------------------------------------------


@pytest.mark.parametrize("network", mutations.NETWORKS)
@pytest.mark.parametrize("index", range(len(KINDS)), ids=KINDS)
async def test_every_signature_of_every_kind_signs_in_on_every_network(
    db: Database, redis: Redis, index: int, network: str
) -> None:
    mine = wallet("sign in", index, network=network)
    async with client_of(make_app(db, redis, network=network)) as client:
        for form in range(len(list(signatures(mine, "how many")))):
            made = await client.post(f"{AUTH}/challenge", json={"address": mine.address})
            assert f" moves no coins. {network}, " in made.json()["message"]
            body = {
                "challenge_id": made.json()["challenge_id"],
                "signature": list(signatures(mine, made.json()["message"]))[form],
            }
            canary.remember("a signature", body["signature"])
            answer = await verify(client, body)
            assert answer.status_code == 200, answer.text
            assert answer.json()["user"]["address"] == mine.address
        headers = bearer(answer.json()["access_token"])
        assert (await client.get(ME, headers=headers)).json() == answer.json()["user"]
        sessions = (await client.get(f"{ME}/sessions", headers=headers)).json()["sessions"]
        assert [session["address"] for session in sessions] == [mine.address] * (form + 1)


async def test_no_damaged_signature_is_too_much_for_the_service(
    db: Database, redis: Redis, client: httpx.AsyncClient
) -> None:
    """Each is refused by its name, or still valid, as a second verifier confirms."""
    random, statuses = Random(1), Counter[int]()
    for index in range(len(KINDS)):
        mine = wallet("damaged", index)
        body: dict[str, str] = {}
        for tried in range(60):
            if not tried % 20:
                await redis.flushdb()  # sixty a minute and no more is another test's
            if not body:
                wish = {"address": mine.address}
                made = (await client.post(f"{AUTH}/challenge", json=wish)).json()
                body, message = {"challenge_id": made["challenge_id"]}, made["message"]
                good = [(mine.address, message, text) for text in signatures(mine, message)]
            damaged = mutations.mutate(random.choice(good), good, random)[2]
            answer = await verify(client, body, signature=damaged)
            statuses[answer.status_code] += 1
            if answer.status_code == 200:
                second.verify(mine.address, message, damaged.strip())
                body = {}
            else:
                problem(answer, 401, "signature_refused")
    assert statuses.total() == 300
    assert statuses[401] > 150  # the rest is of another form, or only its case had been damaged


async def test_only_the_first_sign_in_says_that_it_claimed_the_player(
    client: httpx.AsyncClient,
) -> None:
    told = []
    for _ in range(2):
        answer = await verify(client, await signed_challenge(client, player(0)))
        told.append((answer.json()["claimed"], answer.json()["user"]["claimed_at"]))
    assert [claimed for claimed, _ in told] == [True, False]
    assert told[0][1] == told[1][1]
    # A linked address signs in as a player who has been claimed.
    me = await sign_in(client)
    assert (await link(me, 1)).status_code == 201
    answer = await verify(client, await signed_challenge(client, player(1)))
    assert answer.json()["claimed"] is False


async def test_the_answer_to_a_sign_in_is_not_cached(client: httpx.AsyncClient) -> None:
    answer = await verify(client, await signed_challenge(client, player(0)))
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    assert "set-cookie" not in answer.headers


async def test_the_message_to_sign_is_readable(client: httpx.AsyncClient) -> None:
    address = player(0).address
    made = (await client.post(f"{AUTH}/challenge", json={"address": f" {address} "})).json()
    told, _, nonce = made["message"].rpartition(", nonce ")
    assert told == (
        f"127.0.0.1:8000: sign in as {address}. Free, moves no coins. "
        "mainnet, 2026-03-04T12:00:00Z +5 min"
    )
    assert made["expires_at"] == "2026-03-04T12:05:00Z"
    assert len(urlsafe_b64decode(nonce + "==")) * 8 >= 128
    again = (await client.post(f"{AUTH}/challenge", json={"address": address})).json()
    assert nonce not in again["message"]
    assert again["challenge_id"] != made["challenge_id"]


async def test_a_message_to_link_says_so(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    wish = {"address": player(1).address, "purpose": "link"}
    made = await client.post(f"{AUTH}/challenge", json=wish, headers=me.headers)
    account = me.user["address"]
    told = f": link {wish['address']} and its game to {account[:9]}...{account[-9:]}. Free, "
    assert told in made.json()["message"]


async def test_a_message_to_link_is_the_same_with_and_without_a_game(
    client: httpx.AsyncClient,
) -> None:
    """A user whose page is private cannot be found here by their address."""
    me, other = await sign_in(client), await sign_in(client, 1)
    asked = []
    for address in (other.user["address"], player(5).address):
        wish = {"address": address, "purpose": "link"}
        made = await client.post(f"{AUTH}/challenge", json=wish, headers=me.headers)
        message: str = made.json()["message"]
        asked.append(message.replace(address, "").rpartition(" ")[0])
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    "address",
    ["", "satoshi", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", demo_key("x", 0).address[:-1],
     "x" * 200, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1\u00e9",
     b32.address_from_witness(2, bytes(40))],  # of a kind not in use: no key belongs to it
)  # fmt: skip
async def test_an_invalid_address_gets_no_message(
    db: Database, client: httpx.AsyncClient, address: str
) -> None:
    answer = await client.post(f"{AUTH}/challenge", json={"address": address})
    problem(answer, 422, "not_an_address")
    assert await count(db, "auth_challenges") == 0


async def test_an_address_of_another_network_is_refused_by_name(client: httpx.AsyncClient) -> None:
    address = demo_key("x", 0, network="testnet").address
    answer = await client.post(f"{AUTH}/challenge", json={"address": address})
    assert "a network other than" in problem(answer, 422, "not_an_address")["detail"]


async def test_a_wrong_signature_leaves_the_message_good(
    db: Database, client: httpx.AsyncClient
) -> None:
    body = await signed_challenge(client, player(0))
    other = await signed_challenge(client, player(1))
    third = await signed_challenge(client, player(0))
    for wrong in (
        other["signature"],  # of another address
        third["signature"],  # over another message
        body["signature"][:-8], "AAAA", "", "no base64 at all", "x" * 16_000, "é" * 88,
    ):  # fmt: skip
        problem(await verify(client, body, signature=wrong), 401, "signature_refused")
    assert await count(db, "sessions") == 0
    assert (await verify(client, body)).status_code == 200


async def test_a_signature_too_long_to_be_one_is_not_looked_at(client: httpx.AsyncClient) -> None:
    body = await signed_challenge(client, player(0))
    problem(await verify(client, body, signature="A" * 16_385), 422, "invalid")


async def test_a_message_holds_for_five_minutes(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    in_time, late = [await signed_challenge(client, player(0)) for _ in range(2)]
    clock.move(limits.CHALLENGE_AGE - SECOND)
    assert (await verify(client, in_time)).status_code == 200
    clock.move(SECOND)
    problem(await verify(client, late), 409, "challenge_spent")


async def test_a_message_signs_in_once(db: Database, client: httpx.AsyncClient) -> None:
    body = await signed_challenge(client, player(0))
    assert (await verify(client, body)).status_code == 200
    problem(await verify(client, body), 409, "challenge_spent")
    problem(await verify(client, body, challenge_id=str(uuid4())), 409, "challenge_spent")
    assert await count(db, "sessions") == 1


async def test_a_message_to_link_cannot_sign_in(db: Database, client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    body = await signed_challenge(client, player(1), headers=me.headers, purpose="link")
    problem(await verify(client, body), 409, "challenge_spent")
    assert await count(db, "sessions") == 1
    # It was not used up by that, and links to the account that asked for it, and no other.
    other = await sign_in(client, 2)
    theirs = await approval(other, "let_in", subject=player(1).address)
    answer = await other.ask("POST", "/users/me/addresses", json=body | theirs)
    problem(answer, 409, "challenge_spent")
    body |= await approval(me, "let_in", subject=player(1).address)
    assert (await me.ask("POST", "/users/me/addresses", json=body)).status_code == 201


async def test_a_message_to_sign_in_links_nothing(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    body = await signed_challenge(client, player(1))
    problem(await me.ask("POST", "/users/me/addresses", json=body), 409, "challenge_spent")
    assert (await me.ask("GET", "/users/me")).json()["addresses"] == 1
    assert (await verify(client, body)).json()["user"]["id"] != me.user["id"]


async def test_linking_without_a_session_is_refused(client: httpx.AsyncClient) -> None:
    wish = {"address": player(1).address, "purpose": "link"}
    answer = await client.post(f"{AUTH}/challenge", json=wish)
    problem(answer, 401, "sign_in_required")


async def test_fifty_concurrent_replays_open_one_session(
    db: Database, client: httpx.AsyncClient
) -> None:
    body = await signed_challenge(client, player(0))
    answers = await asyncio.gather(*(verify(client, body) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert await count(db, "sessions") == 1
    assert await count(db, "refresh_tokens") == 1
    assert await count(db, "users") == 1


async def test_the_most_sessions_one_may_have_end_the_one_unused_longest(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    players = []
    for n in range(limits.SESSIONS):
        async with asyncio.timeout(20):
            players.append(await sign_in_of(client, ip=n))
        clock.move(SECOND)
    first, second = players[:2]
    assert (await renew(client, first.refresh_token)).status_code == 200
    clock.move(SECOND)
    newest = await sign_in_of(client, ip=99)
    assert (await newest.ask("GET", "/users/me")).status_code == 200
    assert (await first.ask("GET", "/users/me")).status_code == 200
    assert (await second.ask("GET", "/users/me")).status_code == 401
    sessions = (await newest.ask("GET", "/users/me/sessions")).json()["sessions"]
    assert len(sessions) == limits.SESSIONS


async def sign_in_of(client: httpx.AsyncClient, *, ip: int) -> SignedIn:
    """Player 0 once more; challenges for one address are limited, so they are forgotten."""
    redis: Redis = client._transport.app.state.redis  # type: ignore[attr-defined]
    await redis.flushdb()
    return await sign_in(client, 0)


# --- staying ----------------------------------------------------------------------------------


async def test_a_refresh_gives_new_tokens_for_the_same_session(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me = await sign_in(client)
    clock.move(limits.ACCESS_TOKEN_AGE)
    answer = await me.ask("GET", "/users/me")
    assert "expired" in problem(answer, 401, "sign_in_required")["detail"]
    told = await renew(client, me.refresh_token)
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-store"
    tokens = told.json()
    assert tokens["refresh_token"] != me.refresh_token
    answer = await client.get(ME, headers=bearer(tokens["access_token"]))
    assert answer.json() == me.user
    assert (await renew(client, tokens["refresh_token"])).status_code == 200


async def test_a_reused_refresh_token_ends_the_session_for_all_holders(
    client: httpx.AsyncClient,
) -> None:
    me, elsewhere = await sign_in(client), await sign_in(client)
    newer = (await renew(client, me.refresh_token)).json()
    answer = await renew(client, me.refresh_token)
    assert "used in two places" in problem(answer, 401, "session_ended")["detail"]
    problem(await renew(client, newer["refresh_token"]), 401, "session_ended")
    for token in (me.access_token, newer["access_token"]):
        problem(await client.get(ME, headers=bearer(token)), 401, "sign_in_required")
    # Their other session continues.
    assert (await elsewhere.ask("GET", "/users/me")).status_code == 200
    assert (await renew(client, elsewhere.refresh_token)).status_code == 200


async def test_of_twenty_concurrent_refreshes_at_most_one_succeeds(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    answers = await asyncio.gather(*(renew(client, me.refresh_token) for _ in range(20)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 1, 401: 19}
    # The twentieth was a copy: nobody has the session any more.
    (good,) = [answer.json() for answer in answers if answer.status_code == 200]
    problem(await renew(client, good["refresh_token"]), 401, "session_ended")
    assert await count(db, "refresh_tokens") == 2


async def test_a_refresh_waits_for_one_in_hand_and_finds_its_token_used(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    async with db.transaction() as tx:
        assert await refresh(tx, token=me.refresh_token) is not None
        second = asyncio.create_task(renew(client, me.refresh_token))
        done, _ = await asyncio.wait([second], timeout=0.5)
        assert not done
    problem(await second, 401, "session_ended")
    assert (await me.ask("GET", "/users/me")).status_code == 401


@pytest.mark.parametrize(
    "bend",
    [lambda t: t[:-1], lambda t: t + "0", lambda t: t[:-64] + "0" * 64, lambda t: "",
     lambda t: "tbr_1_" + t.partition("_")[2].partition("_")[2][::-1], lambda t: "x" * 600,
     lambda t: t.replace("tbr_", "tbr_9", 1), lambda t: t.upper(),
     lambda t: t.replace("tbr_", "tbr_0", 1), lambda t: t.replace("tbr_1", "tbr_\u0661", 1),
     lambda t: t + "=="],
    ids=["cut", "longer", "other secret", "empty", "mixed up", "huge", "other user", "upper",
         "a zero before", "other digits", "padded"],
)  # fmt: skip
async def test_an_unknown_token_refreshes_and_ends_nothing(
    client: httpx.AsyncClient, bend: Any
) -> None:
    me = await sign_in(client)
    answer = await renew(client, bend(me.refresh_token))
    assert answer.status_code in (401, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await renew(client, me.refresh_token)).status_code == 200


async def test_a_session_ends_after_thirty_days_however_often_it_was_refreshed(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me = await sign_in(client)
    token = me.refresh_token
    for _ in range(29):
        clock.move(timedelta(days=1))
        tokens = (await renew(client, token)).json()
        token = tokens["refresh_token"]
    clock.move(NOW + limits.SESSION_AGE - clock.now() - SECOND)
    tokens = (await renew(client, token)).json()
    access = bearer(tokens["access_token"])
    assert (await client.get(ME, headers=access)).status_code == 200
    clock.move(SECOND)
    # Its access token would be valid for a quarter of an hour more; the session is not.
    problem(await client.get(ME, headers=access), 401, "sign_in_required")
    problem(await renew(client, tokens["refresh_token"]), 401, "session_ended")


async def test_signing_out_ends_this_session_and_signing_out_everywhere_all(
    client: httpx.AsyncClient,
) -> None:
    one, two, three = [await sign_in(client) for _ in range(3)]
    stranger = await sign_in(client, 1)
    assert (await one.ask("POST", "/auth/logout")).status_code == 204
    assert (await one.ask("GET", "/users/me")).status_code == 401
    problem(await renew(client, one.refresh_token), 401, "session_ended")
    problem(await one.ask("POST", "/auth/logout"), 401, "sign_in_required")
    assert (await two.ask("GET", "/users/me")).status_code == 200
    assert (await two.ask("POST", "/auth/logout-all")).status_code == 204
    for me in (two, three):
        assert (await me.ask("GET", "/users/me")).status_code == 401
        problem(await renew(client, me.refresh_token), 401, "session_ended")
    assert (await stranger.ask("GET", "/users/me")).status_code == 200


async def test_sessions_are_listed_and_ended_one_by_one(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    client.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"
    old = await sign_in(client)
    clock.move(timedelta(hours=1))
    client.headers["user-agent"] = "curl/8.5.0"
    me = await sign_in(client)
    stranger = await sign_in(client, 1)
    rows = (await me.ask("GET", "/users/me/sessions")).json()["sessions"]
    assert [(row["device"], row["kind"], row["current"]) for row in rows] == [
        ("curl", "bearer", True), ("Firefox on Linux", "bearer", False),
    ]  # fmt: skip
    assert rows[1]["expires_at"] == "2026-04-03T12:00:00Z"
    there = f"/users/me/sessions/{rows[1]['id']}"
    problem(await stranger.ask("DELETE", there), 404, "not_found")
    renewed = (await renew(client, old.refresh_token)).json()  # so it goes on
    assert (await me.ask("DELETE", there)).status_code == 204
    problem(await me.ask("DELETE", there), 404, "not_found")
    problem(await renew(client, renewed["refresh_token"]), 401, "session_ended")
    problem(await client.get(ME, headers=bearer(renewed["access_token"])), 401, "sign_in_required")
    (left,) = (await me.ask("GET", "/users/me/sessions")).json()["sessions"]
    assert left["id"] == rows[0]["id"]


async def test_requests_of_an_ended_session_learn_why(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    async def told(me: SignedIn) -> tuple[str, str]:
        renewed = problem(await renew(client, me.refresh_token), 401, "session_ended")
        refused = problem(await me.ask("GET", "/users/me"), 401, "sign_in_required")
        assert renewed["detail"] == refused["detail"]
        return renewed["ended"], renewed["detail"]

    one, other = await sign_in(client), await sign_in(client)
    assert (await one.ask("POST", "/auth/logout")).status_code == 204
    assert (await told(one))[0] == "signed out"
    clock.move(SECOND)
    assert (await other.ask("POST", "/auth/logout-all")).status_code == 204
    assert (await told(other))[0] == "signed out everywhere"
    clock.move(SECOND)

    me, copied = await sign_in(client), await sign_in(client)
    assert (await renew(client, copied.refresh_token)).status_code == 200
    reused = problem(await renew(client, copied.refresh_token), 401, "session_ended")
    assert await told(copied) == (reused["ended"], reused["detail"])
    assert reused["ended"] == "refresh token reused"
    # They see all of it beside current sessions, the latest first; nobody else does.
    stranger = await sign_in(client, 1)
    assert (await stranger.ask("GET", "/users/me/sessions")).json()["ended"] == []
    body = (await me.ask("GET", "/users/me/sessions")).json()
    assert [row["current"] for row in body["sessions"]] == [True]
    assert [row["ended_why"] for row in body["ended"]] == [
        "refresh token reused", "signed out everywhere", "signed out",
    ]  # fmt: skip
    assert body["ended"][0]["ended_at"] == "2026-03-04T12:00:02Z"

    clock.move(limits.SESSION_TOLD)
    run_out = problem(await renew(client, me.refresh_token), 401, "session_ended")
    assert run_out["ended"] == "expired"
    assert run_out["detail"].startswith("A session ends after 30 days")
    later = await sign_in(client)
    assert (await later.ask("GET", "/users/me/sessions")).json()["ended"] == []


async def test_a_merged_user_learns_why_the_session_ended(client: httpx.AsyncClient) -> None:
    gone, kept = await sign_in(client), await sign_in(client, 1)
    assert (await link(kept, 0)).json()["merged"] is True
    answer = problem(await renew(client, gone.refresh_token), 401, "session_ended")
    assert answer["ended"] == "merged"
    # Nothing is revealed about an unknown session.
    unknown = re.sub("_[0-9a-f]{32}_", f"_{'0' * 32}_", gone.refresh_token)
    answer = problem(await renew(client, unknown), 401, "session_ended")
    assert (answer["ended"], answer["detail"]) == (None, "The session has ended. Sign in again.")


# --- in cookies -------------------------------------------------------------------------------


@pytest.fixture
async def browser(db: Database, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies, over HTTPS."""
    async with client_of(make_app(db, redis, public_url="https://127.0.0.1:8000")) as client:
        client.base_url = httpx.URL("https://127.0.0.1:8000")
        yield client


async def sign_in_here(browser: httpx.AsyncClient, index: int = 0) -> httpx.Response:
    answer = await verify(browser, await signed_challenge(browser, player(index)), session="cookie")
    assert answer.status_code == 200, answer.text
    return answer


def attributes(answer: httpx.Response) -> dict[str, tuple[str, dict[str, str]]]:
    """By name of each cookie that is set: its value, and its attributes in lower case."""
    found = {}
    for line in answer.headers.get_list("set-cookie"):
        first, *rest = (part.strip() for part in line.split(";"))
        name, _, value = first.partition("=")
        told = {k: v for k, _, v in (part.lower().partition("=") for part in rest)}
        found[name] = (value, told)
    return found


async def test_a_session_in_cookies_shows_no_token_to_scripts(browser: httpx.AsyncClient) -> None:
    answer = await sign_in_here(browser)
    body = answer.json()
    assert (body["access_token"], body["refresh_token"]) == (None, None)
    assert body["token_type"] == "cookie"
    found = attributes(answer)
    assert set(found) == {"__Host-tbg_access", "__Host-tbg_refresh", "__Host-tbg_csrf"}
    for name, (value, told) in found.items():
        assert value not in answer.text
        hidden = {} if name == "__Host-tbg_csrf" else {"httponly": ""}
        told.pop("expires", None)
        assert told == {"path": "/", "samesite": "strict", "secure": "", "max-age": "2592000"} | (
            hidden
        )
    assert (await browser.get(ME)).json() == body["user"]


async def test_a_change_by_cookie_needs_the_token_that_only_our_pages_can_read(
    browser: httpx.AsyncClient,
) -> None:
    await sign_in_here(browser)
    proof = browser.cookies["__Host-tbg_csrf"]
    for method, path in (
        ("PATCH", ME), ("DELETE", ME), ("POST", f"{ME}/api-keys"), ("POST", f"{AUTH}/logout"),
        ("POST", f"{AUTH}/logout-all"), ("PATCH", f"{ME}/settings"), ("POST", f"{AUTH}/refresh"),
        ("PUT", ME), ("POST", "/api/v1/nothing"),
    ):  # fmt: skip
        for wrong in (None, "", proof[::-1], proof[:-1], proof.upper() + "é"):
            headers = {} if wrong is None else {b"x-csrf-token": wrong.encode()}
            answer = await browser.request(method, path, json={}, headers=headers)
            problem(answer, 403, "csrf")
    assert (await browser.get(ME)).status_code == 200  # reading needs none
    answer = await browser.patch(ME, json={"bio": "hi"}, headers={"X-CSRF-Token": proof})
    assert answer.json()["bio"] == "hi"


async def test_a_csrf_token_of_another_session_is_refused(browser: httpx.AsyncClient) -> None:
    await sign_in_here(browser, 1)
    headers = {"X-CSRF-Token": browser.cookies["__Host-tbg_csrf"]}
    browser.cookies.clear()
    await sign_in_here(browser)
    problem(await browser.patch(ME, json={"bio": "x"}, headers=headers), 403, "csrf")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:8001", "https://127.0.0.1.evil.example:8000",
     "", "https://evil.example/127.0.0.1:8000", "127.0.0.1:8000", "https://127.0.0.1"],
)  # fmt: skip
async def test_a_change_from_a_foreign_page_is_refused_for_everybody(
    browser: httpx.AsyncClient, origin: str
) -> None:
    await sign_in_here(browser)
    headers = {"Origin": origin, "X-CSRF-Token": browser.cookies["__Host-tbg_csrf"]}
    problem(await browser.patch(ME, json={"bio": "x"}, headers=headers), 403, "csrf")
    # Nor may it sign visitors in as the author of that page.
    body = {"address": player(1).address}
    problem(await browser.post(f"{AUTH}/challenge", json=body, headers=headers), 403, "csrf")


async def test_a_change_from_a_rebound_name_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    headers = {"Origin": "http://rebound.example:8000", "Host": "rebound.example:8000"}
    body = {"address": player(1).address}
    problem(await browser.post(f"{AUTH}/challenge", json=body, headers=headers), 403, "csrf")


async def test_a_change_from_an_own_page_is_accepted(browser: httpx.AsyncClient) -> None:
    await sign_in_here(browser)
    for origin in ("http://127.0.0.1:8000", "https://127.0.0.1:8000"):
        headers = {"Origin": origin, "X-CSRF-Token": browser.cookies["__Host-tbg_csrf"]}
        assert (await browser.patch(ME, json={"bio": "x"}, headers=headers)).status_code == 200


async def test_cookies_are_renewed_by_cookie_and_taken_away_at_the_end(
    browser: httpx.AsyncClient, clock: FixedClock
) -> None:
    await sign_in_here(browser)
    before = dict(browser.cookies)
    clock.move(limits.ACCESS_TOKEN_AGE)
    assert (await browser.get(ME)).status_code == 401
    answer = await browser.post(f"{AUTH}/refresh", json={})
    assert answer.status_code == 200
    assert answer.json()["access_token"] is answer.json()["refresh_token"] is None
    assert browser.cookies["__Host-tbg_access"] != before["__Host-tbg_access"]
    assert browser.cookies["__Host-tbg_refresh"] != before["__Host-tbg_refresh"]
    assert browser.cookies["__Host-tbg_csrf"] == before["__Host-tbg_csrf"]
    assert (await browser.get(ME)).status_code == 200
    headers = {"X-CSRF-Token": browser.cookies["__Host-tbg_csrf"]}
    answer = await browser.post(f"{AUTH}/logout", headers=headers)
    assert answer.status_code == 204
    for value, told in attributes(answer).values():
        assert value in ("", '""')
        assert told["max-age"] == "0"
        assert "secure" in told
    assert not dict(browser.cookies)
    problem(await browser.post(f"{AUTH}/refresh", json={}), 401, "session_ended")


@pytest.mark.parametrize("url", ["http://192.168.1.20:8000", "http://127.0.0.1:8000"])
async def test_over_plain_http_the_cookies_have_plain_names(
    db: Database, redis: Redis, url: str
) -> None:
    app = make_app(db, redis, public_url=url)
    async with client_of(app) as browser:
        browser.base_url = httpx.URL(url)
        found = attributes(await sign_in_here(browser))
        assert set(found) == {"tbg_access", "tbg_refresh", "tbg_csrf"}
        for name, (_, told) in found.items():
            assert "secure" not in told  # a browser would not take it
            assert told["samesite"] == "strict"
            assert ("httponly" in told) == (name != "tbg_csrf")
        assert (await browser.get(ME)).status_code == 200
        headers = {"X-CSRF-Token": browser.cookies["tbg_csrf"]}
        assert (await browser.post(f"{AUTH}/logout", headers=headers)).status_code == 204
        assert not dict(browser.cookies)


async def test_a_token_in_a_header_needs_no_proof(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    assert (await me.ask("PATCH", "/users/me", json={"bio": "x"})).status_code == 200


# --- keys that change -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys of the test's own."""
    shutil.copytree(keys_dir(), tmp_path / "keys", copy_function=shutil.copy2)
    (tmp_path / "keys").chmod(0o700)
    return tmp_path / "keys"


async def test_others_can_check_a_token_by_the_published_keys(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == f"public, max-age={limits.JWKS_SECONDS}"
    kid = jwt.get_unverified_header(me.access_token)["kid"]
    (jwk,) = [key for key in answer.json()["keys"] if key["kid"] == kid]
    assert set(jwk) == {"kty", "n", "e", "kid", "use", "alg", "key_ops"}  # nothing private
    claims = jwt.decode(
        me.access_token,
        jwt.PyJWK(jwk),
        audience="http://127.0.0.1:8000",
        issuer="http://127.0.0.1:8000",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["sub"] == str(me.user["id"])


async def test_a_thousand_requests_while_keys_change_see_no_false_401(
    db: Database, redis: Redis, clock: FixedClock, folder: Path
) -> None:
    """Two processes on one folder; each has seen only what it read up to ten seconds ago."""
    apps = [make_app(db, redis, keys_dir=folder) for _ in range(2)]
    rings: list[KeyRing] = [app.state.keys for app in apps]
    statuses: Counter[int] = Counter()
    signed_by = set()
    async with client_of(apps[0]) as one, client_of(apps[1]) as two:
        clients = [one, two]
        players = [await sign_in(clients[n % 2], n) for n in range(4)]
        newest = [player.refresh_token for player in players]
        living = [[(player.access_token, clock.now())] for player in players]
        for round_ in range(125):  # a third of one: over two whole rotations
            for ring in rings:
                ring._read_at -= 20  # the folder is read by the time that really passes
                ring.published()
            if round_ in (10, 70):
                rings[round_ == 70].rotate()  # the other process has just read the folder
            n = round_ % 4
            told = (await renew(clients[round_ // 4 % 2], newest[n])).json()
            newest[n] = told["refresh_token"]
            living[n].append((told["access_token"], clock.now()))
            for tokens in living:
                while clock.now() - tokens[0][1] >= limits.ACCESS_TOKEN_AGE:
                    tokens.pop(0)
                for client, (access, _) in zip(clients, (tokens[-1], tokens[0]), strict=True):
                    signed_by.add(jwt.get_unverified_header(access)["kid"])
                    statuses[(await client.get(ME, headers=bearer(access))).status_code] += 1
            clients.reverse()
            clock.move(timedelta(seconds=20))
            if round_ % 25 == 24:
                await redis.flushdb()  # the limits, too, go by the time that really passes
    assert statuses == {200: 1000}
    assert len(signed_by) == 3
    assert len(rings[0].published()) == 1
