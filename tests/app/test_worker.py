"""The worker: due jobs run once, whatever wakes them, and a failure affects no other job."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arq.cron import next_cron
from redis.asyncio import Redis

from tbg.adapters.queue import QUEUE, make_worker, queue_at, stop_worker
from tbg.app.local import servers as local
from tbg.app.worker import JOBS, Worker
from tbg.core.clock import FixedClock, SystemClock
from tbg.core.schedule import Cron
from tbg.core.telemetry import JOB_FAILURES, JOB_SUCCESS
from tbg.core.tx import Database, connect
from tests import servers
from tests.conftest import NOW


def counted(name: str, runs: list[str], **schedule: Any) -> Cron:
    """A job that only notes that it ran."""

    async def run(_: Database) -> int:
        runs.append(name)
        return 1

    return Cron(name, run, **schedule)


async def until(said: Callable[[], Awaitable[bool] | bool], seconds: float = 20) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while True:
        so = said()
        if so if isinstance(so, bool) else await so:
            return
        assert time.monotonic() < deadline, "it never came to be"
        await asyncio.sleep(0.05)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestSchedule:
    @pytest.mark.parametrize(
        ("schedule", "now", "last"),
        [
            ({"minute": None}, "2026-03-04T12:34:56.7", "2026-03-04T12:34"),
            ({"every_s": 5}, "2026-03-04T12:34:56.7", "2026-03-04T12:34:55"),
            ({"every_min": 5}, "2026-03-04T12:34:56.7", "2026-03-04T12:30"),
            ({"every_min": 5}, "2026-03-04T12:35", "2026-03-04T12:35"),
            ({"minute": 35}, "2026-03-04T12:34:59", "2026-03-04T11:35"),
            ({"minute": 35}, "2026-03-04T12:35", "2026-03-04T12:35"),
            ({"minute": 35}, "2026-03-01T00:10", "2026-02-28T23:35"),
            ({"minute": 5, "hour": 0}, "2026-03-04T00:04:59", "2026-03-03T00:05"),
            ({"minute": 5, "hour": 0}, "2026-03-04T00:05", "2026-03-04T00:05"),
            ({"minute": 5, "hour": 0, "weekday": 0}, "2026-03-02T00:05", "2026-03-02T00:05"),
            ({"minute": 5, "hour": 0, "weekday": 0}, "2026-03-02T00:04", "2026-02-23T00:05"),
            ({"minute": 5, "hour": 0, "weekday": 0}, "2026-03-01T23:59", "2026-02-23T00:05"),
            ({"minute": 0, "hour": 18, "weekday": 6}, "2026-03-02T00:04", "2026-03-01T18:00"),
        ],
    )
    def test_last_due(self, schedule: dict[str, Any], now: str, last: str) -> None:
        assert counted("x", [], **schedule).last_due(at(now)) == at(last)

    @pytest.mark.parametrize(
        "job", [*JOBS, counted("fives", [], every_min=5)], ids=lambda job: job.name
    )
    def test_arq_wakes_a_job_when_it_is_due(self, job: Cron) -> None:
        for hours in range(0, 24 * 8, 5):
            wake = next_cron(
                NOW + timedelta(hours=hours),
                weekday=job.weekday,
                hour=job.hour,
                minute=job.minutes,
                second=job.seconds,
            )
            assert job.last_due(wake) == wake.replace(microsecond=0)

    def test_the_documents_times(self) -> None:
        times = {job.name: (job.weekday, job.hour, job.minute) for job in JOBS}
        assert len(times) == len(JOBS), "names are unique: they are marks and metrics"
        assert times["streak_check"] == times["weekly_diff_champion"] == (0, 0, 5)
        assert times["streak_warning"] == (6, 18, 0)
        assert times["personal_bests"] == (None, 0, 5)
        assert times["xp_verifier"][:2] == (None, None)


class TestDue:
    def worker(self, db: Database, *jobs: Cron) -> Worker:
        return Worker(db, Redis(), "", jobs=jobs)

    async def test_once_for_each_time_it_is_due(self, db: Database, clock: FixedClock) -> None:
        runs: list[str] = []
        worker = self.worker(db, counted("hourly", runs, minute=5))
        assert await worker.run_all_due() == ["hourly"]
        assert await worker.run_all_due() == []
        clock.at = at("2026-03-04T12:04:59")
        assert await worker.run_all_due() == []
        clock.at = at("2026-03-04T12:05")
        assert await worker.run_all_due() == ["hourly"]
        clock.move(timedelta(days=3))
        assert await worker.run_all_due() == ["hourly"]
        assert runs == ["hourly"] * 3

    async def test_many_concurrent_wakes_are_one_run(self, db: Database) -> None:
        runs: list[str] = []
        job = counted("hourly", runs)
        worker = self.worker(db, job)
        await asyncio.gather(*[worker.run_due(job) for _ in range(10)])
        assert runs == ["hourly"]

    async def test_a_job_that_runs_keeps_no_slot_from_others(self, db: Database) -> None:
        going, go = asyncio.Event(), asyncio.Event()

        async def long(_: Database) -> None:
            going.set()
            await go.wait()

        job = Cron("long", long, minute=None)
        worker = self.worker(db, job)
        running = asyncio.create_task(worker.run_due(job))
        await going.wait()
        assert await asyncio.wait_for(worker.run_due(job), 5) is False
        go.set()
        assert await running is True

    async def test_a_failed_job_stops_no_other_and_is_retried(self, db: Database) -> None:
        runs: list[str] = []

        async def fail(_: Database) -> None:
            if len(runs) < 2:
                raise RuntimeError("not today")

        worker = self.worker(db, Cron("bad", fail), counted("good", runs, minute=None))
        before = JOB_FAILURES.labels("bad")._value.get()
        assert await worker.run_all_due() == ["good"]
        assert JOB_FAILURES.labels("bad")._value.get() == before + 1
        runs.append("mended")
        assert await worker.run_all_due() == ["bad"]
        assert JOB_SUCCESS.labels("bad")._value.get() == NOW.timestamp()

    async def test_every_job_of_every_domain_runs(self, db: Database, clock: FixedClock) -> None:
        worker = self.worker(db, *JOBS)
        assert await worker.run_all_due() == [job.name for job in JOBS]
        clock.move(timedelta(weeks=1))
        assert await worker.run_all_due() == [job.name for job in JOBS]


class TestWorker:
    async def test_it_catches_up_beats_and_stops(
        self, db: Database, redis: Redis, redis_url: str
    ) -> None:
        runs: list[str] = []
        worker = Worker(db, redis, redis_url, jobs=(counted("weekly", runs, weekday=0),))
        running = asyncio.create_task(worker.run())
        await until(lambda: runs == ["weekly"])

        async def beaten() -> bool:
            return 0 < int(await redis.ttl("tbg:heartbeat:worker")) <= 15

        await until(beaten)
        worker.stopping.set()
        await asyncio.wait_for(running, 15)
        assert runs == ["weekly"]

    async def test_arq_wakes_due_jobs(self, redis: Redis, redis_url: str) -> None:
        """Through the queue in Redis, like two workers: both enqueue, one of them wakes."""
        woken: list[str] = []

        async def wake(job: Cron) -> None:
            woken.append(job.name)

        workers = [make_worker(redis_url, [counted("job", [])], wake) for _ in range(2)]
        due = datetime.now(UTC) - timedelta(seconds=1)
        for worker in workers:
            worker.cron_jobs[0].next_run = due
        running = [asyncio.create_task(worker.async_run()) for worker in workers]
        await until(lambda: bool(woken))
        await asyncio.sleep(1.2)
        for worker in workers:
            await stop_worker(worker)
        await asyncio.gather(*running, return_exceptions=True)
        assert woken == ["job"]

    async def test_it_outlives_redis(self, fresh_database: str) -> None:
        runs: list[str] = []
        database = connect(fresh_database, SystemClock())
        with servers.embedded() as (_, valkey):
            redis = Redis.from_url(valkey.url)
            worker = Worker(database, redis, valkey.url, jobs=(counted("job", runs, minute=None),))
            running = asyncio.create_task(worker.run())

            async def alive() -> bool:
                try:
                    return bool(await redis.exists("tbg:heartbeat:worker"))
                except Exception:
                    return False

            await until(alive)
            assert valkey.process is not None
            valkey.process.kill()
            valkey.process.wait()
            await asyncio.sleep(0.5)
            assert not running.done()
            await asyncio.to_thread(local.spawn, valkey)
            await asyncio.to_thread(local.wait_ready, valkey)
            await redis.flushall()
            await until(alive)
            # The queue is listened to again: what is put into it is taken out.
            async with queue_at(valkey.url) as queue:
                await queue.enqueue_job("job", _job_id="job:1")

                async def taken() -> bool:
                    return int(await queue.zcard(QUEUE)) == 0

                await until(taken)
            worker.stopping.set()
            await asyncio.wait_for(running, 20)
            await redis.aclose()
        await database.close()
        assert runs


class Bomb:
    """What pickle runs while it reads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.path), "w"))

    def __init__(self, path: Path) -> None:
        self.path = path


NOW_MS = "1772625600000"
GOOD = b'{"t":null,"f":"job","a":[],"k":{},"et":%s}' % NOW_MS.encode()


class TestAttacks:
    """What somebody puts into the queue who can write to Redis."""

    @pytest.fixture
    async def woken(self, redis: Redis, redis_url: str) -> AsyncIterator[list[str]]:
        """The jobs that a worker was woken for, while it runs."""
        found: list[str] = []

        async def wake(job: Cron) -> None:
            found.append(job.name)

        worker = make_worker(redis_url, [counted("job", [], minute=0, hour=0, weekday=0)], wake)
        worker.poll_delay_s = 0.02
        running = asyncio.create_task(worker.async_run())
        yield found
        assert not running.done(), "the worker ended"
        await stop_worker(worker)
        await asyncio.gather(running, return_exceptions=True)

    async def put(self, redis: Redis, job_id: bytes, payload: bytes, *, score: str = "1") -> None:
        await redis.set(b"arq:job:" + job_id, payload)
        await redis.zadd(QUEUE, {job_id: float(score)})

    async def test_pickles_are_not_executed_and_the_worker_continues(
        self, redis: Redis, woken: list[str], tmp_path: Path
    ) -> None:
        trap = tmp_path / "run"
        for number, payload in enumerate(
            [
                pickle.dumps(Bomb(trap)),
                pickle.dumps({"t": None, "f": "job", "a": (Bomb(trap),), "k": {}, "et": 1}),
                pickle.dumps({"t": None, "f": "job", "a": (), "k": {}, "et": 1}),
            ]
        ):
            await self.put(redis, b"job:%d" % number, payload)
        await self.goes_on(redis, woken)
        assert not trap.exists()
        pickle.loads(pickle.dumps(Bomb(trap)))
        assert trap.exists()

    async def test_unknown_queue_entries_are_discarded(
        self, redis: Redis, woken: list[str]
    ) -> None:
        bad = [
            b"", b"{}", b"[]", b"1", b"\xff", b"null", GOOD + b" " * 4_096,
            GOOD.replace(b"job", b"other"), GOOD.replace(b'"job"', b"[]"),
            GOOD.replace(b'"job"', b"{}"), GOOD.replace(b"[]", b'["x"]'),
            GOOD.replace(b"{}", b'{"ctx": 1}'), GOOD.replace(b"null", b"99999999999999999999"),
            GOOD.replace(NOW_MS.encode(), b"1e400"), GOOD.replace(NOW_MS.encode(), b"true"),
            GOOD.replace(NOW_MS.encode(), b"99999999999999999"),
        ]  # fmt: skip
        for number, payload in enumerate(bad):
            await self.put(redis, b"job:%d" % number, payload)
        for job_id, score in (
            (b"\xff\xfe", "1"), (b"other:1", "1"), (b"job", "1"), (b"", "1"),
            (b"job:98", "-inf"), (b"job:99", "0"),
        ):  # fmt: skip
            await self.put(redis, job_id, GOOD, score=score)
        await self.goes_on(redis, woken)

    async def goes_on(self, redis: Redis, woken: list[str]) -> None:
        """What was put in is gone, woke nobody, and a job put in afterwards is done."""

        async def empty() -> bool:
            return int(await redis.zcard(QUEUE)) == 0

        await until(empty)
        assert woken == []
        await self.put(redis, b"job:1000", GOOD)
        await until(lambda: woken == ["job"])
        await until(empty)
        assert await redis.keys("arq:result:*") == []
