"""Values by key that are computed once for all who ask within some seconds."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Keeps the results of `compute` for `seconds`, at most `most` of them.

    However many ask for a key at once, it is computed once. If computing it fails or takes longer
    than `patience` seconds, the value is `otherwise`, and that too is kept.
    """

    def __init__(
        self,
        compute: Callable[[K], Awaitable[V]],
        *,
        otherwise: V,
        failed: Callable[[Exception], None],
        seconds: float,
        patience: float,
        most: int,
    ) -> None:
        self._compute = compute
        self._otherwise = otherwise
        self._failed = failed
        self._seconds = seconds
        self._patience = patience
        self._most = most
        self._kept: OrderedDict[K, tuple[asyncio.Task[V], float]] = OrderedDict()

    async def get(self, key: K) -> V:
        """The value of a key, at most `seconds` old."""
        now = asyncio.get_running_loop().time()
        task, until = self._kept.get(key, (None, 0.0))
        if task is None or now >= until:
            task = asyncio.ensure_future(self._make(key))
            self._kept[key] = (task, now + self._seconds)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return await asyncio.shield(task)

    async def _make(self, key: K) -> V:
        try:
            async with asyncio.timeout(self._patience):
                return await self._compute(key)
        except Exception as error:
            self._failed(error)
            return self._otherwise
