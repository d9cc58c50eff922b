"""Scheduled work. arq wakes it, and only this file uses arq; the database says what is due.

A wake-up may be lost or come twice, so every job can be run twice and late, and the worker asks
by itself which jobs are overdue.

Whoever can write to Redis can write jobs, and may wake one of ours at most: what is in the queue
is JSON, of one shape, and names a job that is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC
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
from tbg.core.schedule import Cron
from tbg.core.telemetry import log

QUEUE = "tbg:jobs"

_log = log(__name__)


def queue_at(url: str) -> ArqRedis:
    """The queue in Redis, for enqueueing and taking jobs."""
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
        # arq's own serialiser is pickle, which executes what it reads.
        job_serializer=_to_json,
        job_deserializer=_from_json,
        timezone=UTC,
        log_results=False,
    )


class _Worker(Worker):
    """arq's worker, which does not end over an entry that it did not make."""

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start these jobs; entries that name unknown jobs are discarded."""
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
        raise ValueError("too long for a job")
    job = orjson.loads(raw)
    if not isinstance(job, dict) or job.keys() != {"t", "f", "a", "k", "et"}:
        raise ValueError("no job")
    name, tried, at = job["f"], job["t"], job["et"]
    if not isinstance(name, str) or job["a"] != [] or job["k"] != {} or tried is not None:
        raise ValueError("not a job of this program: those have no arguments")
    if type(at) is not int or not 0 <= at < limits.JOB_TIME_MS:
        raise ValueError("a job without the time at which it was enqueued")
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
    """Take no more work, give running jobs a moment to finish, then end them."""
    worker.allow_pick_jobs = False
    running = list(worker.tasks.values())
    if running:
        await asyncio.wait(running, timeout=limits.JOB_STOP_SECONDS)
    if worker.main_task is not None:
        worker.main_task.cancel()
        await asyncio.gather(worker.main_task, return_exceptions=True)
    await worker.close()
