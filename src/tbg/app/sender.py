"""The sender: runs durable tasks, outside any transaction, for as long as each one's lease lasts.

A target that does not answer is paused for a while, and never has more than its share of the slots
of its kind, so that it does not delay others.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Counts
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import orjson
from prometheus_client import Counter, Gauge, Histogram
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tbg.adapters.broadcast import HEARTBEAT_SECONDS, beat
from tbg.app.task_kinds import TASK_KINDS
from tbg.core import task_limits, tasks
from tbg.core.cancel import end
from tbg.core.tasks import Room, TargetAway, Task, TaskKind, TaskRefused
from tbg.core.telemetry import LATENCY_BUCKETS, log
from tbg.core.tx import Database, Tx, is_passing

TASKS = Counter("tbg_tasks_total", "Runs of tasks by outcome", ["kind", "outcome"])
SECONDS = Histogram("tbg_task_seconds", "How long a task ran", ["kind"], buckets=LATENCY_BUCKETS)
WAITING = Gauge("tbg_tasks_waiting", "Tasks that wait or run, without parked ones")
OVERDUE = Gauge("tbg_tasks_overdue_seconds", "How long the oldest task has been due")
PARKED = Gauge("tbg_tasks_parked", "Tasks that need a person")

_log = log(__name__)
_Place = tuple[str, str]
"""A kind and a target."""


@dataclass(slots=True)
class _Pause:
    """A target that is paused until a moment of the monotonic clock."""

    failures: int = 0
    until: float = 0.0


@dataclass(slots=True)
class Sender:
    """Runs tasks until stopped; several senders may run."""

    database: Database
    redis: Redis
    kinds: Sequence[TaskKind] = TASK_KINDS
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[asyncio.Task[None], Task] = field(default_factory=dict)
    _pauses: dict[_Place, _Pause] = field(default_factory=dict)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run until `stopping` is set, even if Redis or PostgreSQL are down at times."""
        beating = asyncio.create_task(self._beat())
        try:
            while not self.stopping.is_set():
                try:
                    await self.start_due()
                except Exception as error:
                    if is_passing(error):
                        _log.warning("servers_away", error=str(error)[:300])
                    else:
                        _log.exception("sender_failed")
                    await asyncio.sleep(task_limits.SWEEP_SECONDS)
                await self._wait()
            if self._running:
                await asyncio.wait(self._running, timeout=task_limits.STOP_SECONDS)
        finally:
            # A task that is cut off here is run again by some sender when its lease is over.
            await asyncio.gather(*[end(task) for task in (beating, *self._running)])

    async def drain(self) -> int:
        """Run everything that is due now and whose target is not paused; the number of runs."""
        total = 0
        while (started := await self.start_due()) or self._running:
            total += started
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        return total

    async def start_due(self) -> int:
        """Begin tasks that are due, as far as there is room for them; how many."""
        started = 0
        for kind in self.kinds:
            room = self._room(kind)
            if room.most <= 0:
                continue
            async with self.database.transaction() as tx:
                claimed = await tasks.claim(tx, kind, room)
            for task in claimed:
                running = asyncio.create_task(self._run(kind, task))
                self._running[running] = task
                running.add_done_callback(self._over)
            started += len(claimed)
        return started

    def _room(self, kind: TaskKind) -> Room:
        now = time.monotonic()
        busy = Counts(task.target for task in self._running.values() if task.kind == kind.name)
        closed = [
            target
            for (name, target), pause in self._pauses.items()
            if name == kind.name and (pause.until > now or (pause.failures and busy[target]))
        ]
        return Room(kind.concurrency - busy.total(), closed, busy)

    def _over(self, running: asyncio.Task[None]) -> None:
        self._running.pop(running, None)
        self._ended.set()
        if not running.cancelled() and (error := running.exception()) is not None:
            _log.error("task_lost", error=repr(error)[:300])

    async def _run(self, kind: TaskKind, task: Task) -> None:
        """Run one task, and record its result while it is still ours."""
        begun = time.monotonic()
        place = (kind.name, task.target)
        try:
            async with asyncio.timeout(kind.timeout_s):
                result = await kind.run(self.database, task)
            if len(orjson.dumps(result)) > task_limits.RESULT_BYTES:
                raise TaskRefused(f"its result has more than {task_limits.RESULT_BYTES} bytes")
        except Exception as error:
            again_s = self._note_failure(place, kind, task, error)
            _log.warning(
                "task_failed",
                kind=kind.name, key=task.key, target=task.target,
                parked=again_s is None, error=repr(error)[:300],
            )  # fmt: skip
            outcome = "parked" if again_s is None else "failed"
            ours = await self._record(kind, begun, task, error=repr(error), again_s=again_s)
        else:
            self._pauses.pop(place, None)
            outcome, ours = "done", await self._record(kind, begun, task, result=result)
        TASKS.labels(kind.name, outcome if ours else "lease_lost").inc()
        SECONDS.labels(kind.name).observe(time.monotonic() - begun)

    def _note_failure(
        self, place: _Place, kind: TaskKind, task: Task, error: Exception
    ) -> float | None:
        """When to run the task again (s from now; None: never), after its target's pause."""
        wait = float(min(2**task.attempts, task_limits.LONGEST_RETRY_SECONDS))
        if isinstance(error, TargetAway | OSError | TimeoutError | httpx.TransportError):
            pause = self._pauses.setdefault(place, _Pause())
            pause.failures += 1
            asked = getattr(error, "retry_after_s", None) or 0.0
            longest = task_limits.TARGET_PAUSE_SECONDS
            seconds = max(min(2.0**pause.failures, longest), min(asked, 60.0 * longest))
            pause.until = time.monotonic() + seconds
            wait = max(wait, seconds)
        is_last = isinstance(error, TaskRefused) or task.attempts >= kind.attempts
        return None if is_last else wait

    async def _record(
        self,
        kind: TaskKind,
        begun: float,
        task: Task,
        *,
        result: dict[str, object] | None = None,
        error: str | None = None,
        again_s: float | None = None,
    ) -> bool:
        """Write the outcome, again and again while the database is away; whether it was ours.

        It is not once the lease is over, even if the database is away still: the task runs again.
        """
        until = begun + kind.lease.total_seconds()
        while True:
            try:
                async with self.database.transaction() as tx:
                    if error is None:
                        return await tasks.finish(tx, task, result=result)
                    return await tasks.fail(tx, task, error=error, again_at=_after(tx, again_s))
            except Exception as failed:
                if not is_passing(failed):
                    raise
                _log.warning("servers_away", error=str(failed)[:300])
                if time.monotonic() > until:
                    return False
                await asyncio.sleep(task_limits.SWEEP_SECONDS)

    async def _wait(self) -> None:
        """Until a task has ended, or it is time to look again, or to stop."""
        waits: Iterable[asyncio.Task[bool]] = [
            asyncio.create_task(self._ended.wait()),
            asyncio.create_task(self.stopping.wait()),
        ]
        try:
            await asyncio.wait(
                waits, timeout=task_limits.SWEEP_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            await asyncio.gather(*[end(wait) for wait in waits])
        self._ended.clear()

    async def _beat(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                await beat(self.redis, "sender")
            try:
                async with self.database.transaction() as tx:
                    left = await tasks.waiting(tx)
                WAITING.set(left.waiting)
                PARKED.set(left.parked)
                since = left.due_since
                OVERDUE.set((tx.now - since).total_seconds() if since else 0)
            except Exception as error:
                _log.warning("measurement_failed", error=str(error)[:300])
            await asyncio.sleep(HEARTBEAT_SECONDS / 3)


def _after(tx: Tx, seconds: float | None) -> datetime | None:
    return None if seconds is None else tx.now + timedelta(seconds=seconds)
