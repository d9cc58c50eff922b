"""Databases at any revision of the schema, as older releases left them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tbg.core.tx import Database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def scripts() -> ScriptDirectory:
    """The migrations, as Alembic reads them."""
    return ScriptDirectory.from_config(_config())


async def migrate_to(db: Database, revision: str) -> None:
    """Bring a database to a revision, with nothing but its migrations."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with db.engine.connect() as connection, connection.begin():
        await connection.run_sync(run)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
