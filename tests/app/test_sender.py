"""The sender, on a real database and a real HTTP server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog
from redis.asyncio import Redis

from lab.faults.target import CLOSES, HANGS, KIND, Target, call, serving
from tbg.adapters.broadcast import heartbeats
from tbg.app.lifecycle import erase
from tbg.app.sender import Sender
from tbg.core import task_limits, tasks
from tbg.core.clock import FixedClock
from tbg.core.tasks import Room, TaskKind
from tbg.core.tx import Database
from tests import commands
from tests.events import one


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as server:
        yield server


async def enqueue(db: Database, *new: tasks.NewTask) -> int:
    async with db.transaction() as tx:
        return await tasks.enqueue(tx, new)


async def state(db: Database, key: str) -> tasks.State:
    async with db.transaction() as tx:
        found = await tasks.find(tx, kind=KIND, key=key)
    assert found is not None
    return found


async def test_a_task_is_run_once_and_its_result_kept(
    db: Database, redis: Redis, target: Target
) -> None:
    assert await enqueue(db, call("a"), call("b")) == 2
    assert await enqueue(db, call("a")) == 0
    sender = Sender(db, redis, [target.kind()])
    assert await sender.drain() == 2
    assert await sender.drain() == 0
    assert target.requests == {"a": 1, "b": 1}
    done = await state(db, "a")
    assert (done.result, done.attempts, done.error) == ({"receipt": "a"}, 1, None)


async def test_a_task_of_a_transaction_that_failed_is_not_run(
    db: Database, redis: Redis, target: Target
) -> None:
    async def fails() -> None:
        async with db.transaction() as tx:
            await tasks.enqueue(tx, [call("a")])
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fails()
    assert await Sender(db, redis, [target.kind()]).drain() == 0


async def test_a_refused_task_is_parked_at_once_and_can_be_retried(
    db: Database, fresh_database: str, redis: Redis, redis_url: str, target: Target,
    clock: FixedClock,
) -> None:  # fmt: skip
    target.answers["gone"] = 410
    await enqueue(db, call("a", target="gone"), call("b"))
    sender = Sender(db, redis, [target.kind()])
    await sender.drain()
    assert (await state(db, "b")).finished_at is not None
    env = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}
    [line] = commands.tbg("tasks", "parked", "--json", env=env).stdout.splitlines()
    parked = json.loads(line)
    assert (parked["key"], parked["target"], parked["attempts"]) == ("a", "gone", 1)
    assert "410" in parked["error"]
    assert "1 call" in commands.tbg("tasks", "parked", env=env).stdout
    assert commands.tbg("tasks", "retry", "999", env=env).returncode == 1
    assert commands.tbg("tasks", "retry", env=env).returncode == 2
    assert commands.tbg("tasks", "retry", "--all", env=env).stdout == "1 will be run again\n"
    target.answers.clear()
    clock.at = await one(db, "SELECT max(run_at) FROM tasks")
    await sender.drain()
    assert (await state(db, "a")).result == {"receipt": "a"}
    assert "No parked tasks" in commands.tbg("tasks", "parked", env=env).stdout


@pytest.mark.parametrize("answer", [503, CLOSES])
async def test_a_task_whose_target_stays_away_is_tried_with_longer_waits_and_then_parked(
    db: Database, redis: Redis, target: Target, clock: FixedClock, answer: int | str
) -> None:
    target.answers["away"] = answer
    await enqueue(db, call("a", target="away"))
    for attempt in range(1, 4):
        # A new sender each time: pauses are its own, and pass by the machine's clock.
        assert await Sender(db, redis, [target.kind(attempts=3)]).drain() == 1
        assert target.requests["a"] == attempt
        clock.move(timedelta(seconds=2**attempt - 1))
        assert await Sender(db, redis, [target.kind(attempts=3)]).drain() == 0
        clock.move(timedelta(seconds=1))
    assert await Sender(db, redis, [target.kind(attempts=3)]).drain() == 0
    assert (await state(db, "a")).parked_at is not None


async def test_a_target_that_hangs_delays_no_other(
    db: Database, redis: Redis, target: Target
) -> None:
    target.answers["slow"] = HANGS
    await enqueue(db, *(call(f"slow {n}", target="slow") for n in range(50)))
    await enqueue(db, *(call(f"well {n}", target=f"well-{n % 5}") for n in range(50)))
    sender = Sender(db, redis, [target.kind(concurrency=6, per_target=2, timeout_s=60)])
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(10):
        while len(target.confirmed) < 50:
            await asyncio.sleep(0.01)
    assert target.confirmed == {f"well {n}" for n in range(50)}
    assert target.most_open["slow"] == 2
    assert max(target.most_open.values()) == 2
    assert (await heartbeats(redis, ("sender",)))["sender"]
    target.release.set()
    sender.stopping.set()
    async with asyncio.timeout(10):
        await running
    assert (await state(db, "slow 0")).finished_at is not None  # running when stopped


async def test_a_dead_target_is_asked_by_one_task_at_a_time_and_the_others_keep_their_attempts(
    db: Database, redis: Redis, target: Target
) -> None:
    target.answers["dead"] = 503
    await enqueue(db, *(call(f"dead {n}", target="dead") for n in range(20)), call("well"))
    assert await Sender(db, redis, [target.kind(per_target=1)]).drain() == 2
    assert (await state(db, "well")).finished_at is not None
    assert await one(db, "SELECT sum(attempts) FROM tasks WHERE target = 'dead'") == 1


async def test_a_task_that_takes_too_long_is_ended_while_its_lease_lasts(
    db: Database, redis: Redis, target: Target
) -> None:
    target.answers["slow"] = HANGS
    await enqueue(db, call("a", target="slow"))
    await Sender(db, redis, [target.kind(timeout_s=0.05)]).drain()
    assert "TimeoutError" in str((await state(db, "a")).error)


async def test_after_a_lease_expires_twice_only_the_last_sender_has_the_task(
    db: Database, target: Target, clock: FixedClock
) -> None:
    kind, room = target.kind(), Room(10)
    await enqueue(db, call("a"))
    holders = []
    for _ in range(3):
        async with db.transaction() as tx:
            [task] = await tasks.claim(tx, kind, room)
            assert await tasks.claim(tx, kind, room) == []
        holders.append(task)
        clock.move(kind.lease)
    first, second, third = holders
    async with db.transaction() as tx:
        assert not await tasks.finish(tx, first, result={"by": 1})
        assert not await tasks.fail(tx, second, error="late", again_at=tx.now)
        assert await tasks.finish(tx, third, result={"by": 3})
        assert not await tasks.fail(tx, second, error="late", again_at=tx.now)
        assert not await tasks.finish(tx, third, result={"by": 4})
        assert await tasks.claim(tx, kind, room) == []
    assert (await state(db, "a")).result == {"by": 3}


async def test_a_task_whose_result_cannot_be_written_while_its_lease_lasts_is_run_again(
    db: Database,
    redis: Redis,
    target: Target,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(task_limits, "LEASE_MARGIN", timedelta(seconds=0.2))
    monkeypatch.setattr(task_limits, "SWEEP_SECONDS", 0.05)

    kind = target.kind(timeout_s=0.2)
    await enqueue(db, call("a"))

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("the database system is starting up")

    with monkeypatch.context() as away, structlog.testing.capture_logs() as lines:

        async def leave(_: str) -> None:
            away.setattr(Database, "transaction", refuse)

        target.arrived = leave
        with pytest.raises(ConnectionRefusedError):  # the next claim finds no database either
            await Sender(db, redis, [kind]).drain()
    assert {line["event"] for line in lines} == {"servers_away"}
    target.arrived = None
    assert (await state(db, "a")).finished_at is None
    clock.move(kind.lease)
    assert await Sender(db, redis, [kind]).drain() == 1
    assert (await state(db, "a")).result == {"receipt": "a"}
    assert target.requests == {"a": 2}


async def test_a_task_that_ends_its_sender_each_time_is_parked(
    db: Database, target: Target, clock: FixedClock
) -> None:
    kind = target.kind(attempts=2)
    await enqueue(db, call("a"))
    for expected in (1, 1, 0):
        async with db.transaction() as tx:
            assert len(await tasks.claim(tx, kind, Room(10))) == expected
        clock.move(kind.lease)
    assert "sender ended" in str((await state(db, "a")).error)
    assert (await state(db, "a")).parked_at is not None


async def test_many_senders_run_each_task_once(db: Database, redis: Redis, target: Target) -> None:
    await enqueue(db, *(call(f"{n}", target=f"t{n % 7}") for n in range(40)))
    await asyncio.gather(*(Sender(db, redis, [target.kind()]).drain() for _ in range(3)))
    while await Sender(db, redis, [target.kind()]).drain():
        pass
    assert target.requests == {f"{n}": 1 for n in range(40)}


async def test_tasks_of_an_erased_user_are_deleted_at_once(
    db: Database, redis: Redis, target: Target
) -> None:
    async with db.transaction() as tx:
        user = await tx.value(
            "INSERT INTO users (created_at) VALUES (:now) RETURNING id", now=tx.now
        )
    await enqueue(db, call("a", user_ids=(user, user + 1)), call("b", user_ids=(user + 1,)))
    async with db.transaction(owners="exclusive") as tx:
        await erase(tx, user_id=user)
    await Sender(db, redis, [target.kind()]).drain()
    assert target.requests == {"b": 1}


async def test_finished_tasks_are_forgotten_after_a_week_and_parked_ones_kept(
    db: Database, redis: Redis, target: Target, clock: FixedClock
) -> None:
    target.answers["gone"] = 404
    await enqueue(db, call("a"), call("b", target="gone"))
    await Sender(db, redis, [target.kind()]).drain()
    clock.move(task_limits.KEPT + timedelta(seconds=1))
    async with db.transaction() as tx:
        assert await tasks.prune(tx) == 1
    assert (await state(db, "b")).parked_at is not None


async def test_a_result_that_is_too_large_parks_the_task(db: Database, redis: Redis) -> None:
    async def run(_database: Database, _task: tasks.Task) -> dict[str, str]:
        return {"document": "x" * task_limits.RESULT_BYTES}

    await enqueue(db, call("a"))
    await Sender(db, redis, [TaskKind(KIND, run)]).drain()
    assert "bytes" in str((await state(db, "a")).error)


_PROCESS = """
import asyncio, sys
from tbg.adapters import redis
from lab.faults.target import Target
from tbg.app.sender import Sender
from tbg.core.clock import SystemClock
from tbg.core.tx import connect

async def main(database_url, redis_url, port):
    target = Target(port=int(port))
    kind = target.kind(concurrency=4, per_target=4)
    await Sender(connect(database_url, SystemClock()), redis.connect(redis_url), [kind]).run()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_sender_killed_with_requests_in_hand_repeats_only_those(
    db: Database, fresh_database: str, redis: Redis, redis_url: str, target: Target,
    clock: FixedClock,
) -> None:  # fmt: skip
    target.answers["slow"] = HANGS
    await enqueue(db, *(call(f"well {n}") for n in range(20)))
    await enqueue(db, *(call(f"slow {n}", target="slow") for n in range(3)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROCESS, fresh_database, redis_url, str(target.port)
    )
    finished = "SELECT count(*) FROM tasks WHERE finished_at IS NOT NULL"
    async with asyncio.timeout(20):
        while await one(db, finished) < 20 or target.most_open["slow"] < 3:
            await asyncio.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    target.release.set()
    sender = Sender(db, redis, [target.kind()])
    clock.at = await one(db, "SELECT min(leased_until) FROM tasks") - timedelta(seconds=1)
    assert await sender.drain() == 0
    clock.at = await one(db, "SELECT max(leased_until) FROM tasks")
    assert await sender.drain() == 3
    assert await one(db, finished) == 23
    assert {target.requests[f"well {n}"] for n in range(20)} == {1}
    assert {target.requests[f"slow {n}"] for n in range(3)} == {2}
