"""The schema: what the program needs is what the migrations reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tbg.core import schema
from tbg.core.clock import FixedClock
from tbg.core.errors import CannotRun
from tbg.core.tx import Database, connect
from tests import servers

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def test_the_program_needs_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


async def test_blocks_of_before_stay_confirmed_when_blocks_become_reports(
    pg_url: str, clock: FixedClock
) -> None:
    def apply(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        script = ScriptDirectory.from_config(config).get_revision("2026_11_28_blocks")
        assert isinstance(script.down_revision, str)
        command.upgrade(config, script.down_revision)

    with servers.database(pg_url) as url:
        db = connect(url, clock)
        async with db.engine.connect() as connection, connection.begin():
            await connection.run_sync(apply)
        async with db.transaction() as tx:
            await tx.run(
                """
                INSERT INTO blocks VALUES ('00', 5, 7, 1, now(), 1e14, NULL, 'pool', 'pool')
                """
            )
        await schema.upgrade(db)
        async with db.transaction() as tx:
            rows = await tx.rows("SELECT user_id, hash, height, confirmed_by FROM blocks")
        await db.close()
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
