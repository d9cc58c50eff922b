"""What operators change by hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tbg.core.tx import Database
from tests.accounts import SignedIn, player, promoted, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, execute, play, rows, share, value


async def admin_of(db: Database, client: httpx.AsyncClient) -> SignedIn:
    return await promoted(db, await sign_in(client, 5))


async def correct(admin: SignedIn, user: int, **body: Any) -> httpx.Response:
    return await admin.ask("POST", f"/admin/users/{user}/xp-corrections", json=body)


async def grant(admin: SignedIn, slug: str, user: str) -> httpx.Response:
    body = {"user": user, "reason": "met at the fair"}
    return await admin.ask("POST", f"/admin/badges/{slug}/grants", json=body)


async def audited(db: Database, action: str) -> list[tuple[Any, ...]]:
    sql = "SELECT actor_id, subject, details FROM audit_log WHERE action = :action ORDER BY id"
    return await rows(db, sql, action=action)


async def test_a_correction_changes_the_ledger_and_is_audited(
    db: Database, client: httpx.AsyncClient
) -> None:
    admin, player_ = await admin_of(db, client), await sign_in(client)
    user = player_.user["id"]
    given = await correct(admin, user, amount=120, reason=" a lost day ")
    assert (given.status_code, given.json()) == (
        201, {"user_id": user, "amount": 120, "total_xp": 120},
    )  # fmt: skip
    taken = await correct(admin, user, amount=-20, reason="counted twice")
    assert taken.json()["total_xp"] == 100
    history = (await player_.ask("GET", "/users/me/xp/history")).json()["entries"]
    assert [(one["amount"], one["description"]) for one in history] == [
        (-20, "counted twice"), (120, "a lost day"),
    ]  # fmt: skip
    (first, second) = await audited(db, "xp.correct")
    assert first[:2] == second[:2] == (admin.user["id"], f"user:{user}")
    key = "SELECT idempotency_key FROM xp_ledger ORDER BY id LIMIT 1"
    assert first[2] == {"amount": 120, "reason": "a lost day", "key": await value(db, key)}


async def test_a_correction_repeated_with_its_key_is_written_once(
    db: Database, client: httpx.AsyncClient
) -> None:
    admin, user = await admin_of(db, client), (await sign_in(client)).user["id"]
    for _ in range(3):
        answer = await admin.ask(
            "POST", f"/admin/users/{user}/xp-corrections",
            json={"amount": 5, "reason": "a gift"}, headers={"Idempotency-Key": "one"},
        )  # fmt: skip
        assert answer.status_code == 201
    assert await value(db, "SELECT count(*) FROM xp_ledger") == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount": 0, "reason": "nothing"}, 422),
        ({"amount": 5, "reason": "  "}, 422),
        ({"amount": 5}, 422),
        ({"amount": "5", "reason": "a text"}, 422),
        ({"amount": -1, "reason": "below zero"}, 409),
        ({"amount": 10_000_001, "reason": "too much"}, 422),
    ],
)
async def test_a_correction_without_sense_changes_nothing(
    db: Database, client: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    admin, user = await admin_of(db, client), (await sign_in(client)).user["id"]
    answer = await correct(admin, user, **body)
    assert answer.status_code == status
    assert await value(db, "SELECT count(*) FROM xp_ledger") == 0
    assert await audited(db, "xp.correct") == []


async def test_nobody_who_is_not_there_is_corrected(
    db: Database, client: httpx.AsyncClient
) -> None:
    admin = await admin_of(db, client)
    for user in (999_999, 2**63 - 1):
        assert (await correct(admin, user, amount=5, reason="a gift")).status_code == 404
    assert await value(db, "SELECT count(*) FROM user_gamification") == 0


async def test_a_badge_of_an_event_is_granted_once_with_its_xp(
    db: Database, client: httpx.AsyncClient
) -> None:
    admin, player_ = await admin_of(db, client), await sign_in(client)
    address, user = player(0).address, player_.user["id"]
    answer = await grant(admin, "orange_piller", address)
    assert (answer.status_code, answer.json()) == (
        201, {"user_id": user, "slug": "orange_piller", "granted": True},
    )  # fmt: skip
    again = await grant(admin, "orange_piller", address)
    assert (again.status_code, again.json()["granted"]) == (201, False)
    (badge,) = (await player_.ask("GET", "/users/me/badges")).json()["earned"]
    assert badge["metadata"] == {
        "granted_by": f"user:{admin.user['id']}", "reason": "met at the fair",
    }  # fmt: skip
    (reward,) = (await player_.ask("GET", "/rewards/feed")).json()["rewards"]
    assert reward["cause"]["reason"] == "met at the fair"
    assert (await player_.ask("GET", "/users/me/xp")).json()["total_xp"] == 200
    assert len(await audited(db, "badge.grant")) == 1


async def test_a_badge_is_granted_to_whoever_hides_their_address(
    db: Database, client: httpx.AsyncClient
) -> None:
    admin, player_ = await admin_of(db, client), await sign_in(client)
    await player_.ask("PATCH", "/users/me", json={"privacy": {"address_shown": "hidden"}})
    assert (await grant(admin, "orange_piller", player(0).address)).json()["granted"] is True


@pytest.mark.parametrize(
    ("slug", "user", "status"),
    [("shares_1k", ALICE, 409), ("no_such", ALICE, 404), ("orange_piller", "nobody", 404)],
)
async def test_what_cannot_be_granted_is_refused(
    db: Database, client: httpx.AsyncClient, slug: str, user: str, status: int
) -> None:
    await play(db, [share(NOW)])
    answer = await grant(await admin_of(db, client), slug, user)
    assert answer.status_code == status
    assert await value(db, "SELECT count(*) FROM user_badges") == 1
    assert await audited(db, "badge.grant") == []


async def test_a_badge_that_is_switched_off_is_not_granted(
    db: Database, client: httpx.AsyncClient
) -> None:
    await play(db, [share(NOW)])
    await execute(db, "UPDATE badge_definitions SET is_active = false WHERE slug = 'orange_piller'")
    assert (await grant(await admin_of(db, client), "orange_piller", ALICE)).status_code == 404


async def test_an_operator_finds_a_user_by_handle_or_address_even_hidden(
    db: Database, client: httpx.AsyncClient
) -> None:
    admin, hidden = await admin_of(db, client), await sign_in(client)
    address = player(0).address
    await play(db, [share(NOW, user=address)])
    change = {"handle": "ofenbank", "privacy": {"profile_public": False}}
    assert (await hidden.ask("PATCH", "/users/me", json=change)).status_code == 200
    for name in ("ofenbank", " OFENBANK ", address):
        answer = await admin.ask("GET", "/admin/users", params={"name": name})
        (found,) = answer.json()["users"]
        assert (found["id"], found["name"]) == (hidden.user["id"], "ofenbank")
        assert (found["badges"], found["total_xp"] > 0) == (["first_share"], True)
    nobody = await admin.ask("GET", "/admin/users", params={"name": "nobody-at-all"})
    assert (nobody.status_code, nobody.json()) == (200, {"users": []})
