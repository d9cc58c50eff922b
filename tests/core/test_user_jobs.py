"""Jobs that go through users: a failing chunk is halved, and the failing user is parked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from tbg.app.worker import Worker
from tbg.core import limits, user_jobs
from tbg.core.schedule import Cron
from tbg.core.telemetry import JOB_FAILURES
from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import PARKED, serve_users


class Job:
    """Serves `users` by a row each in job_marks; fails for those in `bad`."""

    def __init__(self, db: Database, users: Sequence[int]) -> None:
        self.db = db
        self.users = list(users)
        self.bad: set[int] = set()
        self.slow: set[int] = set()
        self.error: Exception = ValueError("no such difficulty")
        self.calls: list[list[int]] = []

    async def run(self, _: Database | None = None) -> int:
        return sum(await serve_users(self.db, "toy", find=self._find, work=self._work))

    async def _find(self, tx: Tx, after: int, most: int) -> list[int]:
        served = {
            int(row.job) for row in await tx.rows("SELECT job FROM job_marks WHERE job <> 'toy'")
        }
        return [user for user in self.users if user > after and user not in served][:most]

    async def _work(self, tx: Tx, users: Sequence[int]) -> int:
        self.calls.append(list(users))
        await tx.run(
            """
            INSERT INTO job_marks (job, mark)
            SELECT id::text, :now FROM unnest(:ids ::bigint[]) AS t (id)
            """,
            now=tx.now,
            ids=list(users),
        )
        if self.bad & set(users):
            raise self.error
        if self.slow & set(users):
            await tx.run("SET LOCAL statement_timeout = '10ms'")
            await tx.run("SELECT pg_sleep(5)")
        return len(users)

    async def served(self) -> list[int]:
        async with self.db.transaction() as tx:
            rows = await tx.rows("SELECT job FROM job_marks WHERE job <> 'toy'")
        return sorted(int(row.job) for row in rows)


async def parked(db: Database) -> list[tuple[int, str, int]]:
    async with db.transaction() as tx:
        return [(p.user_id, p.error, p.attempts) for p in await user_jobs.parked(tx)]


async def retry(db: Database, *users: int) -> list[int]:
    async with db.transaction() as tx:
        return await user_jobs.retry(tx, users)


async def test_a_failing_user_is_found_by_halves_and_all_others_are_served(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOB_USERS", 64)
    job = Job(db, range(1, 201))
    job.bad = {70}
    before = PARKED.labels("toy")._value.get()
    assert await job.run() == 199
    assert await job.served() == [user for user in range(1, 201) if user != 70]
    assert await parked(db) == [(70, "ValueError: no such difficulty", 1)]
    assert PARKED.labels("toy")._value.get() == before + 1
    assert len(job.calls) <= 4 + 2 * math.log2(64)


async def test_a_parked_user_is_left_out_until_retried_and_then_served_once(db: Database) -> None:
    job = Job(db, range(1, 11))
    job.bad = {3, 10}
    assert await job.run() == 8
    job.bad = set()
    assert await job.run() == 0
    assert await retry(db, 3, 4) == [3]
    assert await job.run() == 1
    assert await job.run() == 0
    assert await job.served() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [user for user, *_ in await parked(db)] == [10]


async def test_a_retried_user_is_served_though_the_job_does_not_find_them_any_more(
    db: Database,
) -> None:
    job = Job(db, [1, 2, 3])
    job.bad = {2}
    await job.run()
    await retry(db, 2)
    job.bad, job.users = set(), []
    assert await job.run() == 1
    assert await job.served() == [1, 2, 3]
    assert await job.run() == 0


async def test_each_failure_after_a_retry_counts_as_an_attempt(db: Database) -> None:
    job = Job(db, [1, 2, 3])
    job.bad = {2}
    await job.run()
    await retry(db, 2)
    assert await parked(db) == []
    job.error = KeyError("level")
    await job.run()
    assert await parked(db) == [(2, "KeyError: 'level'", 2)]


async def test_a_job_that_fails_for_too_many_users_fails_itself(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PARKED_USERS", 3)
    job = Job(db, range(1, 9))
    job.bad = set(job.users)
    for _ in range(2):
        with pytest.raises(ValueError, match="no such difficulty"):
            await job.run()
        assert len(await parked(db)) == 3


async def test_what_passes_by_itself_parks_nobody(db: Database) -> None:
    job = Job(db, [1, 2, 3])
    job.bad, job.error = {2}, TimeoutError("PostgreSQL is away")
    with pytest.raises(TimeoutError):
        await job.run()
    assert len(job.calls) == 1
    assert await parked(db) == []
    assert await job.served() == []


async def test_a_user_who_takes_too_long_is_parked(db: Database) -> None:
    job = Job(db, [1, 2, 3])
    job.slow = {2}
    assert await job.run() == 2
    ((user, error, _),) = await parked(db)
    assert user == 2
    assert "statement timeout" in error


async def test_the_worker_ends_the_job_well_and_runs_it_again_when_a_user_is_retried(
    db: Database,
) -> None:
    job = Job(db, [1, 2, 3])
    job.bad = {2}
    worker = Worker(db, Redis(), "", jobs=[Cron("toy", job.run, hour=0)])
    before = JOB_FAILURES.labels("toy")._value.get()
    assert await worker.run_all_due() == ["toy"]
    assert JOB_FAILURES.labels("toy")._value.get() == before
    job.bad = set()
    assert await worker.run_all_due() == []
    await retry(db, 2)
    assert await worker.run_all_due() == ["toy"]
    assert await worker.run_all_due() == []
    assert await job.served() == [1, 2, 3]
