"""The listening side of the broadcast, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from tbg.adapters import redis as redis_adapter
from tbg.adapters.broadcast import Broadcast, Hub, Mailbox, Packet
from tbg.adapters.broadcast import hub as hub_module
from tbg.app.local import servers as local_servers
from tbg.core import limits
from tbg.core.cancel import end
from tbg.core.frames import Frame
from tests import servers
from tests.frames import Number

SNAPSHOT = {"id": None, "subject": "pool", "type": "snapshot"}
AT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Listener:
    """A mailbox, and the code it was closed with."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.mailbox = Mailbox(self._closed)

    def _closed(self, code: int) -> None:
        self.code = code

    async def next(self, seconds: float = 5.0) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            frame: dict[str, Any] = orjson.loads((await self.mailbox.take()).text("pool"))
            return frame

    def is_empty(self) -> bool:
        return not self.mailbox._packets


@asynccontextmanager
async def running(redis: Redis) -> AsyncIterator[Hub]:
    hub = Hub(redis, snapshot=lambda: Packet("", None, '"type":"snapshot"}'))
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        await end(task)


@pytest.fixture
async def hub(redis: Redis) -> AsyncIterator[Hub]:
    async with running(redis) as hub:
        yield hub


async def listen(hub: Hub, *subjects: str) -> Listener:
    listener = Listener()
    hub.join(listener.mailbox)
    async with asyncio.timeout(limits.SUBSCRIBE_SECONDS / 2):  # confirmed, not given up on
        await hub.follow(listener.mailbox, subjects)
    return listener


async def say(redis: Redis, subject: str, *numbers: int) -> None:
    frames = [Frame(subject, Number(n=n)) for n in numbers]
    await Broadcast(redis).publish(frames, now=AT)


async def subscribed(redis: Redis) -> set[str]:
    found = await redis.pubsub_channels("tbg:frames:*")
    return {channel.decode().removeprefix("tbg:frames:") for channel in found}


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not await true():
            await asyncio.sleep(0.01)


async def test_frames_reach_only_their_followers(hub: Hub, redis: Redis) -> None:
    one, both = await listen(hub, "pool"), await listen(hub, "pool", "miner:a")
    await say(redis, "pool", 1)
    await say(redis, "miner:a", 2)
    await say(redis, "miner:b", 3)
    await say(redis, "pool", 4)
    assert [(await both.next())["data"]["n"] for _ in range(3)] == [1, 2, 4]
    assert [(await one.next())["data"]["n"] for _ in range(2)] == [1, 4]
    assert one.is_empty()
    assert both.is_empty()


async def test_a_frame_arrives_as_it_was_published_and_is_one_packet_for_all(
    hub: Hub, redis: Redis
) -> None:
    listeners = [await listen(hub, "pool") for _ in range(3)]
    await say(redis, "pool", 7)
    frames = [await listener.mailbox.take() for listener in listeners]
    assert orjson.loads(frames[0].text("pool")) == {
        "id": None,
        "channel": "mining",
        "subject": "pool",
        "type": "best_diff",
        "ts": "2026-03-04T12:00:00+00:00",
        "data": {"n": 7},
    }
    assert frames[0] is frames[1] is frames[2]


async def test_redis_is_subscribed_once_per_subject_while_somebody_follows(
    hub: Hub, redis: Redis
) -> None:
    a, b = await listen(hub, "pool", "miner:a"), await listen(hub, "pool")
    assert await subscribed(redis) == {"pool", "miner:a"}
    assert dict(await redis.pubsub_numsub("tbg:frames:pool")) == {b"tbg:frames:pool": 1}
    hub.leave(a.mailbox)

    async def only_the_pool() -> bool:
        return await subscribed(redis) == {"pool"}

    await until(only_the_pool)
    hub.unfollow(b.mailbox, ["pool"])
    hub.unfollow(b.mailbox, ["pool", "never:followed"])

    async def nothing() -> bool:
        return await subscribed(redis) == set()

    await until(nothing)
    hub.leave(b.mailbox)
    assert len(hub) == 0
    # And from the beginning again.
    c = await listen(hub, "pool")
    await say(redis, "pool", 1)
    assert (await c.next())["data"]["n"] == 1


async def test_resubscribing_immediately_loses_no_subscription(hub: Hub, redis: Redis) -> None:
    for n in range(50):
        listener = await listen(hub, "miner:a")
        await say(redis, "miner:a", n)
        assert (await listener.next())["data"]["n"] == n
        hub.leave(listener.mailbox)
        if n % 3 == 0:
            await asyncio.sleep(0.001)


async def test_a_mailbox_that_runs_over_is_closed_and_the_others_go_on(
    hub: Hub, redis: Redis
) -> None:
    slow, quick = await listen(hub, "pool"), await listen(hub, "pool")
    many = limits.SOCKET_QUEUE + 50
    reading = asyncio.create_task(_take(quick, many))
    for start in range(0, many, 50):
        await say(redis, "pool", *range(start, min(many, start + 50)))
    assert await reading == list(range(many))
    assert quick.code is None
    assert slow.code == 1013
    assert slow.is_empty()  # nothing is kept for it
    assert slow.mailbox.closed


async def test_a_burst_in_one_packet_does_not_overrun_readers(hub: Hub, redis: Redis) -> None:
    listeners = [await listen(hub, "pool") for _ in range(20)]
    many = 4 * limits.SOCKET_QUEUE
    reading = [asyncio.create_task(_take(listener, many)) for listener in listeners]
    await asyncio.sleep(0)
    await say(redis, "pool", *range(many))
    for read in reading:
        assert await read == list(range(many))
    assert {listener.code for listener in listeners} == {None}


async def _take(listener: Listener, many: int) -> list[int]:
    return [(await listener.next())["data"]["n"] for _ in range(many)]


async def test_after_a_redis_restart_everybody_must_read_again() -> None:
    with servers.embedded(durable=True) as (_, valkey):
        redis = redis_adapter.connect(valkey.url)
        async with running(redis) as hub:
            listeners = [await listen(hub, "pool", f"miner:{n}") for n in range(5)]
            assert valkey.process is not None
            valkey.process.kill()
            await asyncio.to_thread(valkey.process.wait)
            # A socket that connects while Redis is down does not wait endlessly.
            late = Listener()
            hub.join(late.mailbox)
            async with asyncio.timeout(limits.SUBSCRIBE_SECONDS + 2):
                await hub.follow(late.mailbox, ["miner:late"])
            listeners.append(late)
            await asyncio.to_thread(local_servers.spawn, valkey)
            await asyncio.to_thread(local_servers.wait_ready, valkey)
            for listener in listeners:
                assert await listener.next(15) == SNAPSHOT
                assert listener.is_empty()
            await say(redis, "pool", 1)
            await say(redis, "miner:late", 2)
            assert [(await one.next())["data"]["n"] for one in listeners[:5]] == [1] * 5
            assert (await late.next())["data"]["n"] == 2
        await redis.aclose()


async def test_a_silent_connection_is_pinged_and_then_dropped(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "_SILENCE_SECONDS", 0.2)
    async with running(redis) as hub:
        listener = await listen(hub, "pool")
        await asyncio.sleep(1.0)  # several silences, each answered
        assert listener.is_empty()
        # A hanging Redis does not answer: the connection is dropped, and everybody is notified.
        await redis.execute_command("CLIENT", "PAUSE", "1000", "ALL")  # type: ignore[no-untyped-call]
        assert await listener.next(10) == SNAPSHOT
        await say(redis, "pool", 1)
        assert (await listener.next())["data"]["n"] == 1
