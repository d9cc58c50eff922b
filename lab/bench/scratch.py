"""Servers to measure on: an embedded, durable pair that goes at the end, or empty ones by name."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import redis

from tbg.app.local import processes, servers
from tbg.app.local.instance import OWNER, make_root, password
from tbg.core import schema
from tbg.core.clock import SystemClock
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.mining.actions.partitions import make_partitions

_TICK = os.sysconf("SC_CLK_TCK")
_PROBES = 30


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where to measure. `directory`: of the embedded servers; None when they were named."""

    database_url: str
    redis_url: str
    directory: Path | None
    _made: list[str]

    async def new_database(self, name: str, *, like: str | None = None) -> str:
        """A migrated database of this run's own (or a copy of `like`, another one); its URL."""
        full = f"tbg_bench_{os.getpid()}_{name}"
        template = "template0" if like is None else urlsplit(like).path[1:]
        async with _connected(self.database_url) as connection:
            await connection.execute(f'CREATE DATABASE "{full}" TEMPLATE "{template}"')
        self._made.append(full)
        url = urlunsplit(urlsplit(self.database_url)._replace(path=f"/{full}"))
        if like is None:
            await _migrate(url)
        return url

    async def drop_databases(self) -> None:
        """Drop what `new_database` made."""
        async with _connected(self.database_url) as connection:
            while self._made:
                name = self._made.pop()
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def server_cpu_seconds(self) -> dict[str, float]:
        """CPU seconds of the embedded servers so far, by program; empty where unknown."""
        if self.directory is None:
            return {}
        homes = {"postgres": self.directory / "pg", "valkey-server": self.directory / "valkey"}
        return {
            program.partition("-")[0]: sum(
                cpu_seconds(pid) for pid in processes.living_in(home, program=program)
            )
            for program, home in homes.items()
        }

    def fsync_ms(self) -> float | None:
        """The median cost of making 8 KiB durable where the embedded database writes its log."""
        if self.directory is None:
            return None
        took = []
        with tempfile.NamedTemporaryFile(dir=self.directory) as file:
            for _ in range(_PROBES):
                begun = time.perf_counter()
                os.pwrite(file.fileno(), os.urandom(8192), 0)
                os.fdatasync(file.fileno())
                took.append(time.perf_counter() - begun)
        return 1000 * statistics.median(took)


@contextlib.contextmanager
def opened(
    *, database_url: str | None, redis_url: str | None, directory: Path | None
) -> Iterator[Scratch]:
    """Scratch servers: the empty ones that are named (both), else a private embedded pair.

    Call it from the main thread: the embedded servers end with it. `directory`: where their
    data goes (default: the system's place for temporary files).
    """
    if (database_url is None) != (redis_url is None):
        raise BadArguments("give both --database-url and --redis-url, or neither")
    if database_url is not None and redis_url is not None:
        with _emptied(redis_url):
            yield Scratch(database_url, redis_url, None, [])
        return
    place = make_root(Path(tempfile.mkdtemp(prefix="tbg-bench-", dir=directory)))
    secret = password(place, OWNER)
    pair = (
        servers.postgres_of(place, password=secret),
        servers.valkey_of(place, password=secret),
    )
    try:
        for server in pair:
            servers.spawn(server)
        servers.wait_ready(*pair)
        yield Scratch(pair[0].url, pair[1].url, place, [])
    finally:
        servers.stop(*pair)
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _emptied(url: str) -> Iterator[None]:
    """Refuse a Redis that holds anything; empty it of what the run left at the end."""
    try:
        with redis.Redis.from_url(url) as client:
            if client.dbsize():
                raise BadArguments("the Redis of --redis-url is not empty: use another")
            yield
            client.flushdb()
    except redis.RedisError as error:
        raise CannotRun(f"the Redis that --redis-url names does not answer ({error})") from None


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotRun(f"the database that was named does not answer ({error})") from None
    try:
        yield connection
    finally:
        await connection.close()


async def require_fair(url: str) -> None:
    """Refuse to measure on a server where a commit is not on disk, or on a database in use."""
    async with _connected(url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            if await connection.fetchval("SELECT current_setting($1)", setting) != "on":
                raise CannotRun(f"{setting} is off: the measured work would not be durable")
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_stat_user_tables WHERE schemaname = 'public')"
        ):
            raise BadArguments("the database that --database-url names is not empty")


async def _migrate(url: str) -> None:
    """Set up what a real database has: the schema, partitions, the badge registry."""
    database = connect(url, SystemClock(), size=2)
    try:
        await schema.upgrade(database)
        await prepare(database)
    finally:
        await database.close()


async def prepare(database: Database) -> None:
    """Bring the registry and the partitions into a migrated database."""
    async with database.transaction() as tx:
        await load_registry(tx)
        await make_partitions(tx)


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and of its ended children (Linux; 0 when it is gone)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in stat.rpartition(")")[2].split()[11:15]) / _TICK
