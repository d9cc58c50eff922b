"""The schema: what the program needs is what the migrations reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tbg.core import schema
from tbg.core.errors import CannotRun
from tbg.core.tx import Database

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def test_the_program_needs_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


async def test_a_schema_that_is_another_program_s_is_refused(db: Database) -> None:
    await schema.require_current(db)
    async with db.transaction() as tx:
        await tx.run("UPDATE alembic_version SET version_num = 'long_ago'")
    with pytest.raises(CannotRun, match=r"long_ago.*tbg migrate"):
        await schema.require_current(db)
    async with db.transaction() as tx:
        await tx.run("DROP TABLE alembic_version")
    assert await schema.current(db) is None
