"""The migrations of accounts, on a database with people and a log."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import orjson
import pytest

from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.accounts.actions.audit import audit, first_fault, seal_audit_log
from tbg.domains.accounts.queries import miner
from tbg.domains.accounts.rules import handle_key
from tests import servers
from tests.conftest import NOW
from tests.domains.gamification.play import execute, rows
from tests.migrating import migrate_to, scripts

SIGNATURES = "0006_signatures"
SEALS = "0008_seals"


@pytest.fixture
async def empty(pg_url: str) -> AsyncIterator[Database]:
    """A database without a schema."""
    with servers.database(pg_url) as url:
        database = connect(url, FixedClock(NOW))
        yield database
        await database.close()


async def migrate(db: Database, revision: str, *, past: bool) -> None:
    """Up to a migration, or to the one before it."""
    before = scripts().get_revision(revision).down_revision
    assert isinstance(before, str)
    await migrate_to(db, revision if past else before)


async def test_existing_lookalike_handles_are_kept_and_the_oldest_has_the_key(
    empty: Database,
) -> None:
    await migrate(empty, SIGNATURES, past=False)
    people = (("c1ara", "clara", 3), ("clara", "dara", 1), ("Dara", "x", 2), ("oracle", "orade", 4))
    for number, (handle, old_key, day) in enumerate(people, 1):
        at = (NOW + timedelta(days=day)).isoformat()
        await execute(
            empty,
            "INSERT INTO users (id, created_at, handle, handle_key) OVERRIDING SYSTEM VALUE"
            f" VALUES ({number}, '{NOW.isoformat()}', '{handle}', '{old_key}')",
            "INSERT INTO user_addresses (address, user_id, linked_at)"
            f" SELECT 'address ' || {number}, {number}, created_at FROM users LIMIT 1",
            "INSERT INTO audit_log (id, at, actor_id, actor, action, subject, details, previous,"
            f" hash) VALUES ({number}, '{at}', {number}, 'session', 'handle.change', '', '{{}}',"
            " '', '')",
        )
    key = "INSERT INTO api_keys (user_id, id, name, scope, mac, hash, created_at)"
    await execute(
        empty,
        "INSERT INTO user_addresses (address, user_id, linked_at)"
        " SELECT 'second', 2, created_at FROM users LIMIT 1",
        f"{key} SELECT id, 'k', 'k', 'read', '', '', created_at FROM users WHERE id < 3",
        "INSERT INTO auth_challenges (id, address, for_user, message, created_at, expires_at)"
        " SELECT gen_random_uuid(), 'a', 1, 'm', created_at, created_at FROM users LIMIT 1",
    )
    await migrate(empty, SIGNATURES, past=True)
    found = await rows(empty, "SELECT id, handle, handle_key FROM users ORDER BY id")
    first = handle_key("clara")
    assert first == handle_key("dara") == handle_key("c1ara")
    assert found == [
        (1, "c1ara", f"{first}~1"),
        (2, "clara", first),
        (3, "Dara", f"{first}~3"),
        (4, "oracle", handle_key("0racle")),
    ]
    async with empty.transaction() as tx:
        for number, handle, _ in found:
            there = await miner(tx, handle.upper())
            assert there is not None
            assert there.id == number
    # A key is of its owner's only address, or of any of several.
    assert await rows(empty, "SELECT user_id, address FROM api_keys ORDER BY 1") == [
        (1, "address 1"), (2, None),
    ]  # fmt: skip
    assert await rows(empty, "SELECT 1 FROM auth_challenges") == []


async def test_an_empty_database_is_migrated(empty: Database) -> None:
    await migrate(empty, SEALS, past=True)
    assert await rows(empty, "SELECT 1 FROM account_activity") == []
    assert await rows(empty, "SELECT 1 FROM audit_log") == []
    await log(empty)
    assert await rows(empty, "SELECT id FROM audit_log") == [(1,)]


async def log(db: Database) -> None:
    async with db.transaction() as tx:
        await audit(tx, actor_id=7, actor="session", action="x", subject="user:7")


async def chained(db: Database, numbers: Iterable[int]) -> bytes:
    """A log as it was before there were seals; the hash of its last entry."""
    previous = bytes(32)
    for number in numbers:
        entry = [number, NOW.isoformat(), 7, "session", "key.make", "user:7", '{"a":1,"b":[2.5]}']
        hash_ = hashlib.sha256(previous + orjson.dumps(entry)).digest()
        async with db.transaction() as tx:
            await tx.run(
                """
                INSERT INTO audit_log (id, at, actor_id, actor, action, subject, details, previous,
                    hash)
                VALUES (:id, :at, 7, 'session', 'key.make', 'user:7', '{"b": [2.5], "a": 1}',
                    :previous, :hash)
                """,
                id=number,
                at=NOW,
                previous=previous,
                hash=hash_,
            )
        previous = hash_
    return previous


@pytest.mark.parametrize(
    ("numbers", "wrong"), [((1, 2, 3), None), ((1, 2, 4), 4), ((1, 2, 2**63 - 1), 2**63 - 1)]
)
async def test_an_old_log_is_sealed_and_says_whether_it_was_intact(
    empty: Database, numbers: tuple[int, ...], wrong: int | None
) -> None:
    await migrate(empty, SEALS, past=False)
    last = await chained(empty, numbers)
    await migrate(empty, SEALS, past=True)
    await log(empty)
    assert await seal_audit_log(empty) == 5
    async with empty.transaction() as tx:
        assert await first_fault(tx) is None
    found = await rows(empty, "SELECT id, action, details FROM audit_log")
    assert {row[0] for row in found} > set(numbers)
    details = next(row[2] for row in found if row[1] == "log.seal")
    assert details == {"entries": 3, "hash": last.hex(), "first_wrong": wrong}
    assert len({row[0] for row in found}) == 5


async def test_an_entry_changed_before_the_log_was_sealed_is_named(empty: Database) -> None:
    await migrate(empty, SEALS, past=False)
    await chained(empty, (1, 2, 3))
    await execute(
        empty,
        "ALTER TABLE audit_log DISABLE TRIGGER USER",
        "UPDATE audit_log SET actor_id = 8 WHERE id = 2",
        "ALTER TABLE audit_log ENABLE TRIGGER USER",
    )
    await migrate(empty, SEALS, past=True)
    details = "SELECT details -> 'first_wrong' FROM audit_log WHERE action = 'log.seal'"
    assert await rows(empty, details) == [(2,)]
