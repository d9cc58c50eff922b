"""What all services have in common: logging, servers, stop signals."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tbg.adapters import redis as redis_adapter
from tbg.adapters.streams.durable import require_durable
from tbg.adapters.streams.game import Game
from tbg.app.game import declare
from tbg.app.registries import load_registries
from tbg.core import schema, telemetry
from tbg.core.clock import Clock, SystemClock
from tbg.core.settings import Settings, load_settings
from tbg.core.tx import Database, connect

_log = telemetry.log(__name__)


@dataclass(slots=True)
class Runtime:
    """The settings and the servers of one process."""

    settings: Settings
    database: Database
    redis: Redis
    game: Game | None = None
    """What was declared to producers; None if nothing was."""

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock | None = None) -> Runtime:
        """Connect to nothing yet; the first use does."""
        database = connect(settings.database, clock or SystemClock())
        return cls(settings, database, redis_adapter.connect(settings.redis))

    async def close(self) -> None:
        """Give the connections back."""
        await self.redis.aclose()
        await self.database.close()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    """Connections to servers whose schema is current; closed at the end."""
    runtime = Runtime.open(settings)
    try:
        await schema.require_current(runtime.database)
        yield runtime
    finally:
        await runtime.close()


def run(service: str, main: Callable[[Runtime], Awaitable[None]]) -> None:
    """Run a service until it ends.

    A stale schema, a broken registry, a network other than the game's, or in production a Redis
    that would lose events stops it before it starts.
    """
    settings = load_settings()
    telemetry.configure(settings, service=service)
    # Batches are hundreds of thousands of short-lived objects without cycles: at the default
    # threshold the cycle collector would walk them again and again.
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)

    async def go() -> None:
        async with opened(settings) as runtime:
            if settings.env == "production":
                await require_durable(runtime.redis)
            async with runtime.database.transaction() as tx:
                await load_registries(tx, settings)
            try:
                runtime.game = await declare(settings, runtime.database, runtime.redis)
            except RedisError as error:
                _log.warning("game_not_declared", error=str(error)[:300])
            await main(runtime)

    uvloop.run(go())


def stop_on_signals(stopping: asyncio.Event) -> None:
    """Set `stopping` on SIGTERM and SIGINT, so that a running batch is finished first.

    From now on the service runs until it is stopped, whatever happens to its servers; this is
    logged.
    """
    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_, stopping.set)
    _log.info("started", pid=os.getpid())
