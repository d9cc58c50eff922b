"""Telling other processes, over Redis pub/sub: frames for browsers, nudges for the relay.

Nothing here is durable: a frame that is lost is read from the database by the next reload, a
nudge that is lost is made up for by the relay's own sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tbg.core import limits
from tbg.core.frames import Frame
from tbg.core.telemetry import log
from tbg.core.tx import Tx

NUDGE = "tbg:outbox"
_log = log(__name__)


_NUMBER_DIGITS = 19
"""Those of a bigint."""

# With more frames than this it pays to ask first which of them anybody would hear.
_LOOK_FIRST = 16


class Packet(NamedTuple):
    """A frame on its way to sockets. `body`: its JSON from the member after `subject` on.

    Each socket puts the number and the name by which its client knows the subject before it.
    """

    subject: str
    id: int | None
    body: str

    def text(self, name: str | None) -> str:
        """The frame as a client is sent it, its subject called `name`."""
        number, subject = orjson.dumps(self.id), orjson.dumps(name)
        return f'{{"id":{number.decode()},"subject":{subject.decode()},{self.body}'


def packet_of(frame: Frame, *, at: datetime) -> Packet:
    """A frame that is shown at this time."""
    data = orjson.Fragment(frame.data.model_dump_json())
    body = body_of(channel=frame.data.CHANNEL, type_=frame.data.TYPE, at=at, data=data)
    return Packet(frame.subject, frame.id, body)


def body_of(*, channel: str, type_: str, at: datetime, data: orjson.Fragment) -> str:
    """The part of a frame that is the same for all recipients."""
    rest = {"channel": channel, "type": type_, "ts": at.isoformat(), "data": data}
    return orjson.dumps(rest)[1:].decode()


def encode(packet: Packet) -> bytes:
    """A packet as it goes through Redis; its subject is in the channel's name."""
    return f"{'' if packet.id is None else packet.id} {packet.body}".encode()


def decode(subject: str, payload: bytes) -> Packet | None:
    """A packet received through Redis; None if it is not one of ours."""
    number, space, body = payload.partition(b" ")
    if not space or (number and not number.isdigit()) or len(number) > _NUMBER_DIGITS:
        return None
    return Packet(subject, int(number) if number else None, body.decode(errors="replace"))


def channel_of(subject: str) -> str:
    """The Redis channel that carries the frames of a subject."""
    return f"tbg:frames:{subject}"


class Broadcast:
    """The sending side; every method may fail silently, and says so in the log."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def publish(self, frames: Sequence[Frame], *, now: datetime, nudge: bool = False) -> None:
        """Send frames to their subscribers, and nudge the relay if something was announced."""
        if not frames and not nudge:
            return
        try:
            if len(frames) > _LOOK_FIRST:
                frames = await self._watched(frames)
            pipeline = self.redis.pipeline(transaction=False)
            if nudge:
                pipeline.execute_command("PUBLISH", NUDGE, "1")
            for frame in frames:
                payload = encode(packet_of(frame, at=now))
                pipeline.execute_command("PUBLISH", channel_of(frame.subject), payload)
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
