"""The audit log: nobody rewrites it unnoticed, and the database lets nobody rewrite it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy.exc import DBAPIError

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.accounts.actions.audit import (
    audit,
    first_fault,
    latest,
    seal_audit_log,
    unsealed,
)
from tests.accounts import leave, sign_in
from tests.api import client_of, make_app
from tests.domains.gamification.play import execute, rows

UNLOCKED = (
    "ALTER TABLE audit_log DISABLE TRIGGER USER",
    "ALTER TABLE audit_seals DISABLE TRIGGER USER",
    "ALTER TABLE audit_log ALTER id DROP IDENTITY",
)
"""What the owner of the database can do, and who breaks into it."""


COPIED = """
CREATE TEMPORARY TABLE one AS TABLE audit_log;
UPDATE one SET id = id + 5;
INSERT INTO audit_log SELECT * FROM one WHERE id = 6
"""

COPIED_OVER = """
INSERT INTO audit_log OVERRIDING SYSTEM VALUE TABLE audit_log
ON CONFLICT (id) DO UPDATE SET actor = 'x'
"""

SWAPPED = """
UPDATE audit_log SET id = id + 10 WHERE id IN (2, 3);
UPDATE audit_log SET id = 15 - id WHERE id IN (12, 13)
"""


async def note(db: Database, **more: Any) -> None:
    entry: dict[str, Any] = {
        "actor_id": 1,
        "actor": "session",
        "action": "account.delete",
        "subject": "user:1",
    }
    async with db.transaction() as tx:
        await audit(tx, **(entry | more))


async def fault(db: Database) -> str | None:
    """What is wrong with the log once all of it is sealed."""
    await seal_audit_log(db)
    async with db.transaction() as tx:
        assert await unsealed(tx) == 0
        return await first_fault(tx)


@pytest.fixture
async def five(db: Database, clock: FixedClock) -> Database:
    """A log of five entries with two seals: one over the first two, one over the others."""
    for number in range(5):
        await note(db, actor_id=number or None, details={"sats": 100 + number})
        clock.move(timedelta(seconds=1, microseconds=7))
        if number == 1:
            assert await seal_audit_log(db) == 2
    assert await seal_audit_log(db) == 3
    return db


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET action = 'x' WHERE id = 3", "UPDATE audit_log SET action = action",
     "DELETE FROM audit_log WHERE id = 5", "DELETE FROM audit_log", "TRUNCATE audit_log",
     "TRUNCATE audit_log CASCADE", "TRUNCATE api_keys, audit_log",
     COPIED_OVER,
     "MERGE INTO audit_log a USING (SELECT 3 AS id) b ON a.id = b.id WHEN MATCHED THEN DELETE",
     "UPDATE audit_seals SET hash = ''", "DELETE FROM audit_seals WHERE id = 2",
     "TRUNCATE audit_seals"],
)  # fmt: skip
async def test_the_database_refuses_changes_of_entries(five: Database, statement: str) -> None:
    written = "SELECT l, s FROM audit_log l CROSS JOIN audit_seals s ORDER BY l.id, s.id"
    before = await rows(five, written)
    with pytest.raises(DBAPIError, match="the audit log is append-only"):
        await execute(five, statement)
    assert await rows(five, written) == before


async def test_entries_are_numbered_and_sealed_once(five: Database) -> None:
    found = await rows(five, "SELECT id, actor_id, details FROM audit_log ORDER BY id")
    assert [row[0] for row in found] == [1, 2, 3, 4, 5]
    assert found[0][1] is None
    assert found[4][2] == {"sats": 104}
    assert await rows(five, "SELECT entries FROM audit_seals ORDER BY id") == [
        ([1, 2],), ([3, 4, 5],)
    ]  # fmt: skip
    assert await seal_audit_log(five) == 0
    assert await fault(five) is None


async def test_an_empty_log_is_intact(db: Database) -> None:
    assert await fault(db) is None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE audit_log SET details = '{\"sats\": 999}' WHERE id = 3", "entry 3 "),
        ("UPDATE audit_log SET details = '{}' WHERE id = 1", "entry 1 "),
        ("UPDATE audit_log SET actor_id = 9 WHERE id = 2", "entry 2 "),
        ("UPDATE audit_log SET actor_id = NULL WHERE id = 2", "entry 2 "),
        ("UPDATE audit_log SET actor_id = 0 WHERE id = 1", "entry 1 "),
        ("UPDATE audit_log SET actor = 'tbg admin' WHERE id = 4", "entry 4 "),
        ("UPDATE audit_log SET action = 'account.restore' WHERE id = 5", "entry 5 "),
        ("UPDATE audit_log SET subject = 'user:2' WHERE id = 5", "entry 5 "),
        ("UPDATE audit_log SET actor = 'sessionaccount', action = '.delete' WHERE id = 3",
         "entry 3 "),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = 3", "entry 3 "),
        ("UPDATE audit_log SET id = 9 WHERE id = 5", "entry 5 "),
        ("UPDATE audit_log SET id = 0 WHERE id = 1", "entry 1 "),
        ("DELETE FROM audit_log WHERE id = 3", "entry 3 "),
        ("DELETE FROM audit_log WHERE id = 1", "entry 1 "),
        ("DELETE FROM audit_log WHERE id = 5", "entry 5 "),
        # One that was copied to the end, and two that changed places.
        (COPIED, "entry 6 "),
        (SWAPPED, "entry 2 "),
        ("UPDATE audit_seals SET hash = sha256(hash) WHERE id = 1", "seal 1 "),
        ("UPDATE audit_seals SET at = at + interval '1 microsecond' WHERE id = 2", "seal 2 "),
        ("UPDATE audit_seals SET digests[1] = '' WHERE id = 2", "seal 2 "),
        ("UPDATE audit_seals SET entries = '{4,4,5}' WHERE id = 2", "seal 2 "),
        ("UPDATE audit_seals SET entries = '{3,4,5,6}' WHERE id = 2", "seal 2 "),
        ("DELETE FROM audit_seals WHERE id = 1", "seal 2 "),
        ("DELETE FROM audit_seals WHERE id = 2", "entry 3 "),
        ("DELETE FROM audit_seals", "entry 1 "),
    ],
)  # fmt: skip
async def test_entries_changed_directly_in_the_database_are_found(
    five: Database, change: str, found: str
) -> None:
    await execute(five, *UNLOCKED, *change.split(";"))
    said = await fault(five)
    assert said is not None
    assert said.startswith(found)


async def test_an_unsealed_entry_is_not_a_fault(five: Database) -> None:
    await note(five)
    async with five.transaction() as tx:
        assert (await unsealed(tx), await first_fault(tx)) == (1, None)
    await execute(five, "DELETE FROM audit_unsealed")
    assert await fault(five) == "entry 6 was not added by the game, or its seal is missing"


async def test_an_entry_that_is_removed_before_its_seal_is_missed(five: Database) -> None:
    await note(five)
    await execute(five, *UNLOCKED, "DELETE FROM audit_log WHERE id = 6")
    assert await fault(five) == "entry 6 was changed or is missing"


async def test_a_change_far_down_is_found(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE_ROWS", 10)
    async with db.transaction() as tx:
        for number in range(205):
            await audit(tx, actor_id=number, actor="session", action="x", subject="y")
    assert await seal_audit_log(db) == 205
    assert await fault(db) is None
    assert await rows(db, "SELECT count(*) FROM audit_seals") == [(21,)]
    await execute(db, *UNLOCKED, "UPDATE audit_log SET action = 'z' WHERE id = 203")
    assert await fault(db) == "entry 203 was changed or is missing"


async def test_writers_do_not_wait_and_late_commits_are_sealed_later(
    db: Database,
) -> None:
    async with db.transaction() as slow:
        await audit(slow, actor_id=1, actor="session", action="slow", subject="y")
        await asyncio.wait_for(note(db), 10)
        assert await seal_audit_log(db) == 1
    assert await seal_audit_log(db) == 1
    assert await rows(db, "SELECT entries FROM audit_seals ORDER BY id") == [([2],), ([1],)]
    assert await fault(db) is None


async def test_concurrently_sealed_entries_are_in_one_chain(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PAGE_ROWS", 10)
    await asyncio.gather(*(note(db, details={"n": n}) for n in range(40)))
    sealed = await asyncio.gather(*(seal_audit_log(db) for _ in range(4)))
    assert sum(sealed) == 40
    entries = await rows(db, "SELECT unnest(entries) FROM audit_seals")
    assert sorted(entries) == await rows(db, "SELECT id FROM audit_log ORDER BY id")
    assert await fault(db) is None


async def test_what_was_rolled_back_is_not_in_the_log(db: Database) -> None:
    await note(db)
    with suppress(ZeroDivisionError):
        async with db.transaction() as tx:
            await audit(tx, actor_id=1, actor="session", action="x", subject="y")
            raise ZeroDivisionError
    await note(db)
    assert len(await rows(db, "SELECT 1 FROM audit_log")) == 2
    assert await fault(db) is None


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
DETAILS = st.dictionaries(
    WORDS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(details=DETAILS, words=st.tuples(WORDS, WORDS, WORDS))
@example(details={"a": -0.0, "b": 1e16, "c": 1e300, "d": 5e-324, "e": 1.0}, words=("", "", ""))
async def test_any_written_entry_verifies_when_read(
    db: Database, details: dict[str, Any], words: tuple[str, str, str]
) -> None:
    actor, action, subject = words
    await note(db, actor=actor, action=action, subject=subject, details=details)
    assert await fault(db) is None


async def test_changes_of_an_account_are_in_the_audit_log(db: Database, redis: Redis) -> None:
    async with client_of(make_app(db, redis)) as client:
        me = await sign_in(client)
        made = await me.ask("POST", "/users/me/api-keys", json={"name": "x", "scope": "read"})
        key = made.json()["api_key"]["id"]
        await me.ask("DELETE", f"/users/me/api-keys/{key}")
        await leave(me)
        await me.ask("POST", "/users/me/restore")
        assert (await me.ask("GET", "/users/me/export")).status_code == 200
        refused = await me.ask("DELETE", f"/users/me/api-keys/{key}")
        assert refused.status_code == 404
    user = me.user["id"]
    assert await rows(db, "SELECT actor_id, actor, action, subject FROM audit_log ORDER BY id") == [
        (user, "session", action, f"user:{user}")
        for action in (
            "session.begin", "api_key.make", "api_key.revoke", "account.delete",
            "account.restore", "account.export",
        )
    ]  # fmt: skip
    assert await fault(db) is None


async def actions(db: Database) -> list[tuple[str, dict[str, Any]]]:
    """What the log says was done, without the numbers of sessions."""
    async with db.transaction() as tx:
        entries = await latest(tx, most=100)
    return [
        (entry.action, {k: v for k, v in entry.details.items() if k != "session"})
        for entry in reversed(entries)
    ]


async def test_how_sessions_begin_and_end_is_in_the_log(db: Database, redis: Redis) -> None:
    async with client_of(make_app(db, redis)) as client:
        one, _, three = [await sign_in(client) for _ in range(3)]
        for status in (200, 401):  # the second time, somebody else has it too
            body = {"refresh_token": one.refresh_token}
            assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == status
        sessions = (await three.ask("GET", "/users/me/sessions")).json()["sessions"]
        (other,) = [one["id"] for one in sessions if not one["current"]]
        for status in (204, 404):
            answer = await three.ask("DELETE", f"/users/me/sessions/{other}")
            assert answer.status_code == status
        assert (await three.ask("POST", "/auth/logout")).status_code == 204
        assert (await (await sign_in(client)).ask("POST", "/auth/logout-all")).status_code == 204
    user = one.user["id"]
    assert [action for action, _ in await actions(db)] == [
        "session.begin", "session.begin", "session.begin", "session.reuse", "session.end",
        "session.end", "session.begin", "session.end_all",
    ]  # fmt: skip
    ((by, reused),) = await rows(
        db, "SELECT actor, details ->> 'session' FROM audit_log WHERE action = 'session.reuse'"
    )
    ended = "SELECT id::text FROM sessions WHERE ended_why = 'refresh token reused'"
    assert (by, [(reused,)]) == ("refresh token", await rows(db, ended))
    assert await rows(db, "SELECT DISTINCT actor_id, subject FROM audit_log") == [
        (user, f"user:{user}")
    ]
    assert await fault(db) is None


async def test_privacy_changes_are_logged_without_the_name(db: Database, redis: Redis) -> None:
    async with client_of(make_app(db, redis)) as client:
        me = await sign_in(client)
        change = {"handle": "Stoker", "bio": "hi", "privacy": {"address_shown": "short"}}
        for wish in (change, change, {"privacy": {"profile_public": False}}, {"handle": None}):
            assert (await me.ask("PATCH", "/users/me", json=wish)).status_code == 200
    assert await actions(db) == [
        ("session.begin", {}),
        ("handle.change", {}),
        ("privacy.change", {"address_shown": "short"}),
        ("privacy.change", {"profile_public": False}),
        ("handle.change", {}),
    ]
    assert "stoker" not in str(await rows(db, "SELECT * FROM audit_log")).lower()


async def test_concurrent_sign_ins_all_succeed_and_are_all_logged(
    db: Database, redis: Redis
) -> None:
    async with client_of(make_app(db, redis, rate_strict="1000/60")) as client:
        await asyncio.gather(*(sign_in(client, number) for number in range(50)))
    assert await actions(db) == [("session.begin", {})] * 50
    assert await fault(db) is None
