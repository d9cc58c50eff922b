"""The schema: what the program needs is what the migrations reach, from wherever they start."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tbg.core import limits, schema
from tbg.core.clock import FixedClock
from tbg.core.errors import CannotRun
from tbg.core.migration import statements
from tbg.core.tx import Database, connect
from tbg.domains.mining import queries
from tests import servers
from tests.conftest import NOW
from tests.migrating import MIGRATIONS, migrate_to, scripts

PREVIOUS = "0007_blocks"
PREVIOUS_NAME = "2026_11_28_blocks"
"""The newest revision of the previous release, and the name that it has there."""

FILLED = Path(__file__).parents[1] / "fixtures" / "filled_0007_blocks.sql"
"""Rows of every table, as statements that are valid at the revision of the previous release."""


@pytest.fixture
async def empty(pg_url: str) -> AsyncIterator[Database]:
    """A database without a schema."""
    with servers.database(pg_url) as url:
        database = connect(url, FixedClock(NOW))
        yield database
        await database.close()


def test_the_program_needs_the_newest_migration() -> None:
    assert scripts().get_heads() == [schema.REVISION]


def test_migrations_are_numbered_and_each_follows_the_one_before() -> None:
    files = sorted(path.stem for path in (MIGRATIONS / "versions").glob("*.py"))
    assert [re.fullmatch(r"(\d{4})_[a-z0-9_]+", name) is not None for name in files] == [
        True for _ in files
    ]
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    chain = {script.revision: script.down_revision for script in scripts().walk_revisions()}
    assert chain == dict(zip(files, [None, *files], strict=False))


def test_statements_are_split_at_line_ends_and_not_inside_a_function() -> None:
    body = "CREATE FUNCTION f() LANGUAGE plpgsql AS $$\nBEGIN\n    RETURN ';';\nEND $$"
    assert statements(f"SELECT ';';\n{body};\nSELECT 2") == ["SELECT ';'", body, "SELECT 2"]


_message, _id = itemgetter("message_id"), itemgetter("id")


async def _content(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    async with db.transaction() as tx:
        tables = await tx.rows(
            """
            SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
            """
        )
        found = {}
        for (table,) in tables:
            rows = await tx.rows(f"SELECT to_jsonb(t)::text FROM {table} t")
            found[table] = sorted((json.loads(row[0]) for row in rows), key=str)
    return found


async def test_a_database_that_the_previous_release_filled_is_upgraded_and_keeps_every_row(
    empty: Database,
) -> None:
    await migrate_to(empty, PREVIOUS)
    async with empty.transaction() as tx:
        for statement in statements(FILLED.read_text()):
            await tx.connection.exec_driver_sql(statement)
        await tx.run("UPDATE alembic_version SET version_num = :name", name=PREVIOUS_NAME)
    before = await _content(empty)
    assert [table for table, rows in before.items() if not rows] == []

    assert await schema.upgrade(empty) == schema.REVISION

    after = await _content(empty)
    assert after.pop("alembic_version") == [{"version_num": schema.REVISION}]
    assert before.pop("alembic_version") == [{"version_num": PREVIOUS_NAME}]
    # What failed before is a delivery to every handler now; messages name their users.
    failed = []
    for row in before["outbox"]:
        row["user_ids"] = [row["payload"]["user_id"]]
        if row["type"] == "LevelUp":
            row["payload"]["at"] = row["created_at"]
        kept = {name: row.pop(name) for name in ("next_at", "attempts", "parked_at", "error")}
        if kept["attempts"]:
            failed.append({"message_id": row["id"], "handler": "*", **kept})
            row["sent_at"] = kept["parked_at"] or kept["next_at"]
    assert len(failed) == 2
    assert sorted(after.pop("failed_deliveries"), key=_message) == sorted(failed, key=_message)
    # The log has lost the hashes of its entries for seals, and the migration has noted that.
    (old,), (kept, noted) = before.pop("audit_log"), after.pop("audit_log")
    assert old | kept == old
    assert (noted["actor"], noted["action"]) == ("tbg migrate", "log.seal")
    assert [row["id"] for row in after.pop("audit_unsealed")] == [kept["id"], noted["id"]]
    for badge in before["badge_definitions"]:
        badge["picture"] = None
        if badge["trigger_type"] == "streak":  # runs that freezes join may reach it
            badge["backfilled_at"] = None
    entries = Counter(row["user_id"] for row in before["xp_ledger"])
    for totals in before["user_gamification"]:
        totals["xp_entries"] = entries[totals["user_id"]]
        totals |= {"freezes_held": 0, "freezes_switched": None, "freeze_told_week": None}
    for table in after.keys() - before.keys():
        assert after.pop(table) == [], f"{table} is new, and only events fill it"
    for content in (before, after):
        content["outbox"].sort(key=_id)
    assert after == before
    async with empty.transaction() as tx:
        assert [w.name for w in (await queries.mined(tx, 1)).workers] == ["rig", "bitaxe"]
        assert [b.worker for b in (await queries.bests(tx, 1)).values()] == ["bitaxe"]
        assert [b.worker for b in await queries.user_blocks(tx, 2, most=9)] == ["nerdaxe"]
    await schema.require_current(empty)


async def test_an_upgraded_schema_is_the_one_of_a_new_installation(
    empty: Database, db: Database
) -> None:
    await migrate_to(empty, PREVIOUS)
    async with empty.transaction() as tx:
        await tx.run("UPDATE alembic_version SET version_num = :name", name=PREVIOUS_NAME)
    await schema.upgrade(empty)
    about = """
        SELECT conrelid::regclass::text AS t, conname AS c, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            AND conrelid::regclass::text !~ '^shares_[0-9]' ORDER BY 1, 2
    """
    async with empty.transaction() as old, db.transaction() as new:
        assert await old.rows(about) == await new.rows(about)


@pytest.mark.parametrize("number", [1, 4, 7])
async def test_an_installation_with_an_old_revision_name_upgrades(
    empty: Database, number: int
) -> None:
    names = sorted(path.stem for path in (MIGRATIONS / "versions").glob("*.py"))
    revision = names[number - 1]
    former = {1: "2026_11_21_walking_house", 4: "2026_11_21_by_user", 7: "2026_11_28_blocks"}
    await migrate_to(empty, revision)
    async with empty.transaction() as tx:
        await tx.run("UPDATE alembic_version SET version_num = :name", name=former[number])
    assert await schema.upgrade(empty) == schema.REVISION
    assert await schema.current(empty) == schema.REVISION


async def test_a_migration_that_gets_no_lock_leaves_the_schema_unchanged(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.TABLE_LOCK_SECONDS < 60
    monkeypatch.setattr("tbg.core.migration.TABLE_LOCK_SECONDS", 0.1)
    await migrate_to(empty, PREVIOUS)
    reader = await asyncpg.connect(empty.engine.url.render_as_string(False).replace("+asyncpg", ""))
    await reader.execute("BEGIN; LOCK TABLE workers IN ACCESS SHARE MODE")
    try:
        with pytest.raises(CannotRun, match="in use"):
            await schema.upgrade(empty)
    finally:
        await reader.close()
    assert await schema.current(empty) == PREVIOUS


async def test_blocks_of_before_stay_confirmed_when_blocks_become_reports(
    empty: Database,
) -> None:
    await migrate_to(empty, "0006_signatures")
    async with empty.transaction() as tx:
        await tx.run("INSERT INTO blocks VALUES ('00', 5, 7, 1, now(), 1e14, NULL, 'pool', 'pool')")
    await schema.upgrade(empty)
    async with empty.transaction() as tx:
        rows = await tx.rows("SELECT user_id, hash, height, confirmed_by FROM blocks")
    assert [tuple(row) for row in rows] == [(7, "00", 5, "pool")]


async def test_a_schema_that_is_another_program_s_is_refused(db: Database) -> None:
    await schema.require_current(db)
    async with db.transaction() as tx:
        await tx.run("UPDATE alembic_version SET version_num = 'long_ago'")
    with pytest.raises(CannotRun, match=r"long_ago.*tbg migrate"):
        await schema.require_current(db)
    async with db.transaction() as tx:
        await tx.run("DROP TABLE alembic_version")
    assert await schema.current(db) is None
