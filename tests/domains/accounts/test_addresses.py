"""Addresses of one account: linked with two signatures, and removed with one that stays.

Most tests try what somebody with a stolen access token, but no key, could do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.simulator import DemoKey
from tbg.app.relay import Relay
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tests.accounts import (
    SignedIn,
    approval,
    leave,
    link,
    player,
    sign_in,
    signed_challenge,
    unlink,
)
from tests.conftest import NOW
from tests.domains.gamification.play import play, rows, share

SECOND = timedelta(seconds=1)
EVIL = 1
"""The number of the thief's own key."""


async def mined(db: Database, index: int, shares: int) -> None:
    """So many accepted shares for a player's address."""
    await play(db, [share(NOW, user=player(index).address, sdiff=5e3) for _ in range(shares)])


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text


async def addresses(me: SignedIn) -> list[str]:
    rows = (await me.ask("GET", "/users/me/addresses")).json()["addresses"]
    return [row["address"] for row in rows]


async def challenge(who: SignedIn, key: DemoKey, purpose: str, **wish: Any) -> dict[str, str]:
    """A challenge asked for as `who` and signed by a key."""
    return await signed_challenge(who.client, key, headers=who.headers, purpose=purpose, **wish)


async def link_with(who: SignedIn, index: int, **more: str) -> httpx.Response:
    """Ask to link a player's address with its own signature, and whatever else is given."""
    body = await challenge(who, player(index), "link")
    return await who.ask("POST", "/users/me/addresses", json=body | more)


async def remove(who: SignedIn, index: int, **more: str) -> httpx.Response:
    address = player(index).address
    return await who.ask("DELETE", f"/users/me/addresses/{address}", params=more)


# --- linking ----------------------------------------------------------------------------------


async def test_a_stolen_session_links_no_address_of_the_thief_s(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    owner, thief = await sign_in(client, 0), await sign_in(client, EVIL)
    stolen, evil = owner, player(EVIL)
    refused(await link_with(stolen, EVIL), 403, "approval_needed")
    # No address but the account's own is asked to approve anything.
    wish = {"address": evil.address, "purpose": "let_in", "subject": evil.address}
    refused(await stolen.ask("POST", "/auth/challenge", json=wish), 409, "not_your_address")
    # An approval of the thief's account is not one of the owner's.
    other = await approval(thief, "let_in", subject=player(2).address)
    refused(await link_with(stolen, 2, **other), 403, "approval_needed")
    # One that nobody has signed, and one that never was.
    wish = {"address": owner.key.address, "purpose": "let_in", "subject": evil.address}
    made = (await stolen.ask("POST", "/auth/challenge", json=wish)).json()["challenge_id"]
    for made_up in (made, str(uuid4())):
        refused(await link_with(stolen, EVIL, approval=made_up), 403, "approval_needed")
    body = {"challenge_id": made, "signature": (await challenge(stolen, evil, "link"))["signature"]}
    refused(await stolen.ask("POST", "/auth/approve", json=body), 401, "signature_refused")
    assert await addresses(owner) == [owner.key.address]


async def test_a_signature_is_valid_only_for_its_messages_purpose(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Whoever is tricked into signing in, or into removing something, lets nobody in."""
    me = await sign_in(client, 0)
    clock.move(SECOND)
    assert (await link(me, 2)).status_code == 201
    evil = player(EVIL).address
    to_sign_in = await challenge(me, me.key, "sign_in")
    refused(await me.ask("POST", "/auth/approve", json=to_sign_in), 409, "challenge_spent")
    to_link = await challenge(me, me.key, "link")
    refused(await me.ask("POST", "/auth/approve", json=to_link), 409, "challenge_spent")
    let_in = await challenge(me, me.key, "let_in", subject=evil)
    answer = await client.post("/api/v1/auth/verify", json=let_in)
    refused(answer, 409, "challenge_spent")
    refused(await me.ask("POST", "/users/me/addresses", json=let_in), 409, "challenge_spent")
    for purpose, subject in (
        ("unlink", player(2).address), ("delete_account", None), ("let_in", player(3).address),
    ):  # fmt: skip
        wish: dict[str, Any] = {} if subject is None else {"subject": subject}
        other = await approval(me, purpose, **wish)
        refused(await link_with(me, EVIL, **other), 403, "approval_needed")
        if purpose != "unlink":
            refused(await remove(me, 2, **other), 403, "approval_needed")
    messages = {
        purpose: (await ask(me, purpose, **({"subject": evil} if takes else {}))).json()["message"]
        for purpose, takes in (
            ("sign_in", False), ("link", False), ("let_in", True), ("unlink", True),
            ("delete_account", False), ("make_service_key", False),
        )
    }  # fmt: skip
    first = me.key.address
    short = f"{first[:9]}...{first[-9:]}"
    told = {p: m.partition(": ")[2].partition(". Free, ")[0] for p, m in messages.items()}
    assert told == {
        "sign_in": f"sign in as {first}",
        "link": f"link {first} and its game to {short}",
        "let_in": f"let {evil} sign in to {short}",
        "unlink": f"remove {evil} from account {short}",
        "delete_account": f"delete the account of {first}",
        "make_service_key": f"create a service key for {first}",
    }


async def ask(who: SignedIn, purpose: str, **wish: Any) -> httpx.Response:
    wish |= {"address": who.key.address, "purpose": purpose}
    return await who.ask("POST", "/auth/challenge", json=wish)


@pytest.mark.parametrize(
    "wish",
    [{"purpose": "let_in"}, {"purpose": "unlink"}, {"purpose": "sign_in", "subject": "x"},
     {"purpose": "let_in", "subject": "satoshi"}, {"purpose": "approve"}, {"link": True}],
)  # fmt: skip
async def test_a_challenge_without_sense_is_refused(
    client: httpx.AsyncClient, wish: dict[str, Any]
) -> None:
    me = await sign_in(client)
    answer = await me.ask("POST", "/auth/challenge", json={"address": me.key.address, **wish})
    assert answer.status_code == 422


async def test_an_approval_is_good_once_and_for_five_minutes(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me = await sign_in(client, 0)
    subject = player(EVIL).address
    late = await challenge(me, me.key, "let_in", subject=subject)
    clock.move(limits.CHALLENGE_AGE)
    refused(await me.ask("POST", "/auth/approve", json=late), 409, "challenge_spent")

    old = await approval(me, "let_in", subject=subject)
    clock.move(limits.APPROVAL_AGE)
    refused(await link_with(me, EVIL, **old), 403, "approval_needed")

    me = await sign_in(client, 0)  # the access token is as old as the three of them
    body = await challenge(me, me.key, "let_in", subject=subject)
    answers = await asyncio.gather(*(me.ask("POST", "/auth/approve", json=body) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 4}
    (signed,) = [answer.json() for answer in answers if answer.status_code == 200]
    links = [await challenge(me, player(EVIL), "link") for _ in range(3)]
    clock.move(limits.APPROVAL_AGE - SECOND)
    answers = await asyncio.gather(
        *(
            me.ask("POST", "/users/me/addresses", json=body | {"approval": signed["approval"]})
            for body in links
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    clock.move(SECOND)
    assert (await unlink(me, EVIL)).status_code == 204
    again = await link_with(me, EVIL, approval=signed["approval"])
    refused(again, 403, "approval_needed")


async def test_of_two_concurrent_links_of_an_address_one_succeeds(
    db: Database, client: httpx.AsyncClient
) -> None:
    one, two = await sign_in(client, 0), await sign_in(client, 2)
    answers = await asyncio.gather(link(one, EVIL), link(two, EVIL))
    statuses = sorted(answer.status_code for answer in answers)
    # The other one has to sign again, because it would now be merged with the first.
    assert statuses in ([201, 201], [201, 409])
    owners = await rows(
        db, "SELECT user_id FROM user_addresses WHERE address = :a", a=player(EVIL).address
    )
    assert len(owners) == 1
    assert await rows(db, "SELECT 1 FROM users WHERE merged_into IS NULL AND id NOT IN"
                          " (SELECT user_id FROM user_addresses)") == []  # fmt: skip


async def test_a_second_address_brings_its_game_along(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mined(db, 0, 60)
    await mined(db, 1, 50)
    me = await sign_in(client)
    answer = await link(me, 1)
    assert answer.status_code == 201, answer.text
    assert answer.json()["merged"] is True
    for index in (0, 1):
        page = (await client.get(f"/api/v1/public/miners/{player(index).address}")).json()
        assert page["stats"]["shares_accepted"] == 110
        assert page["xp"]["total_xp"] % 10 == 1  # one XP for the hundred that neither had alone
    rows = (await me.ask("GET", "/users/me/addresses")).json()["addresses"]
    assert [(row["address"], row["first"], row["merged"], row["can_unlink"]) for row in rows] == [
        (player(0).address, True, False, True),
        (player(1).address, False, True, True),
    ]
    # Whoever signs in with either is the same player now.
    assert (await sign_in(client, 1)).user["id"] == me.user["id"]


PRIVATE = {"profile_public": False, "address_shown": "hidden", "on_leaderboards": False}
PUBLIC = {"profile_public": True, "address_shown": "whole", "on_leaderboards": True}


async def choose(who: SignedIn, **privacy: Any) -> None:
    (await who.ask("PATCH", "/users/me", json={"privacy": privacy})).raise_for_status()


@pytest.mark.parametrize(
    ("mine", "theirs", "after"),
    [
        ({}, PRIVATE, PRIVATE),
        (PRIVATE, {}, PRIVATE),
        ({}, {"profile_public": False}, PUBLIC | {"profile_public": False}),
        ({"address_shown": "short"}, {"on_leaderboards": False},
         PUBLIC | {"address_shown": "short", "on_leaderboards": False}),
        ({"address_shown": "hidden"}, {"address_shown": "short"},
         PUBLIC | {"address_shown": "hidden"}),
        ({}, {}, PUBLIC),
    ],
)  # fmt: skip
async def test_a_merge_leaves_the_stricter_privacy_of_both_accounts(
    db: Database, client: httpx.AsyncClient, clock: FixedClock,
    mine: dict[str, Any], theirs: dict[str, Any], after: dict[str, Any],
) -> None:  # fmt: skip
    await mined(db, 0, 60)
    await mined(db, EVIL, 50)
    me, other = await sign_in(client, 0), await sign_in(client, EVIL)
    await choose(me, **mine)
    await choose(other, **theirs)
    clock.move(SECOND)
    answer = await link(me, EVIL)
    assert (answer.json()["merged"], answer.json()["privacy"]) == (True, after)
    assert (await me.ask("GET", "/users/me")).json()["privacy"] == after
    for index in (0, EVIL):
        seen = await client.get(f"/api/v1/public/miners/{player(index).address}")
        assert seen.is_success == (after["profile_public"] and after["address_shown"] == "whole")
    # The owner reads of it in the account's activity, unless nothing changed.
    newest = (await me.ask("GET", "/users/me/activity")).json()["activity"][0]["action"]
    assert newest == ("address.link" if after == PUBLIC | mine else "privacy.change")


async def test_linking_an_own_address_is_refused_by_name(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    wish = {"address": player(0).address, "purpose": "let_in", "subject": player(0).address}
    answer = await me.ask("POST", "/auth/challenge", json=wish)
    refused(answer, 409, "already_yours")
    body = await signed_challenge(client, me.key, headers=me.headers, purpose="link")
    refused(await me.ask("POST", "/users/me/addresses", json=body), 409, "already_yours")


async def test_after_a_long_merge_no_other_follows_for_a_while(
    client: httpx.AsyncClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MERGES_REST_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(limits, "MERGES_REST_TIMES", 1_000_000)
    me, other = await sign_in(client, 0), await sign_in(client, 1)
    for n in range(2, 5):
        await sign_in(client, n)
    clock.move(SECOND)
    assert (await link(me, 2)).status_code == 201
    for who, n in ((me, 3), (other, 4)):
        answer = await link(who, n)
        refused(answer, 503, "accounts_busy")
        assert answer.json()["seconds"] == 60
    assert (await link(other, 9)).status_code == 201, "an address of nobody's merges nothing"
    clock.move(timedelta(seconds=59))
    refused(await link(other, 4), 503, "accounts_busy")
    clock.move(SECOND)
    assert (await link(other, 4)).status_code == 201


async def test_pages_and_own_data_are_read_while_accounts_are_merged(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client, 0)
    async with db.transaction(owners="exclusive"):
        answers = [
            await asyncio.wait_for(asking, 3)
            for asking in (
                client.get(f"/api/v1/public/miners/{me.key.address}"),
                client.get("/api/v1/public/stats"),
                client.get("/health"),
                me.ask("GET", "/users/me"),
                me.ask("GET", "/users/me/gamification"),
            )
        ]
    assert [answer.status_code for answer in answers] == [200] * 5


async def test_concurrent_links_do_not_deadlock(db: Database, client: httpx.AsyncClient) -> None:
    for index in range(6):
        await mined(db, index, 30)
    one, two = await sign_in(client, 0), await sign_in(client, 3)
    answers = await asyncio.gather(link(one, 1), link(two, 4), link(one, 2), link(two, 5))
    assert [answer.status_code for answer in answers] == [201] * 4
    for index in range(6):
        page = (await client.get(f"/api/v1/public/miners/{player(index).address}")).json()
        assert page["stats"]["shares_accepted"] == 90
    async with db.transaction() as tx:
        assert not await tx.value(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )


async def test_links_come_seldom_and_end_somewhere(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = await sign_in(client, 0)
    monkeypatch.setattr(limits, "ADDRESSES", 2)
    assert (await link(me, 1)).status_code == 201
    answer = await link(me, 2)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too_many_addresses")
    for _ in range(limits.RATE_LINKS[0]):
        body = {"challenge_id": str(uuid4()), "signature": ""}
        answer = await me.ask("POST", "/users/me/addresses", json=body)
    assert answer.status_code == 429


@pytest.mark.parametrize("together", [50, 51])
async def test_accounts_with_too_many_addresses_together_are_not_merged(
    db: Database, client: httpx.AsyncClient, together: int
) -> None:
    await mined(db, 0, 3)
    await mined(db, EVIL, 4)
    kept, gone = await sign_in(client, 0), await sign_in(client, EVIL)
    async with db.transaction() as tx:
        for who, many in ((kept, 29), (gone, together - 31)):
            await tx.run(
                """
                INSERT INTO user_addresses (address, user_id, linked_at, proved_at)
                SELECT 'of ' || CAST(:user AS bigint) || ' ' || n, :user, :now, :now
                FROM generate_series(1, CAST(:many AS integer)) AS n
                """,
                user=who.user["id"],
                many=many,
                now=tx.now,
            )
    state = "SELECT address, user_id, merged_at FROM user_addresses ORDER BY address"
    before = await rows(db, state)
    answer = await link(kept, EVIL)
    if together <= limits.ADDRESSES:
        assert (answer.status_code, len(answer.json()["addresses"])) == (201, together)
        return
    refused(answer, 409, "too_many_addresses")
    assert "51 addresses; an account may have 50" in answer.json()["detail"]
    assert await rows(db, state) == before
    assert (await gone.ask("GET", "/users/me")).status_code == 200
    assert await rows(db, "SELECT 1 FROM audit_log WHERE action = 'address.link'") == []


# --- removing ---------------------------------------------------------------------------------


async def test_a_stolen_session_removes_no_address_of_the_owner_s(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    owner, thief = await sign_in(client, 0), await sign_in(client, EVIL)
    clock.move(SECOND)
    assert (await link(owner, 2)).status_code == 201
    both = await addresses(owner)
    for index in (0, 2):
        refused(await remove(owner, index), 403, "approval_needed")
        refused(await remove(owner, index, approval=str(uuid4())), 403, "approval_needed")
        # By itself no address is removed: the other way round, who has its key alone could.
        own = {"address": player(index).address, "purpose": "unlink"}
        answer = await owner.ask("POST", "/auth/challenge", json=own | {"subject": own["address"]})
        refused(answer, 409, "cannot_unlink")
    theirs = await approval(thief, "unlink", subject=player(0).address)
    refused(await remove(owner, 0, **theirs), 403, "approval_needed")
    wrong = await approval(owner, "unlink", subject=player(3).address)
    refused(await remove(owner, 2, **wrong), 403, "approval_needed")
    assert await addresses(owner) == both
    refused(await remove(owner, 3), 404, "not_found")
    refused(await remove(thief, EVIL), 409, "cannot_unlink")  # else nobody could sign in


@pytest.mark.parametrize("removed", [0, EVIL])
async def test_a_removed_merged_address_cannot_sign_in_but_its_shares_stay(
    db: Database, client: httpx.AsyncClient, clock: FixedClock, removed: int
) -> None:
    """The first one too: an account is not who it began with, but who holds one of its keys."""
    await mined(db, 0, 60)
    await mined(db, EVIL, 50)
    me = await sign_in(client, 0)
    assert (await link(me, EVIL)).json()["merged"] is True
    stays = EVIL - removed
    by = await sign_in(client, stays)
    assert by.user["id"] == me.user["id"]
    totals = "SELECT total_xp, * FROM user_gamification WHERE user_id = :u"
    before = await rows(db, totals, u=me.user["id"])
    clock.move(SECOND)
    gone = await sign_in(client, removed)
    assert (await unlink(by, removed, by=player(stays))).status_code == 204
    assert (await gone.ask("GET", "/users/me")).status_code == 401
    assert await addresses(by) == [player(stays).address]
    page = (await client.get(f"/api/v1/public/miners/{player(stays).address}")).json()
    assert page["stats"]["shares_accepted"] == 110
    assert await rows(db, totals, u=me.user["id"]) == before
    # The holder of its key starts a new account, and so do its miners.
    assert (await sign_in(client, removed)).user["id"] != me.user["id"]
    await mined(db, removed, 2)
    page = (await client.get(f"/api/v1/public/miners/{player(removed).address}")).json()
    assert page["stats"]["shares_accepted"] == 2
    assert page["xp"]["total_xp"] < 110
    # And together again, nothing counts twice.
    by = await sign_in(client, stays)
    by.key = player(stays)
    assert (await link(by, removed)).json()["merged"] is True
    page = (await client.get(f"/api/v1/public/miners/{player(stays).address}")).json()
    assert page["stats"]["shares_accepted"] == 112
    assert page["xp"]["total_xp"] == before[0][0]


async def test_a_removed_address_keeps_the_privacy_that_it_had(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    address = player(EVIL).address
    page = f"/api/v1/public/miners/{address}"
    await mined(db, EVIL, 3)
    me = await sign_in(client, 0)
    clock.move(SECOND)
    assert (await link(me, EVIL)).status_code == 201
    await choose(me, **PRIVATE)
    assert (await unlink(me, EVIL)).status_code == 204
    assert (await client.get(page)).status_code == 404
    await mined(db, EVIL, 2)
    assert (await client.get(page)).status_code == 404
    pool = (await client.get("/api/v1/public/stats")).json()
    assert address not in str(pool)
    # Whoever has its key sees the page, and decides about it.
    own = await sign_in(client, EVIL)
    assert own.user["privacy"] == PRIVATE
    assert own.user["id"] != me.user["id"]
    await choose(own, **PUBLIC)
    assert (await client.get(page)).json()["stats"]["shares_accepted"] == 2


async def test_an_address_removed_from_a_public_account_belongs_to_nobody(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me = await sign_in(client, 0)
    clock.move(SECOND)
    assert (await link(me, EVIL)).status_code == 201
    assert (await unlink(me, EVIL)).status_code == 204
    assert await rows(db, "SELECT address FROM user_addresses") == [(me.key.address,)]


async def test_what_a_removed_address_was_in_the_middle_of_ends(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Its sessions, the API keys made in them, and what it has signed but not used yet."""
    me = await sign_in(client, 0)
    clock.move(SECOND)
    assert (await link(me, EVIL)).status_code == 201
    thief = await sign_in(client, EVIL)
    assert thief.user["id"] == me.user["id"]
    made = {}
    for name, who in (("theirs", thief), ("mine", me)):
        answer = await who.ask("POST", "/users/me/api-keys", json={"name": name, "scope": "read"})
        made[name] = {"Authorization": f"Bearer {answer.json()['key']}"}
    thief.key = player(EVIL)
    signed = {
        "let_in": await approval(thief, "let_in", subject=player(2).address),
        "unlink": await approval(thief, "unlink", subject=player(0).address),
        "delete_account": await approval(thief, "delete_account"),
    }
    assert (await unlink(me, EVIL)).status_code == 204
    for asked in ("/users/me", "/users/me/api-keys"):
        assert (await thief.ask("GET", asked)).status_code == 401
    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": thief.refresh_token})
    refused(renewed, 401, "session_ended")
    assert renewed.json()["ended"] == "address unlinked"
    bests = "/api/v1/mining/personal-bests"
    assert (await client.get(bests, headers=made["theirs"])).status_code == 401
    assert (await client.get(bests, headers=made["mine"])).status_code == 200
    # Even with a session of the owner's: an address that left approves nothing any more.
    refused(await link_with(me, 2, **signed["let_in"]), 403, "approval_needed")
    assert (await link(me, 3)).status_code == 201
    refused(await remove(me, 0, **signed["unlink"]), 403, "approval_needed")
    answer = await me.ask("DELETE", "/users/me", params=signed["delete_account"])
    refused(answer, 403, "approval_needed")
    # Nor does it when it is linked again.
    assert (await link(me, EVIL)).status_code == 201
    answer = await me.ask("DELETE", "/users/me", params=signed["delete_account"])
    refused(answer, 403, "approval_needed")


async def test_a_key_of_unknown_address_ends_with_any_address(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Keys from before this was recorded: creating one again is better than keeping a thief's."""
    me = await sign_in(client, 0)
    clock.move(SECOND)
    assert (await link(me, EVIL)).status_code == 201
    await me.ask("POST", "/users/me/api-keys", json={"name": "old", "scope": "read"})
    async with db.transaction() as tx:
        await tx.run("UPDATE api_keys SET address = NULL")
    assert (await unlink(me, EVIL)).status_code == 204
    assert (await me.ask("GET", "/users/me/api-keys")).json() == {"api_keys": []}


@pytest.mark.parametrize("first", ["remove", "make"])
async def test_a_key_made_while_its_address_is_removed_does_not_outlive_it(
    db: Database, client: httpx.AsyncClient, clock: FixedClock, first: str
) -> None:
    me = await sign_in(client, 0)
    clock.move(SECOND)
    assert (await link(me, EVIL)).status_code == 201
    thief = await sign_in(client, EVIL)
    wish = {"name": "x", "scope": "read"}
    params = await approval(me, "unlink", subject=player(EVIL).address)

    async def make() -> int:
        return (await thief.ask("POST", "/users/me/api-keys", json=wish)).status_code

    async with db.transaction(owners="shared") as tx:  # both wait for the user's row, in this order
        await tx.run("SELECT 1 FROM users WHERE id = :id FOR UPDATE", id=me.user["id"])
        acts = [remove(me, EVIL, **params), make()]
        waiting = []
        for act in acts if first == "remove" else acts[::-1]:
            waiting.append(asyncio.create_task(act))
            await asyncio.sleep(0.15)
    await asyncio.gather(*waiting)
    assert await rows(db, "SELECT 1 FROM api_keys WHERE revoked_at IS NULL") == []


async def test_an_address_linked_and_removed_at_once_is_in_one_account_or_in_none(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me, other = await sign_in(client, 0), await sign_in(client, 2)
    clock.move(SECOND)
    assert (await link(me, EVIL)).status_code == 201
    for _ in range(3):
        removal = await approval(me, "unlink", subject=player(EVIL).address)
        body = await challenge(other, player(EVIL), "link")
        body |= await approval(other, "let_in", subject=player(EVIL).address)
        removed, linked = await asyncio.gather(
            remove(me, EVIL, **removal), other.ask("POST", "/users/me/addresses", json=body)
        )
        assert (removed.status_code, linked.status_code) in ((204, 201), (204, 409), (401, 201),
                                                             (403, 201), (404, 201))  # fmt: skip
        owners = await rows(db, "SELECT user_id FROM user_addresses")
        assert len({user for (user,) in owners}) in (1, 2)
        if linked.status_code == 201:
            break
        assert (await link(me, EVIL)).status_code in (201, 409)


# --- the owner is told ------------------------------------------------------------------------


async def test_the_owner_is_notified_of_account_changes_on_every_channel(
    db: Database, redis: Redis, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    client.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"
    me = await sign_in(client, 0)
    evil, own = player(EVIL).address, player(0).address
    acts = [
        link(me, EVIL),
        unlink(me, EVIL),
        me.ask("POST", "/users/me/api-keys", json={"name": "rig", "scope": "read"}),
        me.ask("GET", "/users/me/export"),
        me.ask("PATCH", "/users/me", json={"handle": "stoker"}),
        leave(me),
        me.ask("POST", "/users/me/restore"),
    ]
    for act in acts:
        clock.move(SECOND)
        assert (await act).is_success
    body = (await me.ask("GET", "/users/me/activity")).json()
    assert body["next_cursor"] is None
    assert [(row["action"], row["about"]) for row in body["activity"]] == [
        ("account.restore", None), ("account.delete", None), ("handle.change", None),
        ("account.export", None), ("api_key.make", "rig"), ("address.unlink", evil),
        ("address.link", evil), ("session.begin", None),
    ]  # fmt: skip
    for row in body["activity"]:
        assert (row["device"], row["signed_in_with"]) == ("Firefox on Linux", own)
        assert row["current"] is True
    client.headers["user-agent"] = "curl/8.5.0"
    elsewhere = await (await sign_in(client, 0)).ask("GET", "/users/me/activity")
    assert [row["current"] for row in elsewhere.json()["activity"]] == [True] + [False] * 8
    assert body["activity"][-2]["at"] == "2026-03-04T12:00:01Z"

    await Relay(db, Broadcast(redis)).drain()
    frames = await rows(db, "SELECT channel, type, data FROM frames ORDER BY id")
    assert {frame[:2] for frame in frames} == {("gamification", "notification")}
    notices = [data["notification"] for _, _, data in frames]
    assert {notice["subtype"] for notice in notices} == {"account_changed"}
    assert {notice["actionUrl"] for notice in notices} == {"/settings/activity"}
    short = f"{evil[:4]}…{evil[-4:]}"
    assert [notice["title"] for notice in notices] == [
        f"{short} can sign in to your account now",
        f"{short} was removed from your account",
        "A new API key: rig",
        "Your data was downloaded",
        "Your handle was changed",
        "Your account will be deleted in a week",
        "Your account will not be deleted after all",
    ]


async def test_the_activity_is_read_in_pages_by_its_owner_and_forgotten_in_time(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me, other = await sign_in(client, 0), await sign_in(client, 2)
    for number in range(4):
        clock.move(SECOND)
        privacy = {"on_leaderboards": bool(number % 2)}
        await me.ask("PATCH", "/users/me", json={"privacy": privacy})
    path, seen = "/users/me/activity", []
    cursor: str | None = ""
    while cursor is not None:
        page = (await me.ask("GET", f"{path}?limit=2{cursor and f'&cursor={cursor}'}")).json()
        seen += [row["at"] for row in page["activity"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    assert len((await other.ask("GET", path)).json()["activity"]) == 1
    for wrong in ("limit=0", "limit=101", "cursor=x", "cursor=-1"):
        assert (await me.ask("GET", f"{path}?{wrong}")).status_code == 422


async def test_a_copied_session_is_in_the_activity(client: httpx.AsyncClient) -> None:
    me, copied = await sign_in(client, 0), await sign_in(client, 0)
    for status in (200, 401):
        body = {"refresh_token": copied.refresh_token}
        assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == status
    newest = (await me.ask("GET", "/users/me/activity")).json()["activity"][0]
    assert newest["action"] == "session.reuse"
