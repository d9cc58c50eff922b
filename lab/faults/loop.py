"""An event loop whose clock runs fast: services' pauses and timeouts shrink, their work stays."""

from __future__ import annotations

import asyncio
import selectors
import time

SPEED = 20.0
"""Seconds of the loop in one real second."""


class _Selector(selectors.DefaultSelector):
    """Waits as long in real time as the loop means in its own."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / SPEED)


class FastLoop(asyncio.SelectorEventLoop):
    """A sleep of half a second ends after 25 ms."""

    def __init__(self) -> None:
        super().__init__(_Selector())

    def time(self) -> float:
        """The loop's own time (s)."""
        return time.monotonic() * SPEED


class FastTime:
    """Replaces the module `time` where a service measures its pauses with it."""

    perf_counter = staticmethod(time.perf_counter)

    @staticmethod
    def monotonic() -> float:
        """The loop's time, from anywhere."""
        return time.monotonic() * SPEED


async def pause(real_seconds: float) -> None:
    """Sleep for so many real seconds."""
    await asyncio.sleep(real_seconds * SPEED)
