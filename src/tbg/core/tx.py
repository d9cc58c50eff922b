"""The unit of work: one transaction, one `now`, and what is announced and shown after it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import Row, TextClause, event
from sqlalchemy import text as _text
from sqlalchemy.engine.interfaces import AdaptedConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tbg.core import arrays, limits, outbox
from tbg.core.clock import Clock
from tbg.core.errors import ServerAway
from tbg.core.event import Event
from tbg.core.frames import Frame
from tbg.core.owners import AccountsBusy, Owners, lock_owners

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a statement; columns by name or in order."""


@lru_cache(maxsize=1024)
def text(sql: str) -> TextClause:
    """A statement whose `:names` were parsed once: every batch sends the same twenty."""
    return _text(sql)


@dataclass(slots=True)
class Tx:
    """A running transaction; the one argument that travels through the domains.

    `now` is fixed for the transaction. Only the edge commits. Announced events are written to the
    outbox with the commit; frames are passed to the edge after it.
    """

    connection: AsyncConnection
    now: datetime
    announced: list[Event] = field(default_factory=list)
    shown: list[Frame] = field(default_factory=list)
    owners: Owners | None = None
    """How this transaction holds the lock on which address belongs to whom (`core/owners.py`)."""

    async def rows(self, sql: str, /, **values: Any) -> Sequence[AnyRow]:
        """All rows of a statement; `values` bind its `:names`."""
        return (await self.connection.execute(text(sql), values)).all()

    async def row(self, sql: str, /, **values: Any) -> AnyRow | None:
        """The first row, or None."""
        return (await self.connection.execute(text(sql), values)).first()

    async def value(self, sql: str, /, **values: Any) -> Any:
        """The first column of the first row, or None."""
        found = (await self.connection.execute(text(sql), values)).first()
        return None if found is None else found[0]

    async def run(self, sql: str, /, **values: Any) -> int:
        """Run a statement for its effect; the number of rows it touched."""
        return (await self.connection.execute(text(sql), values)).rowcount

    async def pages(self, sql: str, /, **values: Any) -> AsyncIterator[Sequence[AnyRow]]:
        """The rows of a statement that may return millions; one page at a time is in memory."""
        options = {"yield_per": limits.PAGE_ROWS}
        statement = text(sql)
        async with self.connection.stream(statement, values, execution_options=options) as rows:
            async for page in rows.partitions(limits.PAGE_ROWS):
                yield page

    async def take_as_long_as_needed(self) -> None:
        """Lift the statement timeout of this transaction: no service waits for it."""
        await self.run("SET LOCAL statement_timeout = 0")

    async def copy(
        self, table: str, records: Iterable[tuple[Any, ...]], *, columns: Sequence[str]
    ) -> None:
        """Append many rows by binary COPY: half the cost of an INSERT, where none can conflict."""
        raw = await self.connection.get_raw_connection()
        driver: asyncpg.Connection[Any] | None = raw.driver_connection
        if driver is None or not driver.is_in_transaction():
            raise RuntimeError("copy() needs a statement before it: that begins the transaction")
        await driver.copy_records_to_table(table, records=records, columns=list(columns))

    def announce(self, event: Event) -> None:
        """Announce an event to the domains above, durably, once this transaction has committed."""
        self.announced.append(event)

    def show(self, frame: Frame) -> None:
        """Show browsers something after the commit; losing it does no harm."""
        self.shown.append(frame)


@dataclass(slots=True)
class Database:
    """The connections of one process and the clock its transactions read."""

    engine: AsyncEngine
    clock: Clock
    committed: Callable[[Tx], Awaitable[None]] | None = None
    """Passes on what a transaction has shown and announced, where nothing paces that."""

    @asynccontextmanager
    async def transaction(self, *, owners: Owners | None = None) -> AsyncIterator[Tx]:
        """One transaction: commits when the block ends, rolls back when it raises.

        `owners`: the lock that it takes first, on which address belongs to whom.
        """
        try:
            async with self.engine.connect() as connection, connection.begin():
                tx = Tx(connection, self.clock.now(), owners=owners)
                if owners is not None:
                    await lock_owners(connection, owners)
                yield tx
                if tx.announced:
                    await outbox.write(tx)
        except DBAPIError as error:
            if owners != "exclusive" or not waited_too_long(error):
                raise
            raise AccountsBusy("The pool is busy with these accounts. Try again.") from None
        if self.committed is not None and (tx.shown or tx.announced):
            await self.committed(tx)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def connect(url: str, clock: Clock, *, size: int = limits.DATABASE_CONNECTIONS) -> Database:
    """Open a pool for `url` (`postgresql://…`); nothing is contacted before the first use."""
    plain = url.split("://", 1)[1]
    engine = create_async_engine(
        f"postgresql+asyncpg://{plain}",
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,  # the connection that was used last has its statements prepared
        pool_recycle=1800,
        hide_parameters=True,  # a statement's values do not belong in a log
        connect_args={
            "async_creator_fn": _reach,
            "timeout": 10,
            "server_settings": {
                "timezone": "UTC",
                "application_name": "tbg",
                "statement_timeout": str(limits.STATEMENT_TIMEOUT_MS),
            },
        },
    )
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return Database(engine, clock)


async def _reach(**options: Any) -> asyncpg.Connection[Any]:
    try:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(**options)
        return connection
    except OSError as error:
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else str(error) or "no answer"
        host, port = options.get("host", "localhost"), options.get("port", 5432)
        where = host if host.startswith("/") else f"{host}:{port}"
        raise ServerAway(f"PostgreSQL at {where} does not answer ({why})") from error


def _prepare_connection(connection: AdaptedConnection, _record: object) -> None:
    arrays.install(connection.driver_connection)


def _refuse_closed(connection: AdaptedConnection, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that the server has closed, as it does when it restarts.

    The driver knows that without asking the server: a question would cost each transaction a round
    trip.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


# SQLSTATE classes that say "not now" rather than "not this": connection, resources (disk full
# and too many connections among them), operator intervention, I/O, rollback by deadlock or
# serialisation.
_PASSING = ("08", "53", "57", "58", "40")


def took_too_long(error: BaseException) -> bool:
    """Whether a statement timed out: a retry, or less work, may succeed."""
    return _sqlstate(error) == "57014"


def waited_too_long(error: BaseException) -> bool:
    """Whether a statement met its lock timeout: others held the lock for all that time."""
    return _sqlstate(error) == "55P03"


def disk_is_full(error: BaseException) -> bool:
    """Whether PostgreSQL has no room left to write."""
    return _sqlstate(error) == "53100"


def is_passing(error: BaseException) -> bool:
    """Whether a failure is temporary (database down, deadlock), so that a retry helps."""
    if isinstance(error, OSError | TimeoutError | PoolTimeout | asyncpg.InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, asyncpg.InternalClientError):
        return True  # the driver lost track of a connection that was cut off during an operation
    return _sqlstate(error).startswith(_PASSING)


def _sqlstate(error: BaseException) -> str:
    # SQLAlchemy wraps what asyncpg raises, except while connecting.
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")
