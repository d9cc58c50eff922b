"""The way out: outbox → switchboard → mark as sent, in one transaction; then the frames.

Nudged by whoever announced something; sweeps by itself for nudges that were lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from redis.exceptions import RedisError

from tbg.adapters.broadcast import Broadcast, beat
from tbg.app.switchboard import SWITCHBOARD, Reaction
from tbg.core import limits, outbox
from tbg.core.event import Event
from tbg.core.tasks import end
from tbg.core.telemetry import LATENCY_BUCKETS, log
from tbg.core.tx import Database, Tx, is_passing

MESSAGES = Counter("tbg_relay_messages_total", "Messages by what became of them", ["outcome"])
BATCH_SIZE = Histogram(
    "tbg_relay_batch_messages", "Messages delivered at once", buckets=(1, 2, 5, 10, 50, 100, 500)
)
BATCH_SECONDS = Histogram("tbg_relay_batch_seconds", "From taken to shown", buckets=LATENCY_BUCKETS)
AGE = Gauge("tbg_outbox_oldest_seconds", "Age of the oldest message that waits")
WAITING = Gauge("tbg_outbox_waiting_messages", "Messages that wait, parked ones left out")
PARKED = Gauge("tbg_outbox_parked_messages", "Messages that need a person")

_log = log(__name__)


class _Left(NamedTuple):
    """What is still in the outbox: messages that wait, the oldest's age, and parked ones."""

    waiting: int
    oldest_seconds: float
    parked: int


@dataclass(slots=True)
class Relay:
    """Delivers messages until told to stop."""

    database: Database
    broadcast: Broadcast
    switchboard: Mapping[type[Event], tuple[Reaction, ...]] = field(
        default_factory=lambda: SWITCHBOARD
    )
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)
    _next_look: float = 0.0

    async def run(self) -> None:
        """Deliver until `stopping` is set; Redis or PostgreSQL may come and go meanwhile."""
        listener = asyncio.create_task(self._listen())
        try:
            while not self.stopping.is_set():
                try:
                    if await self._step():
                        continue
                except Exception as error:
                    if isinstance(error, RedisError) or is_passing(error):
                        _log.warning("servers_away", error=str(error)[:300])
                    else:
                        _log.exception("relay_failed")
                    await asyncio.sleep(0.5)
                await self._wait()
        finally:
            await end(listener)

    async def _step(self) -> int:
        """One batch, between a sign of life and a measurement when it is time for them."""
        look = time.monotonic() >= self._next_look
        if look:
            self._next_look = time.monotonic() + limits.RELAY_SWEEP_SECONDS
            await beat(self.broadcast.redis, "relay")
        taken = await self.deliver()
        if look:
            await self._measure()
        return taken

    async def drain(self) -> int:
        """Deliver everything that is due now; the number of messages taken."""
        total = 0
        while taken := await self.deliver():
            total += taken
        return total

    async def finish(self) -> int:
        """Deliver until nothing waits, for another try neither; how many need a person."""
        while True:
            await self.drain()
            left = await self._left()
            if not left.waiting or self.stopping.is_set():
                return left.parked
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), limits.RELAY_SWEEP_SECONDS)

    async def deliver(self) -> int:
        """Take one batch of messages through their reactions; the number taken.

        All messages at once; when that fails, one by one, so that only the bad one stays.
        """
        try:
            return await self._take_through(self._together)
        except Exception as error:
            if is_passing(error):
                raise
            return await self._take_through(self._one_by_one)

    async def _take_through(
        self, way: Callable[[Tx, Sequence[outbox.Message]], Awaitable[None]]
    ) -> int:
        begun = time.perf_counter()
        # An erasure takes messages too, and reactions ask who is who.
        async with self.database.transaction(owners="shared") as tx:
            messages = await outbox.take(tx)
            if not messages:
                return 0
            await way(tx, messages)
        await self.broadcast.publish(tx.shown, now=tx.now, nudge=bool(tx.announced))
        BATCH_SIZE.observe(len(messages))
        BATCH_SECONDS.observe(time.perf_counter() - begun)
        return len(messages)

    async def _together(self, tx: Tx, messages: Sequence[outbox.Message]) -> None:
        await self._react(tx, messages)
        await outbox.mark_sent(tx, [message.id for message in messages])
        MESSAGES.labels("sent").inc(len(messages))

    async def _one_by_one(self, tx: Tx, messages: Sequence[outbox.Message]) -> None:
        for message in messages:
            shown, announced = len(tx.shown), len(tx.announced)
            try:
                async with tx.connection.begin_nested():
                    await self._together(tx, [message])
            except Exception as error:
                if is_passing(error):
                    raise
                del tx.shown[shown:], tx.announced[announced:]
                parked = await outbox.mark_failed(tx, message, error=repr(error))
                MESSAGES.labels("parked" if parked else "failed").inc()
                _log.error(
                    "message_failed", type=message.type, parked=parked, error=str(error)[:300]
                )

    async def _react(self, tx: Tx, messages: Sequence[outbox.Message]) -> None:
        """Hand each reaction its events, in the order they were announced."""
        inboxes: dict[Reaction, list[outbox.Delivery]] = {}
        for message in messages:
            event = outbox.decode(message)
            for reaction in self.switchboard.get(type(event), ()):
                delivery = outbox.Delivery(message.event_id, event)
                inboxes.setdefault(reaction, []).append(delivery)
        for reaction, deliveries in inboxes.items():
            await reaction(tx, deliveries)

    async def _measure(self) -> None:
        left = await self._left()
        WAITING.set(left.waiting)
        PARKED.set(left.parked)
        AGE.set(left.oldest_seconds)

    async def _left(self) -> _Left:
        async with self.database.transaction() as tx:
            row = await tx.row(
                """
                SELECT count(*) AS waiting, min(created_at) AS oldest,
                    (SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL) AS parked
                FROM outbox WHERE sent_at IS NULL AND parked_at IS NULL
                """
            )
        assert row is not None
        age = (tx.now - row.oldest).total_seconds() if row.oldest else 0
        return _Left(row.waiting, age, row.parked)

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._nudged.wait(), limits.RELAY_SWEEP_SECONDS)
        except TimeoutError:
            return
        self._nudged.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in self.broadcast.nudges():
                    self._nudged.set()
            except (RedisError, OSError) as error:
                _log.warning("nudges_away", error=str(error)[:300])
            await asyncio.sleep(0.5)
