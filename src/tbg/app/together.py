"""Several services in one process, for a machine that has little memory.

Each has its own connections and runs as it does alone. A service that fails is logged and restarted
without stopping the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

import structlog

from tbg.app.process import Runtime
from tbg.core.cancel import end
from tbg.core.telemetry import log

PAUSE_SECONDS = 1.0
"""How long a service that failed waits for its next start."""

_log = log(__name__)


class Part(Protocol):
    """A service: runs until `stopping` is set."""

    stopping: asyncio.Event

    async def run(self) -> None:
        """Run until `stopping` is set."""


Make = Callable[[Runtime], Part]


async def run_together(
    runtime: Runtime, parts: Mapping[str, Make], *, stopping: asyncio.Event
) -> None:
    """Run all of them until `stopping` is set and each has finished its current work."""
    await asyncio.gather(*[_keep(name, parts[name], runtime, stopping) for name in parts])


async def _keep(name: str, make: Make, runtime: Runtime, stopping: asyncio.Event) -> None:
    structlog.contextvars.bind_contextvars(service=name)  # of this task alone
    while not stopping.is_set():
        try:
            await _run(make, runtime, stopping)
            if not stopping.is_set():
                _log.error("service_ended", again_in_s=PAUSE_SECONDS)
        except Exception:
            _log.exception("service_failed", again_in_s=PAUSE_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), PAUSE_SECONDS)


async def _run(make: Make, runtime: Runtime, stopping: asyncio.Event) -> None:
    """One run of a service, in its own task: one that is cancelled from within just ends."""
    own = Runtime.open(runtime.settings, clock=runtime.database.clock)
    own.game = runtime.game
    try:
        part = make(own)
        part.stopping = stopping
        task = asyncio.create_task(part.run())
        try:
            await asyncio.wait({task})
        finally:
            await end(task)
        if not task.cancelled() and (error := task.exception()):
            raise error
    finally:
        await own.close()
