"""Telling other processes, over Redis pub/sub: frames for browsers, nudges for the relay.

Nothing here is durable: a frame that is lost is read from the database by the next reload, a
nudge that is lost is made up for by the relay's own sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tbg.core import limits
from tbg.core.event import Frame
from tbg.core.telemetry import log
from tbg.core.tx import Tx

NUDGE = "tbg:outbox"
_log = log(__name__)


# With more frames than this it pays to ask first which of them anybody would hear.
_LOOK_FIRST = 16


def _encode(frame: Frame, stamp: str) -> bytes:
    payload = {
        "id": frame.id,
        "channel": frame.channel,
        "subject": frame.subject,
        "type": frame.type,
        "ts": stamp,
        "data": frame.data,
    }
    return orjson.dumps(payload)


def channel_of(subject: str) -> str:
    """The Redis channel that carries the frames of a subject."""
    return f"tbg:frames:{subject}"


class Broadcast:
    """The sending side; every method may fail silently, and says so in the log."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def publish(self, frames: Sequence[Frame], *, now: datetime, nudge: bool = False) -> None:
        """Send frames to whoever watches, and nudge the relay if something was announced."""
        if not frames and not nudge:
            return
        try:
            if len(frames) > _LOOK_FIRST:
                frames = await self._watched(frames)
            pipeline = self.redis.pipeline(transaction=False)
            if nudge:
                pipeline.execute_command("PUBLISH", NUDGE, "1")
            stamp = now.isoformat()
            for frame in frames:
                pipeline.execute_command(
                    "PUBLISH", channel_of(frame.subject), _encode(frame, stamp)
                )
            await pipeline.execute()
        except (RedisError, OSError) as error:
            _log.warning("frames_lost", frames=len(frames), error=str(error))

    async def committed(self, tx: Tx) -> None:
        """Send what a transaction has shown, soon or not at all: somebody waits for an answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.TELL_SECONDS):
                await self.publish(tx.shown, now=tx.now, nudge=bool(tx.announced))

    async def _watched(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames whose subject somebody watches: of thousands of miners, few are."""
        channels = list({channel_of(frame.subject) for frame in frames})
        counts: list[tuple[bytes, int]] = await self.redis.pubsub_numsub(*channels)
        watched = {channel.decode() for channel, listeners in counts if listeners}
        return [frame for frame in frames if channel_of(frame.subject) in watched]

    async def nudges(self) -> AsyncIterator[None]:
        """Yield at every nudge; ends with RedisError when Redis goes away."""
        async with self.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(NUDGE)
            async for _ in pubsub.listen():
                yield None
