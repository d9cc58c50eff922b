"""One database that test after test uses, each as if it were its own.

Rows go and what a new database has comes back, which takes a tenth of making a new one. Where a
test did more than write rows (changed the schema, left a connection open, wrote megabytes) the
database is dropped and copied again from the template.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg

from tests import servers

Result = TypeVar("Result")

_MUCH = 16 * 1024 * 1024
"""Bytes of dead rows that the next tests must not have to skip."""

_LEAVING_SECONDS = 0.5
"""How long a connection that its test closed may take to be gone."""

_OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"

_TABLES = f"""
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND {_OURS} ORDER BY c.oid
"""

_SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename) AS name, start_value, last_value FROM pg_sequences
"""

# Whoever changes a schema writes a row of a catalog, and with it another xmin.
_CATALOGS = {
    "pg_class": "oid",
    "pg_attribute": "attrelid, attnum",
    "pg_attrdef": "oid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_trigger": "oid",
    "pg_proc": "oid",
    "pg_type": "oid",
    "pg_rewrite": "oid",
    "pg_policy": "oid",
    "pg_namespace": "oid",
    "pg_extension": "oid",
    "pg_default_acl": "oid",
    "pg_event_trigger": "oid",
}
_SCHEMA = "SELECT concat_ws(' ', {}, {})".format(
    ", ".join(
        f"(SELECT concat(count(*), '/', sum(hashtext(concat_ws('/', {key}, xmin))::bigint))"
        f" FROM {name})"
        for name, key in _CATALOGS.items()
    ),
    "(SELECT concat(xmin) FROM pg_database WHERE datname = current_database()),"
    " (SELECT concat(count(*), max(s.xmin::text)) FROM pg_db_role_setting s"
    " JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database())",
)

_SIZE = f"""
SELECT sum(pg_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 't', 'i') AND ({_OURS} OR n.nspname = 'pg_toast')
"""

_GUESTS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(slots=True)
class _Pristine:
    """What a new copy looks like, and the statements that make it so again."""

    schema: str
    size: int
    statements: str


@dataclass(slots=True)
class Reused:
    """A database for one test at a time, all of them in one process."""

    maintenance: str
    template: str
    copies: int = 0
    """How many were made so far: one for each test that changed more than rows."""
    _url: str = ""
    _pristine: _Pristine | None = None
    _made: ExitStack = field(default_factory=ExitStack)
    _connection: asyncpg.Connection[Any] | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def fresh(self) -> str:
        """The URL of a database as the template is."""
        if not self._url or not self._apart(self._clean):
            self.drop()
            database = servers.database(self.maintenance, template=self.template)
            self._url = self._made.enter_context(database)
            self.copies += 1
            self._apart(self._look)
        return self._url

    def drop(self) -> None:
        """Drop it, even if it is in use."""
        self._apart(self._leave)
        self._made.close()
        self._url, self._pristine = "", None

    def _apart(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        # In a thread, since the test may have a loop in this one.
        return self._thread.submit(lambda: self._runner.run(work())).result()

    async def _look(self) -> None:
        self._connection = await asyncpg.connect(self._url)
        self._pristine = await _pristine(self._connection)

    async def _clean(self) -> bool:
        """Whether it is as new again; False: make another."""
        if self._pristine is None or self._connection is None:
            return False
        try:
            return await _cleaned(self._connection, self._pristine)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    async def _leave(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


async def _pristine(connection: asyncpg.Connection[Any]) -> _Pristine | None:
    """How a new database is; None where the role may not pass by triggers: then none is reused."""
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        return None
    statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]  # no triggers
    for row in await connection.fetch(_TABLES):
        statements.append(f"DELETE FROM {row['name']}")
        kept = await connection.fetchval(f"SELECT json_agg(t)::text FROM {row['name']} t")
        if kept is not None:
            statements.append(
                f"INSERT INTO {row['name']} OVERRIDING SYSTEM VALUE SELECT * FROM"
                f" json_populate_recordset(NULL::{row['name']}, {_literal(kept)})"
            )
    for row in await connection.fetch(_SEQUENCES):
        called = row["last_value"] is not None
        at = row["last_value"] if called else row["start_value"]
        statements.append(f"SELECT setval({_literal(row['name'])}, {at}, {json.dumps(called)})")
    schema, size = await _state(connection)
    return _Pristine(schema, size, "; ".join([*statements, "COMMIT"]))


async def _cleaned(connection: asyncpg.Connection[Any], pristine: _Pristine) -> bool:
    deadline = asyncio.get_running_loop().time() + _LEAVING_SECONDS
    while await connection.fetchval(_GUESTS):
        if asyncio.get_running_loop().time() > deadline:
            return False  # remaining sessions may write at any moment
        await asyncio.sleep(0.005)
    schema, size = await _state(connection)
    if schema != pristine.schema or size > pristine.size + _MUCH:
        return False
    await connection.execute(pristine.statements)
    return True


async def _state(connection: asyncpg.Connection[Any]) -> tuple[str, int]:
    return str(await connection.fetchval(_SCHEMA)), int(await connection.fetchval(_SIZE))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
