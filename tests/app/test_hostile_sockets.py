"""WebSockets as an attacker uses them: floods, fragments without end, bytes that are no text."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import tracemalloc
from asyncio import StreamWriter
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import orjson
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.app.api import connections, sockets
from tbg.core import limits
from tbg.core.tx import Database
from tbg.domains.accounts.queries import followable
from tbg.domains.realtime import routes
from tests.api import make_app, served
from tests.wire import (
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    close_of,
    connect,
    frame,
    handshake,
    is_closed,
    websocket,
)


@pytest.fixture
async def host(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as host:
        yield host


async def flood(writer: StreamWriter, what: bytes, *, seconds: float) -> None:
    """Send it again and again, for as long as the server takes it, at most so long."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                writer.write(what)
                await writer.drain()
                await asyncio.sleep(0)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(frame(PING), id="empty pings"),
        pytest.param(frame(PING, b"x" * 125), id="full pings"),
        pytest.param(frame(PONG), id="pongs that nobody asked for"),
        pytest.param(frame(TEXT, b'{"op":"ping"}'), id="orders"),
        pytest.param(
            frame(TEXT, fin=False) + frame(CONT, fin=False) * 50 + frame(CONT),
            id="empty fragments, in messages",
        ),
    ],
)
async def test_a_flood_of_frames_of_any_kind_is_closed_with_1008(host: str, what: bytes) -> None:
    reader, writer = await websocket(host)
    sending = asyncio.create_task(flood(writer, what * 500, seconds=5))
    assert await close_of(reader) == 1008
    async with httpx.AsyncClient() as client:  # others are still answered
        answer = await client.get(f"http://{host}/health", timeout=1)
    assert answer.status_code == 200
    await sending
    writer.close()


async def test_sockets_of_one_address_share_its_limit(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SHARED_FRAMES", 60)
    monkeypatch.setattr(sockets, "SHARED_FRAMES", 60)
    monkeypatch.setattr(sockets, "_SHARED_RATE", 0.0)
    socks = [await websocket(host) for _ in range(4)]
    for _, writer in socks:
        writer.write(frame(PING) * 20)  # each within its own limit
    await asyncio.sleep(0.1)
    socks[0][1].write(frame(PING))
    assert await close_of(socks[0][0]) == 1008
    for _, writer in socks:
        writer.close()


async def test_sockets_of_one_visitor_behind_a_trusted_proxy_share_its_limit(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SHARED_FRAMES", 60)
    monkeypatch.setattr(sockets, "SHARED_FRAMES", 60)
    monkeypatch.setattr(sockets, "_SHARED_RATE", 0.0)
    async with served(make_app(db, redis, trusted_proxies="127.0.0.1")) as host:
        loud = [await websocket(host, **{"X-Forwarded-For": "14.0.0.77"}) for _ in range(4)]
        quiet = await websocket(host, **{"X-Forwarded-For": "14.0.0.78"})
        for _, writer in loud:
            writer.write(frame(PING) * 20)
        await asyncio.sleep(0.1)
        loud[0][1].write(frame(PING))
        assert await close_of(loud[0][0]) == 1008
        quiet[1].write(frame(PING, b"still there"))
        assert b"still there" in await quiet[0].readexactly(2 + len(b"still there"))
        for _, writer in [*loud, quiet]:
            writer.close()


async def test_fragments_of_a_message_are_limited_however_slowly_they_arrive(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOCKET_FRAMES", 10**9)
    reader, writer = await websocket(host)
    writer.write(frame(TEXT, b"{", fin=False))
    writer.write(frame(CONT, fin=False) * (limits.SOCKET_FRAGMENTS - 1))
    writer.write(frame(PING, b"still there"))
    assert b"still there" in await reader.readexactly(2 + len(b"still there"))
    writer.write(frame(CONT, fin=False))
    assert await close_of(reader) == 1008
    writer.close()


async def test_fragments_that_are_few_make_a_message(host: str) -> None:
    reader, writer = await websocket(host)
    writer.write(frame(TEXT, b'{"op":', fin=False) + frame(PING) + frame(CONT, b'"ping"}'))
    assert (await reader.readexactly(2))[0] == 0x80 | PONG
    head = await reader.readexactly(2)
    assert b'"pong"' in await reader.readexactly(
        head[1] if head[1] < 126 else int.from_bytes(await reader.readexactly(2))
    )
    writer.close()


async def test_pongs_are_not_queued_for_clients_that_do_not_read(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOCKET_FRAMES", 10**9)  # the rate apart
    _, writer = await websocket(host)
    cast("asyncio.Transport", writer.transport).pause_reading()
    await flood(writer, frame(PING, b"x" * 125) * 500, seconds=0.5)  # until the kernel is full
    gc.collect()
    tracemalloc.start()
    await flood(writer, frame(PING, b"x" * 125) * 500, seconds=1.0)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    writer.transport.abort()
    assert grown < 4 * 1024 * 1024


BAD_TEXT = {
    "a message": frame(TEXT, b"\xff\xfe"),
    "a message, and a close": frame(TEXT, b"\xff") + frame(CLOSE, b"\x03\xe8"),
    "a letter cut in two": frame(TEXT, b'"\xc3', fin=False) + frame(CONT, b'"'),
    "the reason of a close": frame(CLOSE, b"\x03\xe8\xff\xff"),
}


@pytest.mark.parametrize("sent", BAD_TEXT.values(), ids=BAD_TEXT)
async def test_invalid_utf8_is_1007_without_a_traceback(
    host: str, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await websocket(host)
    writer.write(sent)
    assert await close_of(reader) in (1007, 1000)  # 1000: its own close, answered
    writer.close()
    assert not [record for record in caplog.records if record.exc_info]


BAD_HANDSHAKES = {
    "a path that is no ASCII": ("/ws\xff", {}),
    "too many headers": ("/ws", {f"X-{n}": "1" for n in range(200)}),
    "a header too long": ("/ws", {"X": "1" * 9_000}),
    "bytes in a header": ("/ws", {"X": "\xff\xfe"}),
    "no key": ("/ws", {"Sec-WebSocket-Key": "again"}),
    "an old version": ("/ws", {"Sec-WebSocket-Version": "8"}),
}


@pytest.mark.parametrize(("path", "more"), BAD_HANDSHAKES.values(), ids=BAD_HANDSHAKES)
async def test_a_handshake_that_cannot_be_read_is_answered_and_no_traceback(
    host: str, path: str, more: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await connect(host)
    writer.write(handshake(host, path, **more))
    async with asyncio.timeout(5):
        line = await reader.readline()
    assert line.split()[1] in (b"101", b"400", b"403", b"426", b"431"), line
    writer.close()
    assert not [record for record in caplog.records if record.exc_info]


async def test_frames_before_the_handshake_is_answered_end_the_connection(
    host: str, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def take(*_: object) -> None:
        asked.set()
        await answer.wait()

    app.state.limiter.take = take
    for early in (frame(PING), frame(CLOSE), b"\xff\xff\xff", frame(TEXT, b"\xff")):
        asked.clear()
        reader, writer = await connect(host)
        writer.write(handshake(host))
        await asked.wait()
        writer.write(early)
        assert await is_closed(reader) == b""
        writer.close()
    answer.set()
    assert not [record for record in caplog.records if record.exc_info]


async def test_sockets_of_one_address_look_names_up_in_turn_and_none_once_it_has_left(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    running = 0

    async def slowly(*args: Any, **options: Any) -> Any:
        nonlocal running
        running += 1
        at_once.append(running)
        try:
            await asyncio.sleep(0.01)
            return await followable(*args, **options)
        finally:
            running -= 1

    monkeypatch.setattr(routes, "followable", slowly)
    names = [f"miner:nobody{n}" for n in range(limits.SOCKET_SUBJECTS)]
    order = frame(TEXT, orjson.dumps({"op": "subscribe", "channels": names}))
    opened = [await websocket(host) for _ in range(20)]
    for _, writer in opened:
        writer.write(order * 4)
    async with asyncio.timeout(10):
        while len(at_once) < 10:
            await asyncio.sleep(0.01)
    for _, writer in opened:
        writer.transport.abort()
    for _ in range(100):
        begun = len(at_once)
        await asyncio.sleep(0.2)
        if len(at_once) == begun:
            break
    assert max(at_once) == 1
    assert len(at_once) < 40  # of 80 orders
