"""Jobs that run after other jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from tbg.app.worker import Worker
from tbg.core.clock import FixedClock
from tbg.core.schedule import Cron
from tbg.core.tx import Database


class Runs:
    """A job, one after it, and one after that; `fails`: those that raise."""

    def __init__(self, db: Database, redis: Redis) -> None:
        self.names: list[str] = []
        self.fails: set[str] = set()
        jobs = [self.job("first", every_min=5), self.job("second", after="first")]
        self.worker = Worker(db, redis, "", jobs=[*jobs, self.job("third", after="second")])

    def job(self, name: str, *, every_min: int | None = None, after: str | None = None) -> Cron:
        """A job that notes that it ran."""

        async def run(_: Database) -> None:
            self.names.append(name)
            if name in self.fails:
                raise ValueError(name)

        return Cron(name, run, every_min=every_min, after=after)


async def test_a_job_after_another_runs_once_for_each_good_run_of_it(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    runs = Runs(db, redis)
    await runs.worker.wake(runs.worker.jobs[0])
    await runs.worker.wake(runs.worker.jobs[0])
    assert await runs.worker.run_all_due() == []
    assert runs.names == ["first", "second", "third"]
    clock.move(timedelta(minutes=5))
    assert await runs.worker.run_all_due() == ["first", "second", "third"]


async def test_a_job_after_one_that_failed_does_not_run(db: Database, redis: Redis) -> None:
    runs = Runs(db, redis)
    runs.fails = {"first"}
    await runs.worker.wake(runs.worker.jobs[0])
    assert await runs.worker.run_all_due() == []
    assert set(runs.names) == {"first"}


async def test_a_job_that_failed_after_another_is_made_up_for(db: Database, redis: Redis) -> None:
    runs = Runs(db, redis)
    runs.fails = {"second"}
    await runs.worker.wake(runs.worker.jobs[0])
    assert runs.names == ["first", "second"]
    runs.fails.clear()
    assert await runs.worker.run_all_due() == ["second", "third"]


async def test_a_run_that_began_while_the_job_after_it_ran_is_followed_as_well(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    names: list[str] = []

    async def first(_: Database) -> None:
        names.append("first")

    async def second(_: Database) -> None:
        names.append("second")
        if names == ["first", "second"]:
            clock.move(timedelta(minutes=5))
            await worker.run_due(jobs[0])

    jobs = [Cron("first", first, every_min=5), Cron("second", second, after="first")]
    worker = Worker(db, redis, "", jobs=jobs)
    await worker.wake(jobs[0])
    assert await worker.run_all_due() == ["second"]
    assert names == ["first", "second", "first", "second"]


def test_a_job_after_one_that_is_not_before_it_is_refused(db: Database, redis: Redis) -> None:
    async def run(_: Database) -> None: ...

    with pytest.raises(ValueError, match="should run after"):
        Worker(db, redis, "", jobs=[Cron("b", run, after="a"), Cron("a", run)])
