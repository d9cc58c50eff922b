"""The demo of `tbg up`: kept apart from pools, and shown when its past is all there."""

from __future__ import annotations

import asyncio

from tbg.adapters import redis as redis_adapter
from tbg.adapters.simulator import HISTORY_SENT
from tbg.adapters.streams import backlog
from tbg.adapters.streams.game import DEMO, SIMULATED
from tbg.app.domains import DOMAINS, jobs_of
from tbg.app.local.children import Child
from tbg.app.local.supervisor import Supervisor
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun
from tbg.core.tx import connect
from tbg.domains.gamification.actions.stats import count_badges
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.mining.actions import roll_up_all
from tbg.domains.mining.queries import sources

QUEST_JOBS = [job for job in jobs_of(DOMAINS) if job.name in ("quest_changes", "quests")]

SETTLE_SECONDS = 20.0
"""How long the page may wait for the demo's past, which takes two or three seconds."""


async def refuse_to_mix(database_url: str, *, demo: int) -> None:
    """CannotRun for demo miners in a pool, and for a pool among demo miners: shares stay."""
    database = connect(database_url, SystemClock(), size=1)
    try:
        async with database.transaction() as tx:
            found = await sources(tx)
    finally:
        await database.close()
    pools = sorted(found.difference(SIMULATED))
    if demo and pools:
        raise CannotRun(
            f"the data has shares of {', '.join(pools[:3])}, and demo miners would stay among "
            "them permanently: start without them (--demo 0, `make up DEMO=0`), or start the "
            "demo in another folder (--data, `make up DATA=…`)"
        )
    if not demo and DEMO in found:
        raise CannotRun(
            "the data has simulated shares of demo miners, which stay permanently: give your "
            "pool another folder (--data, `make up DEMO=0 DATA=…`), or continue with the demo "
            "(--demo 5, `make up`)"
        )


async def demo_settled(
    supervisor: Supervisor, miners: Child, database_url: str, redis_url: str
) -> bool:
    """Wait until the demo miners' past is counted everywhere, so that no page contradicts another.

    False: it takes too long, or all is to stop. What it runs are jobs of the worker, which would
    come to the same a few seconds later.
    """
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    late = False
    redis = redis_adapter.connect(redis_url)

    async def read() -> bool:
        nonlocal late
        late = asyncio.get_running_loop().time() > deadline
        sent = miners.last_line == HISTORY_SENT
        return late or (sent and await backlog(redis) == 0)

    database = connect(database_url, SystemClock(), size=1)
    try:
        if not await supervisor.until(read) or late:
            return False
        await roll_up_all(database)
        await check_streaks(database)
        for job in QUEST_JOBS:
            await job.run(database)
        async with database.transaction() as tx:
            await count_badges(tx, anyway=True)
        return True
    finally:
        await redis.aclose()
        await database.close()
