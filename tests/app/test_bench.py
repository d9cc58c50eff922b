"""The benches, small and quick: their arithmetic, and that both ways have the same effects."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.simulator.bench import bench_shares
from tbg.adapters.streams import Reader
from tbg.app.bench import effects, fill, latency, pipeline, scale
from tbg.app.bench.baseline import Baseline
from tbg.app.bench.scratch import Scratch, opened, require_fair
from tbg.app.ingest import Ingest
from tbg.core.clock import FixedClock
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions import checks
from tbg.domains.gamification.actions.registry import load_registry, read_registry
from tests.conftest import NOW


def tbg(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tbg", "bench", *words], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def scratch() -> Iterator[Scratch]:
    """A durable pair, as the benches start it."""
    with opened(database_url=None, redis_url=None, directory=None) as servers:
        yield servers


async def take(way: str, url: str, redis: Redis, clock: FixedClock, shares: pipeline.Entries):
    """Have one of the two ways take these shares; what they did."""
    await redis.flushdb()
    reader = Reader(redis, consumer="test")
    await reader.ensure_group()
    await pipeline.publish(redis, shares)
    connection = await asyncpg.connect(url)
    try:
        database = connect(url, clock)
        async with database.transaction() as tx:
            await load_registry(tx)
        if way == "baseline":
            baseline = await Baseline.ready(
                connection, redis, badges=read_registry(), clock=clock
            )
            assert await baseline.drain() == len(shares)
        else:
            door = Ingest(database, reader, Broadcast(redis), "mainnet", batch_events=300)
            await door.drain()
        await database.close()
        return await effects.effects(connection)
    finally:
        await connection.close()
