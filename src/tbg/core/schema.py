"""The database schema: migrations applied under one lock, and a check that it is up to date.

Alembic is imported only to migrate: every door checks the schema when it starts, and importing
it takes a third of that start.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from tbg.core import database_roles
from tbg.core.errors import CannotRun
from tbg.core.tx import Database

REVISION = "2026_11_28_blocks"
"""The revision this program was written for: the newest in `migrations/versions`."""

# Two processes that start at once must not migrate at once; any constant of our own will do.
_LOCK = 0x7B67_5CE3

_PACKAGED = Path(__file__).parent.parent / "_migrations"
_CHECKOUT = Path(__file__).parent.parent.parent.parent / "migrations"


async def current(database: Database) -> str | None:
    """The revision the database is at; None when it is empty."""
    async with database.transaction() as tx:
        if await tx.value("SELECT to_regclass('alembic_version')") is None:
            return None
        found: str | None = await tx.value("SELECT version_num FROM alembic_version")
        return found


async def upgrade(owner: Database, *, application: str | None = None) -> str:
    """Apply what is missing, one process at a time; the revision reached.

    `application`: the role that works with the tables, when it is not the one that owns them.
    """
    if await current(owner) != REVISION:
        await _apply(owner)
    if application is not None:
        await database_roles.let_in(owner, application=application, lock=_LOCK)
    return REVISION


async def _apply(database: Database) -> None:
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415

    def apply(connection: Connection) -> None:
        config = Config()
        folder = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with database.engine.connect() as connection, connection.begin():
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(apply)


async def require_current(database: Database) -> None:
    """Refuse to start on a schema that is not this program's own."""
    found = await current(database)
    if found != REVISION:
        raise CannotRun(
            f"the database schema is at {found or 'nothing'}, this program needs {REVISION}: "
            "run `tbg migrate`"
        )
