"""Ending what runs beside."""

from __future__ import annotations

import asyncio
from typing import Any

_ASK_AGAIN_SECONDS = 0.1
"""How long a cancelled task may take before it is cancelled again."""


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended, however it ends.

    Asked again until it has: up to Python 3.11 `asyncio.wait_for` (which redis-py sends with)
    swallows a cancellation that comes in the moment when what it waits for is done.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # looked at, so that nobody complains of it being forgotten
