"""The way in: streams → facts → PROJECTIONS in one transaction → commit → acknowledge.

The process may be killed at any line: committed events have their keys, others are delivered again.
The acknowledgement comes last and is only a hint.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram
from redis.exceptions import RedisError

from tbg.adapters.broadcast import Broadcast, beat
from tbg.adapters.streams import BadEvent, Batch, Entry, Fact, Reader, Rules, decode
from tbg.adapters.streams.game import Game, write_game
from tbg.adapters.streams.lag import lag
from tbg.adapters.streams.letters import shelve
from tbg.app.domains import DOMAINS
from tbg.core import inbox, limits
from tbg.core.cancel import end
from tbg.core.domain import Projection
from tbg.core.event import uuid7
from tbg.core.frames import Frame
from tbg.core.kept import KeptLines
from tbg.core.telemetry import LATENCY_BUCKETS, log
from tbg.core.tx import Database, is_passing, took_too_long
from tbg.domains.mining.actions import roll_up_all
from tbg.domains.mining.schemas import StatsUpdateData

EVENTS = Counter("tbg_ingest_events_total", "Events by outcome", ["outcome"])
DEAD = Counter("tbg_ingest_dead_letters_total", "Events that were dead-lettered", ["reason"])
SHELVED = Counter(
    "tbg_ingest_dead_letters_shelved_total", "Old dead letters that were moved into a file"
)
BATCH_SIZE = Histogram(
    "tbg_ingest_batch_events", "Events in a batch", buckets=(1, 10, 100, 500, 1000, 2500, 5000)
)
BATCH_SECONDS = Histogram(
    "tbg_ingest_batch_seconds", "Time from reading to acknowledging", buckets=LATENCY_BUCKETS
)
LAG = Gauge("tbg_ingest_lag_seconds", "How long the oldest unprocessed event has waited")
BACKLOG = Gauge("tbg_ingest_backlog_events", "Events not acknowledged yet")
RETRIES = Counter("tbg_ingest_retries_total", "Batches retried after a temporary failure")
ROLLUPS = Counter("tbg_ingest_rolled_up_shares_total", "Shares folded into the rollups")

PROJECTIONS: tuple[Projection, ...] = tuple(
    domain.projection for domain in DOMAINS if domain.projection is not None
)
"""The projections that a batch of mining facts passes through, in one transaction."""

_log = log(__name__)


def consumer_name() -> str:
    """A unique name for every process: two must never share a consumer."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid7().hex[-6:]}"


@dataclass(slots=True)
class Pulse:
    """The pool's sums, added up until it is time to show them again.

    Everybody watches the pool: a frame for each batch would be sent to each of them.
    """

    _sums: StatsUpdateData | None = None
    _shown_at: datetime | None = None

    def pace(self, frames: Sequence[Frame], *, now: datetime) -> list[Frame]:
        """The frames, those of the pool's sums held back or, when it is time, as one."""
        passed: list[Frame] = []
        for frame in frames:
            if isinstance(frame.data, StatsUpdateData):
                self._sums = frame.data.plus(self._sums)
            else:
                passed.append(frame)
        if self._sums and (self._shown_at is None or now - self._shown_at >= limits.PULSE):
            passed.append(Frame("pool", self._sums))
            self._sums, self._shown_at = None, now
        return passed


@dataclass(slots=True)
class _DecodedBatch:
    """Entries being processed: how many, since when, their facts, and the entries of each fact."""

    entries: int
    at: float
    facts: dict[UUID, Fact] = field(default_factory=dict)
    owners: dict[UUID, list[Entry]] = field(default_factory=dict)
    bad: list[tuple[Entry, BadEvent]] = field(default_factory=list)


class _Stopping(Exception):
    """Stopped while a server is down: entries that are not acknowledged stay pending."""


@dataclass(slots=True)
class Ingest:
    """One consumer: reads, commits, acknowledges, until stopped."""

    database: Database
    reader: Reader
    broadcast: Broadcast
    network: str
    projections: Sequence[Projection] = PROJECTIONS
    batch_events: int = limits.BATCH_EVENTS
    lanes: int = limits.INGEST_LANES
    shelf: KeptLines | None = None
    game: Game | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _next_claim: float = 0.0
    _pulse: Pulse = field(default_factory=Pulse)
    _processing: list[_DecodedBatch] = field(default_factory=list)

    async def run(self) -> None:
        """Consume until `stopping` is set, even if Redis or PostgreSQL are down at times."""
        await self._beside_background(*[self._forever(self._consume) for _ in range(self.lanes)])
        await self.reader.leave()

    async def drain(self) -> None:
        """Consume until nothing is left, in the streams and in the rollups."""
        await self._beside_background(*[self._consume(draining=True) for _ in range(self.lanes)])
        await self.roll_up_all()
        await self.reader.trim()
        await self.reader.leave()

    async def _beside_background(self, *lanes: Awaitable[None]) -> None:
        loops = (self._roll_up_regularly, self._watch_backlog)
        tasks = [asyncio.create_task(self._forever(loop)) for loop in loops]
        try:
            await asyncio.gather(*lanes)
        finally:
            await asyncio.gather(*[end(task) for task in tasks])

    async def process(self, entries: Sequence[Entry]) -> None:
        """Process entries: commit and acknowledge the good, move the bad to the dead letters."""
        await self._process(self._decode(entries))

    async def roll_up_all(self) -> int:
        """Fold everything committed so far into the rollups; the number of shares folded."""
        folded = await roll_up_all(self.database)
        ROLLUPS.inc(folded)
        return folded

    async def _consume(self, *, draining: bool = False) -> None:
        """Process batch after batch; one lane of several, so that one works while another waits."""
        await self.reader.ensure_group()
        while not self.stopping.is_set():
            decoded = await self._read(draining)
            await self._process(decoded)
            if draining and not decoded.entries:
                if await self.reader.backlog() == 0:
                    return
                await asyncio.sleep(0.2)  # another lane, or a consumer just killed, holds some

    async def _read(self, draining: bool) -> _DecodedBatch:
        """Abandoned entries when it is time to look for them, else new ones."""
        if time.monotonic() >= self._next_claim:
            self._next_claim = time.monotonic() + limits.CLAIM_IDLE_MS / 2000
            await beat(self.reader.redis, "ingest")
            abandoned = await self.reader.claim(count=self.batch_events)
            if abandoned := self._not_processing(abandoned):
                return self._decode(abandoned)
        block_ms = None if draining else limits.READ_BLOCK_MS
        return self._decode(await self.reader.read(count=self.batch_events, block_ms=block_ms))

    def _not_processing(self, abandoned: Sequence[Entry]) -> list[Entry]:
        """Abandoned entries without those that another lane of this process still works on."""
        if not abandoned:
            return []
        held = {
            (entry.stream, entry.id)
            for decoded in self._processing
            for entries in decoded.owners.values()
            for entry in entries
        }
        return [entry for entry in abandoned if (entry.stream, entry.id) not in held]

    def _decode(self, entries: Sequence[Entry]) -> _DecodedBatch:
        """Decode entries; the bad ones are kept apart."""
        rules = Rules(self.network, self.database.clock.now())
        decoded = _DecodedBatch(len(entries), time.perf_counter())
        for entry in entries:
            try:
                fact = decode(entry.stream, entry.id, entry.fields, rules)
            except BadEvent as error:
                decoded.bad.append((entry, error))
                continue
            first = decoded.facts.setdefault(fact.key, fact)
            decoded.owners.setdefault(fact.key, []).append(entry)
            if first.digest != fact.digest:
                self._alarm(fact.key)
        return decoded

    def _alarm(self, key: UUID) -> None:
        EVENTS.labels("conflicting").inc()
        _log.error("event_conflicts", key=str(key))

    async def _process(self, decoded: _DecodedBatch) -> None:
        """Commit and acknowledge the good entries; then move the bad ones to the dead letters."""
        self._processing.append(decoded)
        try:
            if decoded.facts:
                await self._commit_part(decoded.facts, decoded.owners)
                BATCH_SIZE.observe(decoded.entries)
                BATCH_SECONDS.observe(time.perf_counter() - decoded.at)
            if decoded.bad:
                await self._dead_letter([(e, error.reason, str(error)) for e, error in decoded.bad])
        finally:
            self._processing.remove(decoded)

    async def _commit_part(self, facts: dict[UUID, Fact], owners: dict[UUID, list[Entry]]) -> None:
        """Commit facts and acknowledge; when they fail, find the one that does and keep going."""
        try:
            await self._commit_when_possible(facts)
        except _Stopping:
            raise
        except Exception as error:
            if len(facts) == 1:
                (key,) = facts
                if isinstance(error, BadEvent):
                    found = [(entry, error.reason, str(error)) for entry in owners[key]]
                    await self._dead_letter(found)
                else:
                    await self._count_failure(owners[key], error)
                return
            keys = list(facts)
            for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
                await self._commit_part({key: facts[key] for key in half}, owners)
            return
        await self.reader.acknowledge([entry for key in facts for entry in owners[key]])

    async def _commit_when_possible(self, facts: dict[UUID, Fact]) -> None:
        """Commit, trying again for as long as the cause is a passing one.

        A batch that took too long is not tried again whole: with half of it there is less to do.
        """
        tries = 0
        while True:
            try:
                return await self._commit(facts)
            except Exception as error:
                if not is_passing(error) or (took_too_long(error) and len(facts) > 1):
                    raise
                if self.stopping.is_set():
                    raise _Stopping from error
                RETRIES.inc()
                wait = limits.RETRY_SECONDS[min(tries, len(limits.RETRY_SECONDS) - 1)]
                _log.warning("batch_retried", error=str(error)[:300], wait_seconds=wait)
                tries += 1
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), wait)

    async def _commit(self, facts: dict[UUID, Fact]) -> None:
        with structlog.contextvars.bound_contextvars(batch_id=uuid7().hex):
            async with self.database.transaction(owners="shared") as tx:
                claimed = await inbox.claim(tx, {key: fact.digest for key, fact in facts.items()})
                batch = Batch.of({key: facts[key] for key in facts if key in claimed.fresh})
                if claimed.fresh:
                    for project in self.projections:
                        batch = await project(tx, batch)
            frames = self._pulse.pace(tx.shown, now=tx.now)
            await self.broadcast.publish(frames, now=tx.now, nudge=bool(tx.announced))
            EVENTS.labels("fresh").inc(len(claimed.fresh))
            EVENTS.labels("repeated").inc(len(facts) - len(claimed.fresh))
            for key in claimed.conflicting:
                self._alarm(key)

    async def _count_failure(self, entries: list[Entry], error: Exception) -> None:
        for entry in entries:
            failures = await self.reader.count_failure(entry)
            _log.error("event_failed", entry=entry.id, failures=failures, error=str(error)[:300])
            if failures >= limits.EVENT_FAILURES:
                await self._dead_letter([(entry, "failed", str(error))])

    async def _dead_letter(self, bad: Sequence[tuple[Entry, str, str]]) -> None:
        done = await self.reader.dead_letter_all(bad)
        for (_, reason, _), buried in zip(bad, done, strict=True):
            if buried:
                DEAD.labels(reason).inc()
                EVENTS.labels("dead").inc()

    async def _watch_backlog(self) -> None:
        """Measure what waits, PostgreSQL or none, and trim what needs no keeping."""
        while not self.stopping.is_set():
            behind = await lag(self.reader.redis, now=self.database.clock.now())
            BACKLOG.set(behind.waiting)
            LAG.set(behind.oldest_seconds)
            await self.housekeeping()
            await asyncio.sleep(limits.LOOK_SECONDS)

    async def housekeeping(self) -> None:
        """Take out of Redis what needs not stay, and put back what producers ask for."""
        if self.game:
            await write_game(self.reader.redis, self.game, missing=True)
        await self.reader.trim()
        await self._shelve()

    async def _shelve(self) -> None:
        if self.shelf is None:
            return
        try:
            moved = await shelve(self.reader.redis, self.shelf)
        except OSError as error:
            _log.error("dead_letters_not_kept", file=str(self.shelf.path), error=str(error))
            return
        if moved:
            SHELVED.inc(moved)
            _log.warning("dead_letters_shelved", letters=moved, file=str(self.shelf.path))

    async def _roll_up_regularly(self) -> None:
        while not self.stopping.is_set():
            folded = await self.roll_up_all()
            now = self.database.clock.now()
            await self.broadcast.publish(self._pulse.pace([], now=now), now=now)
            # Under load, wait for more: many shares of a worker become one change of its row.
            busy = folded > limits.BATCH_EVENTS
            await asyncio.sleep(limits.ROLLUP_PAUSE_SECONDS * (4 if busy else 1))

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop until it returns; failures are logged and retried."""
        while not self.stopping.is_set():
            try:
                return await loop()
            except _Stopping:
                return None
            except Exception as error:
                if isinstance(error, RedisError) or is_passing(error):
                    _log.warning("servers_away", error=str(error)[:300])
                else:
                    _log.exception("loop_failed", loop=loop.__name__)
                await asyncio.sleep(0.5)
