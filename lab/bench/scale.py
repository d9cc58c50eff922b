"""Cost per event in a game with a long history and in a young one, in one run.

Two databases on one server, filled by the database itself; the same pipeline takes the same
number of shares in each, in turns. The same number of miners is at work in both: in the large
one they are spread over all users, so that every share still finds its rows anywhere.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

import asyncpg
from redis.asyncio import Redis

from lab.bench import effects
from lab.bench.children import Consumers, consumers
from lab.bench.fill import fill
from lab.bench.pipeline import publish
from lab.bench.scratch import Scratch, require_fair
from lab.shares import bench_shares
from tbg.adapters import redis as redis_adapter
from tbg.core import limits
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun


@dataclass(frozen=True, slots=True)
class Size:
    """How many shares and users there are before the first measured share."""

    rows: int
    users: int


YOUNG, OLD = Size(100_000, 10_000), Size(10_000_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Plan:
    """`events` in each database and round; `active` users mine, drawn evenly."""

    events: int = 20_000
    active: int = 10_000
    rounds: int = 5
    batch: int = limits.BATCH_EVENTS
    young: Size = YOUNG
    old: Size = OLD


async def measure(scratch: Scratch, plan: Plan) -> dict[str, Any]:
    """Run it; the figures. CannotRun when the effects do not add up."""
    await require_fair(scratch.database_url)
    load = os.getloadavg()[0]
    redis = redis_adapter.connect(scratch.redis_url)
    costs: dict[str, list[float]] = {"young": [], "old": []}
    try:
        urls, begun = {}, time.monotonic()
        for name, size in (("young", plan.young), ("old", plan.old)):
            urls[name] = await scratch.new_database(name)
            now = SystemClock().now()
            await fill(urls[name], rows=size.rows, users=size.users, active=plan.active, now=now)
        filled = time.monotonic() - begun
        batch, redis_url = plan.batch, scratch.redis_url
        async with (
            consumers(1, batch=batch, database_url=urls["young"], redis_url=redis_url) as young,
            consumers(1, batch=batch, database_url=urls["old"], redis_url=redis_url) as old,
        ):
            await _rounds(redis, plan, urls, {"young": young, "old": old}, costs)
    finally:
        await redis.aclose()
        await scratch.drop_databases()
    return _result(plan, costs) | {"filled_s": round(filled, 1), "load_before": round(load, 2)}


async def _rounds(
    redis: Redis,
    plan: Plan,
    urls: dict[str, str],
    services: dict[str, Consumers],
    costs: dict[str, list[float]],
) -> None:
    before = {name: await _sums(url) for name, url in urls.items()}
    many = 2 * plan.events * (plan.rounds + 1)
    start = SystemClock().now().timestamp() - 1800
    shares = bench_shares(plan.active, many, start=start)
    for number in range(plan.rounds + 1):
        for name in ("young", "old") if number % 2 else ("old", "young"):
            await publish(redis, list(islice(shares, plan.events)))
            (result,) = await services[name].drain()
            if number:  # the first round warms up
                costs[name].append(1e6 * (result["folded"] - result["begun"]) / plan.events)
    taken = plan.events * (plan.rounds + 1)
    for name, url in urls.items():
        after = await _sums(url)
        wrong = effects.wrong_sums(before[name], after, shares=taken, rolled_up=taken)
        if wrong:
            raise CannotRun(f"{name}: the effects do not add up: {'; '.join(wrong)}")


async def _sums(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        return await effects.sums(connection)
    finally:
        await connection.close()


def _result(plan: Plan, costs: dict[str, list[float]]) -> dict[str, Any]:
    ratios = [old / young for young, old in zip(costs["young"], costs["old"], strict=True)]
    return {
        "events": plan.events * plan.rounds,
        "users": plan.active,
        "rows_young": plan.young.rows,
        "users_young": plan.young.users,
        "rows_old": plan.old.rows,
        "users_old": plan.old.users,
        "us_per_event_young": round(statistics.median(costs["young"]), 1),
        "us_per_event_old": round(statistics.median(costs["old"]), 1),
        "ratio_scale": round(statistics.median(ratios), 3),
        "ratio_rounds": [round(ratio, 2) for ratio in ratios],
        "batch": plan.batch,
        "cores": os.cpu_count(),
    }
