"""Scratch servers of the harness's own, never live ones, and what faults do to them."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import asyncpg
import sqlalchemy
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeout

from lab.faults import watch
from lab.faults.cases import Case, Sent
from lab.faults.failpoints import Action, World, arm_database, arm_redis
from lab.faults.loop import pause
from lab.faults.pack import PACK, QUESTS
from tbg.adapters import redis as redis_adapter
from tbg.adapters.streams import GROUP, STREAMS
from tbg.app.local import servers
from tbg.app.local.instance import OWNER, make_root, password
from tbg.app.local.postgres import Postgres
from tbg.app.local.valkey import Valkey
from tbg.core import schema
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.quests.actions import load_quests

SLOTS = 7
"""Processes that run at once, at most."""

_KEPT = {"alembic_version", "badge_definitions", "quest_definitions"}


@contextmanager
def pair(*, durable: bool) -> Iterator[tuple[Postgres, Valkey]]:
    """A PostgreSQL and a Valkey in a directory that goes with them."""
    root = make_root(Path(tempfile.mkdtemp(prefix="tbg-faults-")))
    secret = password(root, OWNER)
    both = (
        servers.postgres_of(root, password=secret, durable=durable),
        servers.valkey_of(root, password=secret, durable=durable),
    )
    try:
        for server in both:
            servers.spawn(server)
        servers.wait_ready(*both)
        yield both
    finally:
        servers.stop(*both)
        shutil.rmtree(root, ignore_errors=True)


async def prepare(database: Database, *, folder: Path) -> Path:
    """The schema, and badges and quests of the registries and our packs; the badges' folder."""
    await schema.upgrade(database)
    packs = folder / "packs"
    packs.mkdir(exist_ok=True)
    (packs / "faults.json").write_text(json.dumps(PACK), encoding="utf-8")
    quests = folder / "quests"
    quests.mkdir(exist_ok=True)
    (quests / "faults.json").write_text(json.dumps(QUESTS), encoding="utf-8")
    async with database.transaction() as tx:
        await load_registry(tx, packs=packs)
        await load_quests(tx, packs=quests)
    return packs


@dataclass(slots=True)
class Slot:
    """The connections that one simulated process has."""

    database: Database
    redis: Redis


@dataclass(slots=True)
class Scratch(World):
    """One pair of servers, reused by schedule after schedule."""

    admin: asyncpg.Connection
    redis: Redis
    clock: FixedClock
    slots: list[Slot]
    tables: list[str]
    rng: Random = field(default_factory=Random)
    sent: list[Sent] = field(default_factory=list)
    steps: int = 0
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    _further: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def begin(self, case: Case) -> None:
        """Empty everything, for a new schedule."""
        await self.quiet()
        self.rng, self.sent = Random(f"world/{case.seed}"), []
        self._further = itertools.count(1)
        self.clock.at = case.now
        deletes = "; ".join(f"DELETE FROM {table}" for table in self.tables)
        await self.admin.execute(
            f"BEGIN; {deletes}; INSERT INTO pool_totals VALUES (true, 0, 0, 0); COMMIT"
        )
        await self.redis.flushdb()

    async def quiet(self) -> None:
        """Wait until no backend works for a process that is gone."""
        busy = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'tbg' AND state <> 'idle' AND pid <> pg_backend_pid()
        """
        for _ in range(2000):
            if not await self.admin.fetchval(busy):
                return
            await pause(0.002)
        raise TimeoutError("a backend of a dead process does not end")

    async def send(self, deliveries: Sequence[Sent]) -> None:
        """Put entries into the streams under the ids they have been given, in that order."""
        async with self._sending:
            self.sent += deliveries
            await self._add(deliveries)

    async def _add(self, deliveries: Sequence[Sent]) -> None:
        pipeline = self.redis.pipeline(transaction=False)
        for sent in deliveries:
            flat = [part for pair in sent.fields.items() for part in pair]
            pipeline.execute_command("XADD", sent.stream, sent.entry_id, *flat)
        await pipeline.execute()

    async def terminate(self, backend_pid: int) -> None:
        """End a backend of PostgreSQL and wait until it is gone."""
        async with self._one:  # asyncpg refuses two statements at once on one connection
            await self.admin.execute("SELECT pg_terminate_backend($1, 1000)", backend_pid)

    async def meddle(self, action: Action) -> None:
        """UNGROUP: the group disappears from every stream. READD: old events arrive again."""
        if action is Action.UNGROUP:
            for stream in STREAMS:
                if await self.redis.exists(stream):
                    await self.redis.xgroup_destroy(stream, GROUP)
        elif action is Action.READD:
            await self.resend([s for s in self.sent if s.repeatable and self.rng.random() < 0.15])

    async def resend(self, again: Sequence[Sent]) -> None:
        """The same events under new entry ids, after all existing ones."""
        if not again:
            return
        async with self._sending:
            ms = self.sent[-1].entry_id.partition("-")[0]
            new = [sent.again(f"{ms}-{next(self._further)}") for sent in again]
            self.sent += new
            await self._add(new)

    async def forget(self) -> None:
        """Redis loses everything; the producer is informed and sends everything again."""
        async with self._sending:
            await self.redis.flushdb()
            await self._add(self.sent)

    async def deadlocks(self) -> int:
        """Deadlocks that PostgreSQL has counted in this database."""
        await self.admin.execute("SELECT pg_stat_clear_snapshot()")
        return int(
            await self.admin.fetchval(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            )
        )


@asynccontextmanager
async def scratch(pg: Postgres, valkey: Valkey) -> AsyncIterator[Scratch]:
    """Schema and connections for in-process schedules, on their own pair of servers."""
    clock = FixedClock(datetime(2026, 6, 1, tzinfo=UTC))
    first = connect(pg.url, clock)
    await prepare(first, folder=pg.root)
    await first.close()
    admin = await asyncpg.connect(pg.url)
    await admin.execute("ALTER DATABASE tbg SET deadlock_timeout = '50ms'")
    # The ledger refuses to be emptied, by a trigger; this session is no application.
    await admin.execute("SET session_replication_role = replica")
    tables = await admin.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE"
        " 'shares\\_%'"
    )
    redis = redis_adapter.connect(valkey.url)
    slots = []
    for _ in range(SLOTS):
        slot = Slot(connect(pg.url, clock, size=4), redis_adapter.connect(valkey.url))
        arm_database(slot.database)
        sqlalchemy.event.listen(
            slot.database.engine.sync_engine, "handle_error", watch.database_error
        )
        arm_redis(slot.redis)
        slots.append(slot)
    names = sorted({row["tablename"] for row in tables} - _KEPT)
    try:
        yield Scratch(admin, redis, clock, slots, names)
    finally:
        for slot in slots:
            await slot.database.close()
            with suppress(RedisTimeout):  # a process that died may have left a socket behind
                await slot.redis.aclose()
        await redis.aclose()
        await admin.close()
