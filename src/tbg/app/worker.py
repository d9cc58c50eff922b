"""The worker runs the jobs of every domain: arq wakes it, the database decides what is due.

A job runs when its last success is older than the last time it was due. So a wake-up that is
lost, or a worker that was down on Monday, delays a job and never drops it. It also runs when an
operator has asked it to try parked users again.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tbg.adapters.broadcast import HEARTBEAT_SECONDS, beat
from tbg.adapters.queue import make_worker, stop_worker
from tbg.app import lifecycle
from tbg.app.domains import DOMAINS, jobs_of
from tbg.core import limits, marks
from tbg.core.cancel import end
from tbg.core.schedule import Cron
from tbg.core.telemetry import JOB_FAILURES, JOB_SECONDS, JOB_SUCCESS, log
from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import are_retried

JOBS: tuple[Cron, ...] = (*jobs_of(DOMAINS), *lifecycle.JOBS)
"""The jobs of every domain, then those that go through all domains; overdue jobs are run in this
order."""

_log = log(__name__)


@dataclass(slots=True)
class Worker:
    """Runs jobs until stopped; several workers may run."""

    database: Database
    redis: Redis
    redis_url: str
    jobs: Sequence[Cron] = JOBS
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _turns: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def run(self) -> None:
        """Run until `stopping` is set, even if Redis or PostgreSQL are down at times."""
        loops = [asyncio.create_task(loop()) for loop in (self._beat, self._wake, self._catch_up)]
        try:
            await self.stopping.wait()
        finally:
            await asyncio.gather(*[end(loop) for loop in loops])

    def __post_init__(self) -> None:
        """Refuse a job after one that is not before it in the list: it would never be due."""
        seen: set[str] = set()
        for job in self.jobs:
            if job.after is not None and job.after not in seen:
                raise ValueError(
                    f"{job.name} should run after {job.after}, which is not listed before it"
                )
            seen.add(job.name)

    async def wake(self, job: Cron) -> None:
        """Run one job if it is due, and then those that are declared to run after it."""
        if await self.run_due(job):
            for following in self.jobs:
                if following.after == job.name:
                    await self.wake(following)

    async def run_due(self, job: Cron) -> bool:
        """Run one job if it is due; whether it ran and ended well. A failure is only its own."""
        if self._turns[job.name].locked():
            return False  # it is running: to wait for it would keep a slot from the others
        async with self._turns[job.name]:
            begun = time.perf_counter()
            try:
                async with self.database.transaction() as tx:
                    mark, now = await marks.read(tx, job.name), tx.now
                    due = await self._last_due(tx, job)
                    retried = await are_retried(tx, job.name)
                if mark is not None:
                    JOB_SUCCESS.labels(job.name).set(mark.timestamp())
                is_done = due is None or (mark is not None and mark >= due)
                if is_done and not retried:
                    return False
                result = await job.run(self.database)
                async with self.database.transaction() as tx:
                    # After another job: up to the run that it followed, for the other one may
                    # have begun again meanwhile.
                    if (moment := due if job.after else now) is not None:
                        await marks.move(tx, job.name, to=moment)
            except Exception:
                JOB_FAILURES.labels(job.name).inc()
                _log.exception("job_failed", job=job.name)
                return False
            seconds = time.perf_counter() - begun
        JOB_SECONDS.labels(job.name).observe(seconds)
        JOB_SUCCESS.labels(job.name).set(now.timestamp())
        tell = _log.info if result else _log.debug
        tell("job_done", job=job.name, result=repr(result), seconds=round(seconds, 3))
        return True

    async def _last_due(self, tx: Tx, job: Cron) -> datetime | None:
        """The last moment at which it was due; None if there was none yet."""
        return job.last_due(tx.now) if job.after is None else await marks.read(tx, job.after)

    async def run_all_due(self) -> list[str]:
        """Run overdue jobs one after the other; return those that ran."""
        return [job.name for job in self.jobs if await self.run_due(job)]

    async def _catch_up(self) -> None:
        while True:
            await self.run_all_due()
            await asyncio.sleep(limits.JOB_CATCH_UP_SECONDS)

    async def _wake(self) -> None:
        while True:
            worker = make_worker(self.redis_url, self.jobs, self.wake)
            try:
                await worker.async_run()
            except asyncio.CancelledError:
                await stop_worker(worker)
                raise
            except (RedisError, OSError) as error:  # away for longer than arq waits for it
                _log.warning("queue_away", error=str(error)[:300])
            except Exception:
                _log.exception("queue_failed")
            await asyncio.gather(stop_worker(worker), return_exceptions=True)
            await asyncio.sleep(1)

    async def _beat(self) -> None:
        while True:
            try:
                await beat(self.redis, "worker")
            except Exception as error:
                _log.warning("heartbeat_failed", error=str(error)[:300])
            await asyncio.sleep(HEARTBEAT_SECONDS / 3)
