"""Each test finds the database as if it were new, whatever the one before did to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests import servers
from tests.databases import Reused

NEW_USER = "INSERT INTO users (created_at) VALUES (now()) RETURNING id"
ROWS = [NEW_USER, "DELETE FROM badge_definitions", "UPDATE pool_totals SET accepted = 7"]
ENTRY = (
    "INSERT INTO audit_log (at, actor, action, subject, details)"
    " VALUES (now(), 'a', 'b', 'c', '{}')"
)


@pytest.fixture(scope="module")
def reused(pg_url: str, migrated_template: str) -> Iterator[Reused]:
    reused = Reused(pg_url, migrated_template)
    yield reused
    reused.drop()


async def state(url: str) -> tuple[object, ...]:
    """What there is in a database, and the id that somebody new would get."""
    connection = await asyncpg.connect(url)
    try:
        counts = [
            await connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("users", "badge_definitions", "audit_log", "alembic_version")
        ]
        accepted = await connection.fetchval("SELECT accepted FROM pool_totals")
        return (*counts, accepted, await connection.fetchval(NEW_USER))
    finally:
        await connection.close()


BADGES = Path(__file__).parents[2] / "src" / "tbg" / "registry" / "badges.json"
PRISTINE = (0, len(json.loads(BADGES.read_text())["badges"]), 0, 1, 0, 1)


async def test_rows_are_reset_to_the_template_without_another_copy(reused: Reused) -> None:
    assert await state(reused.fresh()) == PRISTINE
    copies = reused.copies
    servers.execute(reused.fresh(), *ROWS, ENTRY)  # which even a DELETE cannot take back
    assert await state(reused.fresh()) == PRISTINE
    assert reused.copies == copies


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE frames CASCADE",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "CREATE TABLE left_behind (n int)",
        "CREATE FUNCTION public.now() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT SELECT ON users TO PUBLIC",
        "CREATE SCHEMA elsewhere",
        (
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''1MB''',"
            " current_database()); END $$"
        ),
        (
            "INSERT INTO shares SELECT 1, now(), gen_random_uuid(), 1, 1, 1, true, NULL, NULL, NULL"
            ", NULL, repeat('x', 900), 'x' FROM generate_series(1, 25000)"
        ),
    ],
    ids=lambda statement: " ".join(statement.split()[:3]),
)
async def test_a_test_that_changes_more_than_rows_costs_the_next_one_only_a_copy(
    reused: Reused, statement: str
) -> None:
    first = reused.fresh()
    copies = reused.copies
    servers.execute(first, statement)
    again = reused.fresh()
    assert (again != first, reused.copies) == (True, copies + 1)
    assert await state(again) == PRISTINE


async def test_a_transaction_left_open_blocks_nobody(reused: Reused) -> None:
    left = await asyncpg.connect(reused.fresh())
    await left.execute("BEGIN; LOCK TABLE users, badge_definitions")
    assert await state(reused.fresh()) == PRISTINE
    assert left.is_closed() or await refuses(left)


async def refuses(connection: asyncpg.Connection) -> bool:
    """Whether a connection has been ended at the other side."""
    try:
        await connection.execute("SELECT 1")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return True
    return False


async def test_a_dropped_database_is_created_again(pg_url: str, reused: Reused) -> None:
    name = servers.name_of(reused.fresh())
    servers.execute(pg_url, f'DROP DATABASE "{name}" WITH (FORCE)')
    assert await state(reused.fresh()) == PRISTINE
