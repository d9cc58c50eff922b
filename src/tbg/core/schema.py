"""The database schema: migrations applied under one lock, and a check that it is up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tbg.core.errors import CannotRun
from tbg.core.tx import Database

# Two processes that start at once must not migrate at once; any constant of our own will do.
_LOCK = 0x7B67_5CE3

_PACKAGED = Path(__file__).parent.parent / "_migrations"
_CHECKOUT = Path(__file__).parent.parent.parent.parent / "migrations"


def _config() -> Config:
    config = Config()
    folder = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    config.set_main_option("script_location", str(folder))
    return config


def head() -> str:
    """The revision this program was written for."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


async def current(database: Database) -> str | None:
    """The revision the database is at; None when it is empty."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


async def upgrade(database: Database) -> str:
    """Apply what is missing, one process at a time; the revision reached."""

    def apply(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with database.engine.connect() as connection, connection.begin():
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(apply)
    return head()


async def require_current(database: Database) -> None:
    """Refuse to start on a schema that is not this program's own."""
    found = await current(database)
    if found != head():
        raise CannotRun(
            f"the database schema is at {found or 'nothing'}, this program needs {head()}: "
            "run `tbg migrate`"
        )
