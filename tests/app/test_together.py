"""Several services in one process: each at work, none stopped by another, all ended by SIGTERM."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import heartbeats
from tbg.adapters.streams import GROUP, SHARE_SUBMITTED
from tbg.app import together
from tbg.app.cli.worker import ALL
from tbg.app.process import Runtime
from tbg.app.together import run_together
from tbg.core.settings import load_settings
from tbg.core.tx import Database
from tests.events import one, publish, share
from tests.serving import environment

AT_WORK = """
SELECT EXISTS (SELECT FROM user_badges) AND EXISTS (SELECT FROM frames)
    AND EXISTS (SELECT FROM daily_shares) AND EXISTS (SELECT FROM job_marks)
"""


async def test_jobs_ingest_and_relay_in_one_process_work_and_end_with_sigterm(
    db: Database, redis: Redis, fresh_database: str, redis_url: str
) -> None:
    await publish(redis, *[share(datetime.now(UTC)) for _ in range(50)])
    words = ("-m", "tbg", "worker", "--all")
    env = environment(fresh_database, redis_url)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=env, stderr=PIPE)
    try:
        deadline = time.monotonic() + 30
        while not (await one(db, AT_WORK) and all((await heartbeats(redis, tuple(ALL))).values())):
            assert process.returncode is None
            assert time.monotonic() < deadline, "not all of them are at work"
            await asyncio.sleep(0.05)
        process.terminate()
        _, err = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err
    assert b"Traceback" not in err
    assert (await redis.xpending(SHARE_SUBMITTED, GROUP))["pending"] == 0
    assert await redis.xinfo_consumers(SHARE_SUBMITTED, GROUP) == []
    assert await one(db, "SELECT count(*) FROM shares") == 50


@dataclass(slots=True)
class Service:
    """Counts its turns; what `fail` raises ends it in the first."""

    turns: Counter[str]
    name: str
    fail: Callable[[], None] | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while not self.stopping.is_set():
            self.turns[self.name] += 1
            await asyncio.sleep(0.001)
            if self.fail:
                self.fail()


def broken() -> None:
    raise RuntimeError("broken")


def cancelled() -> None:
    raise asyncio.CancelledError


async def test_a_service_that_fails_starts_again_and_stops_no_other(
    db: Database, redis: Redis, fresh_database: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "PAUSE_SECONDS", 0.01)
    settings = load_settings(beside=False, database_url=fresh_database, redis_url=redis_url)
    turns, lives = Counter[str](), Counter[str]()

    def of(name: str, fail: Callable[[], None] | None = None) -> Callable[[Runtime], Service]:
        def make(_: Runtime) -> Service:
            lives[name] += 1
            return Service(turns, name, fail)

        return make

    def never(_: Runtime) -> Service:
        lives["never"] += 1
        raise ValueError("it cannot even be made")

    parts = {
        "broken": of("broken", broken),
        "cancelled": of("cancelled", cancelled),
        "never": never,
        "well": of("well"),
    }
    stopping = asyncio.Event()
    running = asyncio.create_task(
        run_together(Runtime(settings, db, redis), parts, stopping=stopping)
    )
    deadline = time.monotonic() + 10
    while min(lives[name] for name in parts if name != "well") < 3:
        assert not running.done()
        assert time.monotonic() < deadline, lives
        await asyncio.sleep(0.01)
    before = turns["well"]
    await asyncio.sleep(0.05)
    assert turns["well"] > before
    assert lives["well"] == 1
    stopping.set()
    await asyncio.wait_for(running, 5)
