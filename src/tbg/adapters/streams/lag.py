"""How far the consumers are behind."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tbg.adapters.streams.decode import STREAMS
from tbg.adapters.streams.reader import GROUP, backlog


class Lag(NamedTuple):
    """Entries not acknowledged yet, and how long the oldest has been in its stream."""

    waiting: int
    oldest_seconds: float


async def lag(redis: Redis, *, now: datetime) -> Lag:
    """How far the consumers are behind, over all streams."""
    waiting = await backlog(redis)
    if not waiting:
        return Lag(0, 0.0)
    added = [ms for stream in STREAMS if (ms := await _oldest_ms(redis, stream)) is not None]
    oldest = max(0.0, now.timestamp() - min(added) / 1000) if added else 0.0
    return Lag(waiting, oldest)


async def _oldest_ms(redis: Redis, stream: str) -> int | None:
    """When the oldest entry that is pending or undelivered was added (unix ms)."""
    try:
        groups = await redis.xinfo_groups(stream)
    except ResponseError as error:
        if "no such key" not in str(error):
            raise
        return None  # the stream is not there yet
    mine = next((g for g in groups if g["name"] == GROUP.encode()), None)
    delivered = mine["last-delivered-id"].decode() if mine else "0"
    try:
        ids = [entry_id for entry_id, _ in await redis.xrange(stream, f"({delivered}", count=1)]
    except ResponseError as error:
        if "invalid start ID" not in str(error):
            raise
        ids = []  # the largest id there is: nothing can come after it
    if mine and mine["pending"]:
        pending = await redis.xpending(stream, GROUP)
        ids += [pending["min"]] if pending["min"] else []
    return min((int(entry_id.split(b"-")[0]) for entry_id in ids), default=None)
