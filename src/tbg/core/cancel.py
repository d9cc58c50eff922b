"""Ends background tasks."""

from __future__ import annotations

import asyncio
from typing import Any

_ASK_AGAIN_SECONDS = 0.1
"""How long a cancelled task may take before it is cancelled again."""


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended, however it ends.

    It is cancelled repeatedly: up to Python 3.11 `asyncio.wait_for` (which redis-py sends with)
    swallows a cancellation that arrives in the moment in which its awaitable finishes.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not warn about it
