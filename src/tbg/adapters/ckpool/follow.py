"""Continuous collecting: sweep, wait, sweep; waits for servers and the game if they are down."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress

from redis.exceptions import RedisError

from tbg.adapters.ckpool.batch import Counts
from tbg.adapters.ckpool.collector import Collector
from tbg.adapters.ckpool.outlet import NoGame, RedisLost
from tbg.core.cancel import end
from tbg.core.telemetry import log

POLL_SECONDS = 2.0
"""How often a running collector looks: the most that a share waits for it."""

AWAY_SECONDS = 30.0
"""Longest wait between tries while Redis, the directory or the disk is away."""

_log = log("collect")


async def once(collector: Collector) -> None:
    """Read everything available; what Redis loses in the meantime is read again."""
    while True:
        try:
            return await collector.sweep()
        except RedisLost:
            collector.look_everywhere()


async def follow(collector: Collector, stop: asyncio.Event, tell: Callable[[Counts], None]) -> None:
    """Sweep until told to stop. No failure of the world around ends it.

    A sweep may take long, or wait long for room: it is left where it is, as by a kill.
    """
    pause = POLL_SECONDS
    while not stop.is_set():
        try:
            sweep, told = asyncio.ensure_future(once(collector)), asyncio.ensure_future(stop.wait())
            await asyncio.wait({sweep, told}, return_when=asyncio.FIRST_COMPLETED)
            await end(told)
            if not sweep.done():
                await end(sweep)
                return
            sweep.result()
            tell(collector.counts)
            pause = POLL_SECONDS
        except (RedisError, OSError, sqlite3.Error, NoGame) as error:
            pause = min(pause * 2, AWAY_SECONDS)
            _log.warning("collect_waits", seconds=pause, error=f"{type(error).__name__}: {error}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
