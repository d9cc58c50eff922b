"""The migration to signatures of one purpose and new handle keys, on a database with people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.accounts.queries import miner
from tbg.domains.accounts.rules import handle_key
from tests import servers
from tests.conftest import NOW
from tests.domains.gamification.play import execute, rows
from tests.migrating import migrate_to


@pytest.fixture
async def empty(pg_url: str) -> AsyncIterator[Database]:
    """A database without a schema."""
    with servers.database(pg_url) as url:
        database = connect(url, FixedClock(NOW))
        yield database
        await database.close()


async def migrate(db: Database, *, past: bool) -> None:
    """Up to this migration, or to the one before it."""
    await migrate_to(db, "0006_signatures" if past else "0005_database")


async def test_handles_that_look_alike_now_are_all_kept_and_the_earlier_has_the_key(
    empty: Database,
) -> None:
    await migrate(empty, past=False)
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
    await migrate(empty, past=True)
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
    await migrate(empty, past=True)
    assert await rows(empty, "SELECT 1 FROM account_activity") == []
