"""One's own account over HTTP: profile, privacy, settings, addresses, leaving."""

from __future__ import annotations

import asyncio
import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.app.lifecycle import erase as nobody_is
from tbg.app.lifecycle import erase_due
from tbg.app.relay import Relay
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.errors import SignInRequired
from tbg.core.tx import Database
from tbg.domains.accounts.actions import api_keys, profile
from tbg.domains.accounts.queries import person
from tbg.domains.accounts.rules import handle_key
from tbg.domains.mining.actions import roll_up_all
from tests.accounts import SignedIn, approval, leave, link, player, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import play, share


async def mined(db: Database, index: int, shares: int, *, sdiff: float = 5e3) -> None:
    """So many accepted shares for a player's address."""
    await play(db, [share(NOW, user=player(index).address, sdiff=sdiff) for _ in range(shares)])


async def test_signing_in_claims_the_user_that_mining_made(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mined(db, 0, 100)
    page = (await client.get(f"/api/v1/public/miners/{player(0).address}")).json()
    assert page["claimed"] is False
    me = await sign_in(client, 0)
    page = (await client.get(f"/api/v1/public/miners/{player(0).address}")).json()
    assert page["claimed"] is True
    assert page["stats"]["shares_accepted"] == 100
    assert me.user["address"] == player(0).address
    async with db.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM users") == 1


async def test_a_user_who_never_mined_is_created_by_signing_in(client: httpx.AsyncClient) -> None:
    me = await sign_in(client, 1)
    assert me.user["addresses"] == 1
    assert me.user["claimed_at"] is not None
    again = await sign_in(client, 1)
    assert again.user["id"] == me.user["id"]


async def test_a_profile_is_changed_and_cleared(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    change = {
        "handle": "Solo_Miner",
        "display_name": " Al  ",
        "country": "CH",
        "bio": "Hi\nyou",
    }
    body = (await me.ask("PATCH", "/users/me", json=change)).json()
    assert [body[name] for name in ("handle", "display_name", "country", "bio", "name")] == [
        "Solo_Miner", "Al", "CH", "Hi\nyou", "Solo_Miner",
    ]  # fmt: skip
    body = (await me.ask("PATCH", "/users/me", json={"bio": None})).json()
    assert (body["bio"], body["handle"]) == (None, "Solo_Miner")
    body = (await me.ask("PATCH", "/users/me", json={"handle": None})).json()
    assert (body["handle"], body["name"]) == (None, player(0).address)


async def test_handles_and_their_lookalikes_are_unique(client: httpx.AsyncClient) -> None:
    first, second = await sign_in(client, 0), await sign_in(client, 1)
    assert (await first.ask("PATCH", "/users/me", json={"handle": "alice"})).status_code == 200
    answer = await second.ask("PATCH", "/users/me", json={"handle": "AL1CE"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/handle_taken"
    assert (await first.ask("PATCH", "/users/me", json={"handle": "Alice"})).status_code == 200
    answer = await second.ask("PATCH", "/users/me", json={"handle": "adm1n"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/handle_refused")


async def wants(who: SignedIn, handle: str | None) -> int:
    return (await who.ask("PATCH", "/users/me", json={"handle": handle})).status_code


async def test_a_released_handle_is_reserved_for_its_former_owner(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    first, second = await sign_in(client, 0), await sign_in(client, 1)
    assert [await wants(first, name) for name in ("Alice", "bob")] == [200, 200]
    answer = await second.ask("PATCH", "/users/me", json={"handle": "al1ce"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/handle_taken")
    assert "until recently" in answer.json()["detail"]
    assert [await wants(first, name) for name in ("alice", None)] == [200, 200]
    assert [await wants(second, name) for name in ("alice", "bob", "carol")] == [409, 409, 200]
    # Names that somebody was called for a moment only are kept as far as three go.
    clock.move(timedelta(seconds=1))
    assert [await wants(first, name) for name in ("dave", "erin", "frank", None)] == [200] * 4
    assert [await wants(second, name) for name in ("dave", "bob", "frank")] == [409, 409, 200]
    clock.move(limits.HANDLE_RESTS)
    first, second = await sign_in(client, 0), await sign_in(client, 1)
    assert [await wants(second, name) for name in ("dave", "alice")] == [200, 200]


async def test_whoever_has_a_stolen_session_cannot_free_its_owner_s_handle(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    owner = await sign_in(client, 0)
    assert await wants(owner, "alice") == 200
    clock.move(timedelta(days=29))  # the session is a day from its end
    owner = await sign_in(client, 0)
    for name in ("one", "two", "three", "alice", "four", "five", "six", None):
        clock.move(timedelta(seconds=1))
        assert await wants(owner, name) == 200
    thief = await sign_in(client, 1)
    assert [await wants(thief, name) for name in ("al1ce", "alice", "three")] == [409, 409, 200]
    assert await wants(owner, "alice") == 200


async def test_handles_of_erased_or_merged_users_are_reserved_too(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    gone, other, third = [await sign_in(client, index) for index in range(3)]
    assert [await wants(gone, name) for name in ("alice", "alan")] == [200, 200]
    assert [await wants(other, name) for name in ("bob", "bert")] == [200, 200]
    async with db.transaction(owners="exclusive") as tx:
        await nobody_is(tx, user_id=gone.user["id"])
    clock.move(timedelta(seconds=1))
    assert (await link(third, 1)).json()["merged"] is True
    again = await sign_in(client, 0)
    names = ("alice", "alan", "bob", "bert")
    assert [await wants(again, name) for name in names] == [409] * 4
    assert [await wants(third, name) for name in names] == [409, 409, 200, 200]
    assert await rows_of(db, "former_id") == {(None,), (third.user["id"],)}
    clock.move(limits.HANDLE_RESTS)
    assert await wants(await sign_in(client, 0), "alice") == 200


async def rows_of(db: Database, column: str) -> set[tuple[object, ...]]:
    async with db.transaction() as tx:
        return {tuple(row) for row in await tx.rows(f"SELECT {column} FROM resting_handles")}


async def test_of_two_concurrent_claims_of_a_handle_one_succeeds(client: httpx.AsyncClient) -> None:
    players = [await sign_in(client, index) for index in range(4)]
    answers = await asyncio.gather(
        *(one.ask("PATCH", "/users/me", json={"handle": "satoshi-fan"}) for one in players)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


@pytest.mark.parametrize(
    "change",
    [{"country": "ch"}, {"country": "CHE"}, {"country": "XX"}, {"country": "UK"},
     {"bio": "x" * 501}, {"display_name": 7}, {"display_name": "Pool Support"},
     {"display_name": "\u0430dm\u0456n"}, {"role": "admin"},
     {"privacy": {"address_shown": "maybe"}}, {"handle": 1}],
)  # fmt: skip
async def test_invalid_fields_of_a_profile_are_refused(
    client: httpx.AsyncClient, change: object
) -> None:
    me = await sign_in(client)
    answer = await me.ask("PATCH", "/users/me", json=change)
    assert answer.status_code == 422
    assert (await me.ask("GET", "/users/me")).json() == me.user


@pytest.mark.parametrize(
    "name",
    ["Al\u200bice", "Bob\u202e", "\u3164", "Al\ufe0fice", "a\u2800b", "x\u115f", "bc1qw508d6q",
     "BC1Q…7k3d", "\u0432\u0441\uff11q7k3d", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
)  # fmt: skip
async def test_a_name_with_hidden_letters_or_like_an_address_is_refused(
    client: httpx.AsyncClient, name: str
) -> None:
    me = await sign_in(client)
    for method, path, wish in (
        ("PATCH", "/users/me", {"display_name": name}),
        ("POST", "/users/me/api-keys", {"name": name, "scope": "read"}),
    ):
        answer = await me.ask(method, path, json=wish)
        assert answer.status_code == 422, path
        (error,) = answer.json()["errors"]
        assert "visible" in error["message"] or "address" in error["message"]
    assert (await me.ask("GET", "/users/me")).json() == me.user


async def test_a_handle_finds_the_page(db: Database, client: httpx.AsyncClient) -> None:
    await mined(db, 0, 3)
    me = await sign_in(client)
    await me.ask("PATCH", "/users/me", json={"handle": "Stoker", "display_name": "The Stoker"})
    for name in ("Stoker", "stoker", player(0).address):
        page = (await client.get(f"/api/v1/public/miners/{name}")).json()
        assert (page["handle"], page["display_name"]) == ("Stoker", "The Stoker")
    assert (await client.get("/api/v1/public/miners/st0ker")).status_code == 404
    stats = (await client.get("/api/v1/public/stats")).json()
    assert [item["user"] for item in stats["recent"]] == ["Stoker"]


async def test_privacy_is_kept_everywhere(db: Database, client: httpx.AsyncClient) -> None:
    await mined(db, 0, 3)
    me = await sign_in(client)
    address = player(0).address

    await me.ask("PATCH", "/users/me", json={"handle": "Stoker"})

    async def shown(**privacy: object) -> httpx.Response:
        answer = await me.ask("PATCH", "/users/me", json={"privacy": privacy})
        assert answer.status_code == 200
        return await client.get("/api/v1/public/miners/Stoker")

    short = (await shown(address_shown="short")).json()
    assert short["address"] == f"{address[:4]}…{address[-4:]}"
    hidden = (await shown(address_shown="hidden")).json()
    assert hidden["address"] is None
    assert hidden["avatar_seed"] != address
    # Whoever knows the address does not learn from it who its owner is.
    assert (await client.get(f"/api/v1/public/miners/{address}")).status_code == 404
    assert (await me.ask("GET", f"/public/miners/{address}")).status_code == 200
    stats = (await client.get("/api/v1/public/stats")).text
    assert address not in stats
    assert (await shown(profile_public=False)).status_code == 404
    mine = await me.ask("GET", f"/public/miners/{address}")
    assert mine.status_code == 200
    for path in ("/api/v1/public/stats", "/api/v1/badges/first_share"):
        assert address not in (await client.get(path)).text


async def test_settings_have_defaults_and_remember_changes(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    defaults = (await me.ask("GET", "/users/me/settings")).json()
    assert defaults["version"] == 1
    assert defaults["units"] == {"hashrate": "auto", "difficulty": "short", "clock": "24h"}
    assert defaults["welcome"] == "open"
    change = {"units": {"clock": "12h"}, "theme": "evening", "welcome": "closed"}
    body = (await me.ask("PATCH", "/users/me/settings", json=change)).json()
    assert body["units"] == {"hashrate": "auto", "difficulty": "short", "clock": "12h"}
    assert body["welcome"] == "closed"
    assert (await me.ask("GET", "/users/me/settings")).json() == body


@pytest.mark.parametrize(
    "change",
    [{"units": {"clock": "25h"}}, {"units": {"colour": "red"}}, {"theme": "pink"}, {"x": 1},
     {"welcome": "never"},
     {"notifications": {"badges": "yes"}}, {"dashboard": {"panels": ["xp"]}}],
)  # fmt: skip
async def test_settings_take_no_nonsense(client: httpx.AsyncClient, change: object) -> None:
    me = await sign_in(client)
    assert (await me.ask("PATCH", "/users/me/settings", json=change)).status_code == 422
    assert (await me.ask("GET", "/users/me/settings")).status_code == 200


async def test_settings_of_another_time_are_read_as_far_as_they_are_known(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    old = {
        "theme": "evening", "sound": "loud", "version": 7, "notifications": 5,
        "units": {"clock": "12h", "colour": {"of": "money"}, "hashrate": "kH/s"},
        "dashboard": {"panels": ["xp", "NO"]},
    }  # fmt: skip
    sql = "UPDATE users SET settings = CAST(:old AS jsonb)"
    async with db.transaction() as tx:
        await tx.run(sql, old=orjson.dumps(old).decode())
    told = (await me.ask("GET", "/users/me/settings")).json()
    assert (told["version"], told["theme"]) == (1, "evening")
    assert "dashboard" not in told
    assert told["units"] == {"hashrate": "auto", "difficulty": "short", "clock": "12h"}
    assert all(told["notifications"].values())
    # What is written has to be known, and nothing unknown stays beside it.
    refused = await me.ask("PATCH", "/users/me/settings", json={"units": {"colour": "red"}})
    assert refused.status_code == 422
    assert (await me.ask("PATCH", "/users/me/settings", json={"theme": "day"})).status_code == 200
    async with db.transaction() as tx:
        kept = orjson.loads(await tx.value("SELECT settings::text FROM users"))
    assert kept == {"version": 1, "theme": "day", "units": {"clock": "12h"}}


async def test_two_changes_of_settings_at_once_are_both_kept(client: httpx.AsyncClient) -> None:
    me = await sign_in(client)
    changes = [{"notifications": {name: False}} for name in ("badges", "levels", "streaks")]
    await asyncio.gather(*(me.ask("PATCH", "/users/me/settings", json=c) for c in changes))
    kept = (await me.ask("GET", "/users/me/settings")).json()["notifications"]
    assert [kept[name] for name in ("badges", "levels", "streaks")] == [False] * 3


async def test_requests_of_an_erased_account_are_refused(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mined(db, 0, 1)
    me = await sign_in(client, 0)
    async with db.transaction(owners="exclusive") as tx:
        await nobody_is(tx, user_id=me.user["id"])
        for act in (
            lambda: api_keys.require_room(tx, user_id=me.user["id"], session_id=uuid4()),
            lambda: profile.change_settings(tx, user_id=me.user["id"], change={}),
            lambda: profile.change_profile(tx, user_id=me.user["id"], change={}),
            lambda: person(tx, me.user["id"]),
        ):
            with pytest.raises(SignInRequired):
                await act()
    assert (await me.ask("GET", "/users/me")).status_code == 401


async def test_the_export_is_a_zip_of_all_data(db: Database, client: httpx.AsyncClient) -> None:
    await mined(db, 0, 3)
    me = await sign_in(client)
    answer = await me.ask("GET", "/users/me/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        profile = orjson.loads(archive.read("profile.json"))
        shares = archive.read("shares.ndjson").splitlines()
    assert profile[0]["id"] == me.user["id"]
    assert len(shares) == 3


@pytest.mark.parametrize("sdiff", [1e30, limits.DIFFICULTY])
async def test_the_export_and_all_pages_have_a_share_beyond_64_bits(
    db: Database, redis: Redis, client: httpx.AsyncClient, sdiff: float
) -> None:
    me = await sign_in(client)
    await play(db, [share(NOW, user=me.user["address"], diff=sdiff, sdiff=sdiff)])
    await roll_up_all(db)
    await Relay(db, Broadcast(redis)).drain()
    found = await exported(me)
    assert found["shares"][0]["sdiff"] == found["personal_bests"][0]["best_difficulty"] == sdiff
    assert sdiff in [badge["metadata"].get("sdiff") for badge in found["badges"]]
    for path in (f"/public/miners/{me.user['address']}", "/public/stats"):
        (await client.get(f"/api/v1{path}")).raise_for_status()
    for path in ("/users/me/badges", "/users/me/streak", "/rewards/feed"):
        (await me.ask("GET", path)).raise_for_status()


async def test_the_export_has_numbers_that_json_does_not_know_as_words(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mined(db, 0, 1)
    await roll_up_all(db)
    me = await sign_in(client)
    async with db.transaction() as tx:
        await tx.run("UPDATE personal_bests SET best_difficulty = 'Infinity'")
        await tx.run("UPDATE user_gamification SET best_difficulty = 'NaN'")
    found = await exported(me)
    assert {best["best_difficulty"] for best in found["personal_bests"]} == {"inf"}
    assert found["standing"][0]["best_difficulty"] == "nan"


async def exported(me: SignedIn) -> dict[str, list[Any]]:
    """The sections of their export, by name."""
    answer = (await me.ask("GET", "/users/me/export")).raise_for_status()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        found = {}
        for name in archive.namelist():
            section, _, kind = name.partition(".")
            text = archive.read(name)
            if kind == "json":
                found[section] = orjson.loads(text)
            elif kind == "ndjson":
                found[section] = [orjson.loads(line) for line in text.splitlines()]
    return found


async def test_an_account_is_deleted_only_with_a_signature(client: httpx.AsyncClient) -> None:
    me, other = await sign_in(client, 0), await sign_in(client, 1)
    await link(me, 2)
    unlinking = await approval(me, "unlink", subject=player(2).address)
    for params in (
        {},
        unlinking,
        {"approval": str(uuid4())},
        await approval(other, "delete_account"),
    ):
        answer = await me.ask("DELETE", "/users/me", params=params)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/approval_needed")
    assert (await me.ask("GET", "/users/me")).json()["deletion_at"] is None
    assert (await leave(me)).json()["deletion_at"] is not None


async def test_restoring_what_was_not_deleted_and_deleting_again_leave_no_entry(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)

    async def entries() -> int:
        async with db.transaction() as tx:
            return int(await tx.value("SELECT count(*) FROM audit_log"))

    before = await entries()
    for _ in range(3):
        answer = await me.ask("POST", "/users/me/restore")
        assert (answer.status_code, answer.json()["deletion_at"]) == (200, None)
    assert await entries() == before
    for _ in range(3):
        at = (await leave(me)).json()["deletion_at"]
    assert await entries() == before + 1
    for _ in range(3):
        assert (await me.ask("POST", "/users/me/restore")).status_code == 200
    assert await entries() == before + 2
    assert at == "2026-03-11T12:00:00Z"


async def test_an_account_is_erased_a_week_after_its_deletion(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await mined(db, 0, 100)
    me = await sign_in(client)
    await me.ask("PATCH", "/users/me", json={"handle": "leaver"})
    body = (await leave(me)).json()
    assert body["deletion_at"].startswith("2026-03-11T12:00:00")
    assert (await me.ask("POST", "/users/me/restore")).json()["deletion_at"] is None
    clock.move(timedelta(days=8))
    assert await erase_due(db) == 0
    again = await sign_in(client)
    await leave(again)
    clock.move(timedelta(days=7, seconds=1))
    assert await erase_due(db) == 1
    assert (await again.ask("GET", "/users/me")).status_code == 401
    for name in ("leaver", player(0).address):
        assert (await client.get(f"/api/v1/public/miners/{name}")).status_code == 404
    stats = (await client.get("/api/v1/public/stats")).json()
    assert (stats["miners"], stats["wall"], stats["recent"]) == (1, [], [])
    new = await sign_in(client)
    assert new.user["id"] != me.user["id"]
    assert await wants(new, "leaver") == 409  # nobody is the one who left, for a while
    assert await wants(new, "returner") == 200


async def test_an_existing_lookalike_handle_stays_with_its_owner(
    db: Database, client: httpx.AsyncClient
) -> None:
    """Those that were had before looks were compared as they are now (see the migration)."""
    first, later = await sign_in(client, 0), await sign_in(client, 1)
    assert await wants(first, "clara") == 200
    async with db.transaction() as tx:
        await tx.run(
            "UPDATE users SET handle = 'c1ara', handle_key = :key WHERE id = :id",
            id=later.user["id"],
            key=f"{handle_key('clara')}~{later.user['id']}",
        )
    change = {"handle": "C1ara", "bio": "hi"}  # as the page sends it, with what was changed
    assert (await later.ask("PATCH", "/users/me", json=change)).json()["handle"] == "C1ara"
    assert await wants(first, "CLARA") == 200
    for name, who in (("c1ara", later), ("clara", first)):
        page = (await client.get(f"/api/v1/public/miners/{name}")).json()
        assert page["handle"].lower() == name
        assert await wants(who, None) == 200
    assert [await wants(later, name) for name in ("c1ara", "clara")] == [409, 409]
    assert await wants(first, "clara") == 200
