"""A value that many callers need and one computes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from tbg.core import limits

T = TypeVar("T")


class Fresh(Generic[T]):
    """Keeps the result of `compute` for `seconds`, and longer if computing it is expensive.

    `share`: the part of the time that computing may take at most. However many ask at once, it is
    computed once. Until it is twice as old as it should be, callers get the old value while the new
    one is computed; after that, they wait. `longest` (seconds) bounds its age, however long
    computing took: most of that may have been waiting for a connection or a lock.
    """

    def __init__(
        self,
        compute: Callable[[], Awaitable[T]],
        *,
        seconds: float,
        share: float,
        longest: float = limits.SOCKET_LOOK_SECONDS,
    ) -> None:
        self._longest = longest
        self._compute = compute
        self._seconds = seconds
        self._share = share
        self._kept: tuple[T, float, float] | None = None  # value, made at, fresh for
        self._making: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The value, fresh enough; raises what `compute` raised, for callers that waited for it."""
        now = asyncio.get_running_loop().time()
        if self._kept is not None:
            value, made_at, fresh_for = self._kept
            if now - made_at <= fresh_for:
                return value
            if now - made_at <= 2 * fresh_for:
                self._start()
                return value
        return await asyncio.shield(self._start())

    def _start(self) -> asyncio.Task[T]:
        if self._making is None:
            self._making = asyncio.ensure_future(self._make())
            self._making.add_done_callback(self._made)
        return self._making

    async def _make(self) -> T:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        value = await self._compute()
        ended = loop.time()
        wished = max(self._seconds, (ended - begun) / self._share)
        self._kept = (value, ended, min(wished, self._longest / 2))
        return value

    def _made(self, task: asyncio.Task[T]) -> None:
        self._making = None
        if not task.cancelled():
            task.exception()  # retrieved; callers that waited have it
