"""Alembic's environment: migrations run on the asyncpg connection that the program opened.

Its transaction began with a fixed search path (`core/database_roles.py`).
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
