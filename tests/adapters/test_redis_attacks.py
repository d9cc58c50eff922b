"""What somebody who can write to Redis puts there for others to read: nothing ends over it."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Hub, Mailbox, Packet
from tbg.adapters.ckpool import follow
from tbg.adapters.ckpool.files import LogDir
from tbg.adapters.streams import DEAD_LETTER, STREAMS
from tbg.adapters.streams.game import Game, write_game
from tbg.adapters.streams.letters import dead_letters, drop, replay
from tbg.app.cli import collect
from tbg.core.clock import SystemClock
from tbg.core.settings import Settings

LOGS = Path(__file__).parents[1] / "fixtures" / "ckpool" / "a" / "logs"


async def test_a_frame_that_is_not_ours_or_no_text_stops_no_others(redis: Redis) -> None:
    hub = Hub(redis, snapshot=lambda: Packet("", None, "snapshot"))
    running = asyncio.create_task(hub.run())
    mailbox = Mailbox(lambda _: None)
    hub.join(mailbox)
    await hub.follow(mailbox, ["pool"])
    for frame in (b"", b"{}", b"-1 x", b"9" * 20 + b" x", b"\xb2 x", b" \xff\xfe", b"7 good"):
        await redis.publish("tbg:frames:pool", frame)
    got = [await asyncio.wait_for(mailbox.take(), 5) for _ in range(2)]
    assert got == [("pool", None, "\ufffd\ufffd"), ("pool", 7, "good")]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"x": "y"},
        {b"\xff": b"\xff"},
        {"reason": "r", "stream": "tbg:jobs", "entry_id": "1-1", "fields": "{}"},
        {"reason": "r", "stream": STREAMS[0], "entry_id": "soon", "fields": "{}"},
        {"reason": "r", "stream": STREAMS[0], "entry_id": "", "fields": "[1]"},
    ],
)
async def test_a_dead_letter_of_any_shape_is_listed_stays_and_can_be_dropped(
    redis: Redis, fields: dict[str, str]
) -> None:
    await redis.xadd(DEAD_LETTER, fields)  # type: ignore[arg-type]
    (letter,) = [letter async for letter in dead_letters(redis)]
    assert not await replay(redis, letter)
    assert await redis.xlen(DEAD_LETTER) == 1
    assert await drop(redis, letter)
    assert await redis.keys("*") == [DEAD_LETTER.encode()]


@pytest.mark.parametrize(
    "receipt", [b"\xff\xfe 1", b"x y", b"x -1", b"x " + b"9" * 400, b" ", b"x"]
)
async def test_a_malformed_receipt_stops_no_collector(
    redis: Redis, redis_url: str, tmp_path: Path, receipt: bytes
) -> None:
    """It publishes again what it may have lost, which is what keys are for."""
    settings = Settings(_env_file=None, redis_url=redis_url, data_dir=tmp_path, network="regtest")
    await write_game(redis, Game("regtest", demo=False))
    for _ in range(2):
        with collect.opened(LogDir(LOGS), "a", settings, clock=SystemClock(), zone=UTC) as running:
            running.once = True
            await follow.once(running)
            await running.outlet.publisher.redis.aclose()
        held = sum([await redis.xlen(stream) for stream in STREAMS])
        await redis.set("mining:collect:a", receipt)
    assert held == 2 * 271
