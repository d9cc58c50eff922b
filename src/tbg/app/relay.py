"""The way out: outbox → handlers → mark as sent, in one transaction; then the frames.

All messages and handlers of a batch run at once. If that fails, each handler runs separately:
messages that it cannot handle are retried for this handler only, and parked after ten attempts.
Services that announce something nudge the relay; it also sweeps regularly, for lost nudges.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from redis.exceptions import RedisError

from tbg.adapters.broadcast import Broadcast, beat
from tbg.app.domains import HANDLERS
from tbg.core import deliveries, limits, outbox
from tbg.core.cancel import end
from tbg.core.deliveries import EVERY, Failure
from tbg.core.domain import Handler
from tbg.core.event import Event
from tbg.core.telemetry import LATENCY_BUCKETS, log
from tbg.core.tx import Database, Tx, is_passing

MESSAGES = Counter("tbg_relay_messages_total", "Messages delivered")
FAILURES = Counter(
    "tbg_relay_failures_total",
    "Failed deliveries of a message to a handler",
    ["handler", "outcome"],
)
BATCH_SIZE = Histogram(
    "tbg_relay_batch_messages", "Messages per batch", buckets=(1, 2, 5, 10, 50, 100, 500)
)
BATCH_SECONDS = Histogram(
    "tbg_relay_batch_seconds", "Time to deliver a batch", buckets=LATENCY_BUCKETS
)
AGE = Gauge("tbg_outbox_oldest_seconds", "Age of the oldest waiting message")
WAITING = Gauge("tbg_outbox_waiting_messages", "Waiting messages, and deliveries to retry")
PARKED = Gauge("tbg_outbox_parked_messages", "Deliveries that need a person")

_log = log(__name__)


class _Left(NamedTuple):
    """What is still to be done: messages and deliveries that wait, the oldest message's age, and
    parked deliveries.
    """

    waiting: int
    oldest_seconds: float
    parked: int


_Inbox = list[tuple[outbox.Message, outbox.Delivery]]
"""What one handler receives."""


def handler_name(handler: Handler) -> str:
    """Its name in `failed_deliveries`: domain and function, as `realtime.push`."""
    package, _, module = handler.__module__.rpartition(".")
    domain = package.removeprefix("tbg.domains.").partition(".")[0]
    return f"{domain if package.startswith('tbg.domains.') else module}.{handler.__name__}"


@dataclass(slots=True)
class Relay:
    """Delivers messages until stopped."""

    database: Database
    broadcast: Broadcast
    handlers: Mapping[type[Event], tuple[Handler, ...]] = field(default_factory=lambda: HANDLERS)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)
    _next_measurement: float = 0.0

    async def run(self) -> None:
        """Deliver until `stopping` is set, even if Redis or PostgreSQL are down at times."""
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
        measure = time.monotonic() >= self._next_measurement
        if measure:
            self._next_measurement = time.monotonic() + limits.RELAY_SWEEP_SECONDS
            await beat(self.broadcast.redis, "relay")
        taken = await self.deliver()
        if measure:
            taken += await self.retry()
            await self._measure()
        return taken

    async def drain(self) -> int:
        """Deliver everything that is due now; the number of messages and of repeated deliveries."""
        total = 0
        while taken := await self.deliver() or await self.retry():
            total += taken
        return total

    async def finish(self) -> int:
        """Deliver until nothing waits, not even for a retry; return how many need a person."""
        while True:
            await self.drain()
            left = await self._left()
            if not left.waiting or self.stopping.is_set():
                return left.parked
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), limits.RELAY_SWEEP_SECONDS)

    async def deliver(self) -> int:
        """Take one batch of new messages through their handlers; the number taken.

        All at once; when that fails, one handler after the other, so that none holds up another.
        """
        try:
            return await self._deliver_batch(self._all_at_once)
        except Exception as error:
            if is_passing(error):
                raise
            return await self._deliver_batch(self._each_handler_apart)

    async def retry(self) -> int:
        """Try deliveries again that failed before and are due; the number tried."""
        begun = time.perf_counter()
        async with self.database.transaction(owners="shared") as tx:
            due = await deliveries.take_due(tx)
            if not due:
                return 0
            before = {(one.message.id, one.handler): one.attempts for one in due}
            unread = [one.message for one in due if one.handler == EVERY]
            inboxes, unreadable = self._sort(unread)
            known = self._by_name()
            for one in due:
                read = self._read(one.message)
                if one.handler in known and read is not None:
                    inboxes.setdefault(one.handler, []).append(read)
                elif one.handler != EVERY:
                    why = f"there is no handler {one.handler} or no event {one.message.type}"
                    unreadable.append(Failure(one.message, one.handler, 1, why))
            for inbox in inboxes.values():
                inbox.sort(key=lambda one: one[0].id)
            failed = unreadable + await self._try_each(tx, inboxes)
            await self._record_outcome(tx, failed, before)
        await self._publish(tx, len(due), begun)
        return len(due)

    async def _deliver_batch(
        self, way: Callable[[Tx, Sequence[outbox.Message]], Awaitable[None]]
    ) -> int:
        begun = time.perf_counter()
        # An erasure deletes messages too, and handlers look up users.
        async with self.database.transaction(owners="shared") as tx:
            messages = await outbox.take(tx)
            if not messages:
                return 0
            await way(tx, messages)
            await outbox.mark_sent(tx, [message.id for message in messages])
        MESSAGES.inc(len(messages))
        await self._publish(tx, len(messages), begun)
        return len(messages)

    async def _publish(self, tx: Tx, taken: int, begun: float) -> None:
        await self.broadcast.publish(tx.shown, now=tx.now, nudge=bool(tx.announced))
        BATCH_SIZE.observe(taken)
        BATCH_SECONDS.observe(time.perf_counter() - begun)

    async def _all_at_once(self, tx: Tx, messages: Sequence[outbox.Message]) -> None:
        await self._react(tx, messages)

    async def _each_handler_apart(self, tx: Tx, messages: Sequence[outbox.Message]) -> None:
        inboxes, unreadable = self._sort(messages)
        failed = unreadable + await self._try_each(tx, inboxes)
        await self._record_outcome(tx, failed, {})

    async def _react(self, tx: Tx, messages: Sequence[outbox.Message]) -> None:
        """Hand each handler its events, in the order they were announced."""
        inboxes, unreadable = self._sort(messages)
        if unreadable:
            raise LookupError(unreadable[0].error)
        known = self._by_name()
        for name, inbox in inboxes.items():
            await known[name](tx, [delivery for _, delivery in inbox])

    def _by_name(self) -> dict[str, Handler]:
        return {handler_name(h): h for handlers in self.handlers.values() for h in handlers}

    def _sort(self, messages: Iterable[outbox.Message]) -> tuple[dict[str, _Inbox], list[Failure]]:
        """Messages by the handlers of their events; those that cannot be read any more."""
        inboxes: dict[str, _Inbox] = {}
        unreadable = []
        for message in messages:
            read = self._read(message)
            if read is None:
                why = f"this version cannot read this {message.type}"
                unreadable.append(Failure(message, EVERY, 1, why))
                continue
            for handler in self.handlers.get(type(read[1].event), ()):
                inboxes.setdefault(handler_name(handler), []).append(read)
        return inboxes, unreadable

    def _read(self, message: outbox.Message) -> tuple[outbox.Message, outbox.Delivery] | None:
        try:
            return message, outbox.Delivery(message.event_id, outbox.decode(message))
        except (KeyError, ValueError):  # no domain announces it any more, or it has other fields
            return None

    async def _try_each(self, tx: Tx, inboxes: Mapping[str, _Inbox]) -> list[Failure]:
        known = self._by_name()
        failed = []
        for name, inbox in inboxes.items():
            failed += await self._try(tx, name, known[name], inbox)
        return failed

    async def _try(self, tx: Tx, name: str, handler: Handler, inbox: _Inbox) -> list[Failure]:
        """Deliver all of them; if that fails, each half, down to the one that fails."""
        shown, announced = len(tx.shown), len(tx.announced)
        try:
            async with tx.connection.begin_nested():
                await handler(tx, [delivery for _, delivery in inbox])
        except Exception as error:
            if is_passing(error):
                raise
            del tx.shown[shown:], tx.announced[announced:]
            if len(inbox) == 1:
                return [Failure(inbox[0][0], name, 1, repr(error))]
            middle = len(inbox) // 2
            first = await self._try(tx, name, handler, inbox[:middle])
            return first + await self._try(tx, name, handler, inbox[middle:])
        return []

    async def _record_outcome(
        self, tx: Tx, failed: Sequence[Failure], before: Mapping[tuple[int, str], int]
    ) -> None:
        """Write down what failed; what had failed before and has not now is done."""
        counted = [
            one._replace(attempts=1 + before.get((one.message.id, one.handler), 0))
            for one in failed
        ]
        again = {(one.message.id, one.handler) for one in counted}
        if done := before.keys() - again:
            await deliveries.remove(tx, done)
        if counted:
            await deliveries.record_failures(tx, counted)
        for one in counted:
            FAILURES.labels(one.handler, "parked" if one.is_last else "failed").inc()
            _log.error(
                "delivery_failed",
                type=one.message.type,
                handler=one.handler,
                parked=one.is_last,
                error=one.error[:300],
            )

    async def _measure(self) -> None:
        left = await self._left()
        WAITING.set(left.waiting)
        PARKED.set(left.parked)
        AGE.set(left.oldest_seconds)

    async def _left(self) -> _Left:
        async with self.database.transaction() as tx:
            row = await tx.row(
                """
                SELECT oldest, fresh + again AS waiting, parked FROM
                    (SELECT count(*) AS fresh, min(created_at) AS oldest
                        FROM outbox WHERE sent_at IS NULL),
                    (SELECT count(*) FILTER (WHERE parked_at IS NULL) AS again,
                        count(parked_at) AS parked FROM failed_deliveries)
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
