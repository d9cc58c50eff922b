"""The demo when its page is announced: its past is counted everywhere, so that all pages agree."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis.asyncio import Redis

from tbg.adapters.simulator import HISTORY_SENT
from tbg.app.local.children import Child
from tbg.app.local.demo import demo_settled
from tbg.app.local.report import Lines
from tbg.app.local.supervisor import Supervisor
from tbg.core.tx import Database
from tests.events import ingest_on, publish, share


async def test_the_page_waits_until_the_past_is_counted_everywhere(
    db: Database, redis: Redis, fresh_database: str, redis_url: str, tmp_path: Path
) -> None:
    now = db.clock.at = datetime.now(UTC)  # type: ignore[attr-defined]
    report = Lines(io.StringIO())
    supervisor = Supervisor(report=report, on_change=lambda _: None)
    miners = Child("simulate", words=[], env={}, log=tmp_path / "log", report=report)
    await publish(redis, *[share(now - timedelta(weeks=n), history="true") for n in range(6)])
    settled = asyncio.create_task(demo_settled(supervisor, miners, fresh_database, redis_url))
    await asyncio.sleep(0.2)
    assert not settled.done()  # it is not all sent
    miners.last_line = HISTORY_SENT
    await asyncio.sleep(0.2)
    assert not settled.done()  # nor counted
    await ingest_on(db, redis).drain()
    assert await asyncio.wait_for(settled, 10)
    async with db.transaction() as tx:
        unpaid = await tx.value("SELECT count(*) FROM streak_calendar WHERE NOT paid")
        counted = await tx.value(
            "SELECT count(*) FROM badge_stats s WHERE total_earned ="
            " (SELECT count(*) FROM user_badges u WHERE u.badge_slug = s.badge_slug)"
        )
        earned = await tx.value("SELECT count(*) FROM user_badges WHERE badge_slug = 'streak_4'")
        work = await tx.value("SELECT count(*) FROM rollup_queue")
    assert (unpaid, counted, earned, work) == (1, 20, 1, 0)  # this week is not over


async def test_the_page_waits_no_longer_than_the_game_is_to_run(
    fresh_database: str, redis_url: str, tmp_path: Path
) -> None:
    report = Lines(io.StringIO())
    supervisor = Supervisor(report=report, on_change=lambda _: None)
    supervisor.stop.set()
    miners = Child("simulate", words=[], env={}, log=tmp_path / "log", report=report)
    assert not await demo_settled(supervisor, miners, fresh_database, redis_url)
