"""The database schema: migrations applied under one lock, and a check that it is up to date.

Alembic is imported only to migrate: every service checks the schema when it starts, and importing
it takes a third of that start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tbg.core import database_roles
from tbg.core.errors import CannotRun
from tbg.core.tx import Database, Tx, waited_too_long

# Two processes that start at once must not migrate at once; the constant is arbitrary.
_LOCK = 0x7B67_5CE3

_PACKAGED = Path(__file__).parent.parent / "_migrations"
_CHECKOUT = Path(__file__).parent.parent.parent.parent / "migrations"


def _folder() -> Path:
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


REVISION = max(path.stem for path in (_folder() / "versions").glob("[0-9]*.py"))
"""The revision this program was written for, which is the newest."""


async def current(database: Database) -> str | None:
    """The revision the database is at; None when it is empty."""
    async with database.transaction() as tx:
        return await _revision(tx)


async def _revision(tx: Tx) -> str | None:
    if (
        await tx.value(
            "SELECT pg_catalog.to_regclass(CAST('public.alembic_version' AS pg_catalog.text))"
        )
        is None
    ):
        return None
    found: str | None = await tx.value("SELECT version_num FROM public.alembic_version")
    return found


async def upgrade(owner: Database, *, application: str | None = None) -> str:
    """Apply what is missing, one process at a time; the revision reached.

    `application`: the role that works with the tables, when it is not the one that owns them.
    """
    if application is not None:
        # Committed before anything else: until then, new transactions could still create.
        async with _alone(owner) as tx:
            await database_roles.revoke(tx, application=application)
    async with _alone(owner) as tx:
        revision = await _revision(tx)
        pending = revision != REVISION
        if application is not None:
            if revision is not None:
                await database_roles.require_quiet(tx, application=application)
            await database_roles.secure(tx, application=application)
        if pending:
            async with database_roles.bare_names(tx):
                await _migrate(tx)
        if application is not None:
            await database_roles.grant(tx, application=application)
    return REVISION


@asynccontextmanager
async def _alone(owner: Database) -> AsyncIterator[Tx]:
    """A transaction of the owner, one process at a time; it may take as long as it needs."""
    async with database_roles.owner_transaction(owner) as tx:
        await tx.take_as_long_as_needed()
        await tx.run(
            "SELECT pg_catalog.pg_advisory_xact_lock(CAST(:key AS pg_catalog.int8))", key=_LOCK
        )
        yield tx


async def _migrate(tx: Tx) -> None:
    try:
        await tx.connection.run_sync(_apply)
    except DBAPIError as error:
        if not waited_too_long(error):
            raise
        raise CannotRun(
            "the tables are in use and could not be changed: stop the services, or try again"
        ) from None
    if (reached := await _revision(tx)) != REVISION:
        raise RuntimeError(f"the migrations end at {reached}, and REVISION is {REVISION}")


def _apply(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    folder = _folder()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def require_current(database: Database) -> None:
    """Refuse to start on a schema of another version, or with a role that has settings."""
    async with database.transaction() as tx:
        await database_roles.require_no_settings(tx)
        found = await _revision(tx)
    if found != REVISION:
        raise CannotRun(
            f"the database schema is at {found or 'nothing'}, but this program needs {REVISION}: "
            "run `tbg migrate`"
        )
