"""The producer's side of the streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from redis.asyncio import Redis

from tbg.adapters.streams.decode import MINING_STREAMS
from tbg.adapters.streams.reader import backlog
from tbg.core import limits


class Publisher:
    """Adds events to the streams, and holds back while the game is far behind."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def publish(
        self,
        entries: Iterable[tuple[str, Mapping[str, str]]],
        *,
        also: Iterable[tuple[str, ...]] = (),
    ) -> list[Any]:
        """Add entries (stream, fields), all or none; the replies: entry ids, then of `also`.

        `also`: further commands of the same MULTI/EXEC, so that a producer's own mark is kept
        or lost together with what it published. Never trims: see `Reader.trim`.
        """
        pipeline = self.redis.pipeline(transaction=True)
        for stream, fields in entries:
            flat = [part for pair in fields.items() for part in pair]
            # Twice as fast as `xadd`, which checks and copies every field.
            pipeline.execute_command("XADD", stream, "*", *flat)
        for command in also:
            pipeline.execute_command(*command)
        replies: list[Any] = await pipeline.execute()
        return replies

    async def wait_for_room(self, *, pause_seconds: float = 0.2) -> None:
        """Return when fewer than `limits.STREAM_BACKLOG` events of mining wait.

        Dead letters do not count: they have their own bound (`letters.shelve`).
        """
        while await backlog(self.redis, MINING_STREAMS) >= limits.STREAM_BACKLOG:
            await asyncio.sleep(pause_seconds)
