"""Scheduled work. arq wakes it, and is kept behind this file; what is due, the database says.

A wake-up may be lost or come twice, so every job can be run twice and late, and the worker asks
by itself which jobs are overdue.

Whoever can write to Redis can write jobs, and may wake one of ours at most: what is in the queue
is JSON, of one shape, and names a job that is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from arq.connections import ArqRedis
from arq.cron import CronJob, cron
from arq.worker import Worker
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tbg.core import limits
from tbg.core.telemetry import log
from tbg.core.tx import Database

QUEUE = "tbg:jobs"

_log = log(__name__)


@dataclass(frozen=True, slots=True)
class Cron:
    """A room's scheduled job, in UTC: at `minute` (None: every minute) of `hour` on `weekday`.

    `every_s`, `every_min`: so many seconds or minutes apart instead, a divisor of 60.
    `after`: whenever that job, which stands before it in the list, has ended well.

    `weekday` counts from Monday, 0; None stands for each. `run` gets the database, makes its own
    transactions, and is harmless when run twice, late, or by two workers at once. Its name is
    that of its metrics and of its mark in `job_marks`.
    """

    name: str
    run: Callable[[Database], Awaitable[object]]
    minute: int | None = 0
    hour: int | None = None
    weekday: int | None = None
    every_s: int | None = None
    every_min: int | None = None
    after: str | None = None

    @property
    def minutes(self) -> set[int] | None:
        """The minutes of an hour at which it may be due; None: each."""
        if self.every_min is not None:
            return set(range(0, 60, self.every_min))
        return None if self.every_s is not None or self.minute is None else {self.minute}

    @property
    def seconds(self) -> set[int]:
        """The seconds of a minute at which it may be due."""
        return set(range(0, 60, self.every_s or 60))

    def last_due(self, now: datetime) -> datetime:
        """The last moment, up to and including `now`, at which it was to run."""
        moment = now.replace(second=now.second - now.second % (self.every_s or 60), microsecond=0)
        if self.every_s is not None:
            return moment
        if self.every_min is not None:
            return moment.replace(minute=moment.minute - moment.minute % self.every_min)
        if self.minute is not None:
            moment = _back(moment, timedelta(minutes=1), moment.minute - self.minute, 60)
        if self.hour is not None:
            moment = _back(moment, timedelta(hours=1), moment.hour - self.hour, 24)
        if self.weekday is not None:
            moment = _back(moment, timedelta(days=1), moment.weekday() - self.weekday, 7)
        return moment


def _back(moment: datetime, unit: timedelta, by: int, period: int) -> datetime:
    return moment - unit * (by % period)


def queue_at(url: str) -> ArqRedis:
    """The queue in Redis, for whoever puts jobs in or takes them out."""
    # With its default settings arq ends when Redis restarts.
    pool = ConnectionPool.from_url(
        url,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), 20),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, BusyLoadingError],
        retry_on_timeout=True,
        health_check_interval=30,
    )
    return ArqRedis(
        pool,
        job_serializer=_to_json,
        job_deserializer=_from_json,
        default_queue_name=QUEUE,
    )


def make_worker(url: str, jobs: Iterable[Cron], wake: Callable[[Cron], Awaitable[Any]]) -> Worker:
    """An arq worker that calls `wake` with each job at its times; `run` it with `async_run`."""
    return _Worker(
        cron_jobs=[_arq_cron(job, wake) for job in jobs if job.after is None],
        redis_pool=queue_at(url),
        queue_name=QUEUE,
        handle_signals=False,
        job_timeout=limits.JOB_TIMEOUT_SECONDS,
        max_jobs=limits.JOBS_AT_ONCE,
        keep_result=0,
        # arq's own are pickle's, which runs what it reads.
        job_serializer=_to_json,
        job_deserializer=_from_json,
        timezone=UTC,
        log_results=False,
    )


class _Worker(Worker):
    """arq's worker, which does not end over an entry that it did not make."""

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start these jobs; entries that name none of ours are thrown away."""
        ours = {name.encode() for name in self.functions}
        known = [job for job in job_ids if job.rpartition(b":")[0] in ours and job.isascii()]
        if unknown := set(job_ids).difference(known):
            await self.pool.zrem(self.queue_name, *unknown)
            _log.warning("queue_entries_dropped", count=len(unknown))
        # Its score is when it is due; arq fails on one that is no time at all.
        await self.pool.zremrangebyscore(self.queue_name, "-inf", 0)
        await super().start_jobs(known)


def _to_json(job: dict[str, Any]) -> bytes:
    return orjson.dumps(job, default=repr)


def _from_json(raw: bytes) -> dict[str, Any]:
    """A job as arq wrote it; ValueError for anything else."""
    if len(raw) > limits.JOB_BYTES:
        raise ValueError("a job is not as long as this")
    job = orjson.loads(raw)
    if not isinstance(job, dict) or job.keys() != {"t", "f", "a", "k", "et"}:
        raise ValueError("no job")
    name, tried, at = job["f"], job["t"], job["et"]
    if not isinstance(name, str) or job["a"] != [] or job["k"] != {} or tried is not None:
        raise ValueError("no job of ours: none has arguments")
    if type(at) is not int or not 0 <= at < limits.JOB_TIME_MS:
        raise ValueError("a job was put in at no time")
    return cast("dict[str, Any]", job)


def _arq_cron(job: Cron, wake: Callable[[Cron], Awaitable[Any]]) -> CronJob:
    async def run(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:  # noqa: ARG001
        await wake(job)

    return cron(
        run,
        name=job.name,
        weekday=job.weekday,
        hour=job.hour,
        minute=job.minutes,
        second=job.seconds,
        unique=True,
        timeout=limits.JOB_TIMEOUT_SECONDS,
        keep_result=0,
    )


async def stop_worker(worker: Worker) -> None:
    """Take no more work, give jobs in hand a moment to finish, then end them."""
    worker.allow_pick_jobs = False
    running = list(worker.tasks.values())
    if running:
        await asyncio.wait(running, timeout=limits.JOB_STOP_SECONDS)
    if worker.main_task is not None:
        worker.main_task.cancel()
        await asyncio.gather(worker.main_task, return_exceptions=True)
    await worker.close()
