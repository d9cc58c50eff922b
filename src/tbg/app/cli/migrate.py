"""`tbg migrate`: the schema up to date, and the registries of badges and quests in it."""

from __future__ import annotations

import asyncio

import typer

from tbg.app.registries import load_registries
from tbg.core import database_roles, schema
from tbg.core.clock import SystemClock
from tbg.core.settings import Settings, load_settings
from tbg.core.tx import Database, connect
from tbg.domains.mining.actions.partitions import make_partitions


async def upgrade(settings: Settings) -> str:
    """Apply migrations, make the shares' partitions, load the registries; the revision reached.

    Migrations are the owner's, all else is the application's: what it makes is its own.
    """
    database = connect(settings.database, SystemClock(), size=2)
    try:
        revision = await _upgrade_schema(settings, database)
        async with database.transaction() as tx:
            await make_partitions(tx)
            await load_registries(tx, settings)
        return revision
    finally:
        await database.close()


async def _upgrade_schema(settings: Settings, database: Database) -> str:
    if settings.owner_database is None:
        return await schema.upgrade(database)
    owner = connect(settings.owner_database, SystemClock(), size=2)
    try:
        role = await database_roles.current_role(database)
        two = role != await database_roles.current_role(owner)
        return await schema.upgrade(owner, application=role if two else None)
    finally:
        await owner.close()


def migrate() -> None:
    """Bring the database schema and the registries of badges and quests up to date."""
    revision = asyncio.run(upgrade(load_settings()))
    typer.echo(f"the schema is at {revision}")
