"""Alembic's environment: migrations run on the asyncpg connection that the program opened.

Its transaction began with a fixed search path (`core/database_roles.py`).
"""

from alembic import context

FORMER_NAMES = {
    "2026_11_21_walking_house": "0001_walking_house",
    "2026_11_21_accounts": "0002_accounts",
    "2026_11_21_handles": "0003_handles",
    "2026_11_21_by_user": "0004_by_user",
    "2026_11_28_database": "0005_database",
    "2026_11_28_accounts": "0006_signatures",
    "2026_11_28_blocks": "0007_blocks",
    "2026_11_28_seals": "0008_seals",
}
"""Revisions by the names under which older installations know them: they go on from there."""

connection = context.config.attributes["connection"]
there = connection.exec_driver_sql(
    "SELECT pg_catalog.to_regclass(CAST('public.alembic_version' AS pg_catalog.text)) IS NOT NULL"
).scalar()
if there:
    for former, name in FORMER_NAMES.items():
        connection.exec_driver_sql(
            "UPDATE public.alembic_version SET version_num = $1 WHERE version_num = $2",
            (name, former),
        )
context.configure(connection=connection, target_metadata=None, version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
