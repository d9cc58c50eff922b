"""HTTP as an attacker speaks it: slowly, without end, all at once, or not at all."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.types import Receive, Scope, Send

from tbg.app.api import connections
from tbg.core import limits
from tbg.core.tx import Database
from tests.api import make_app, served
from tests.wire import connect, handshake, is_closed, websocket

GET = b"GET /health HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture
async def host(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Served with every patience a hundredth of what it is."""
    monkeypatch.setattr(limits, "CONNECTIONS_LOOK_SECONDS", 0.02)
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(limits, name, getattr(limits, name) / 100)
    async with served(app) as host:
        yield host


async def trickle(writer: StreamWriter, piece: bytes) -> None:
    """Send a piece again and again, never fast and never nothing."""
    while not writer.is_closing():
        writer.write(piece)
        await asyncio.sleep(0.02)


async def answered(host: str, *, source: str | None = None) -> bool:
    """Whether somebody who behaves is answered, and may ask again on the same connection."""
    reader, writer = await connect(host, source=source)
    for _ in range(2):
        writer.write(GET + b"\r\n")
        async with asyncio.timeout(5):
            line = await reader.readline()
            if b" 200 " not in line:
                return False
            await reader.readuntil(b'{"status":"ok"}')
    writer.close()
    return True


def body_of(path: str, method: bytes = b"POST") -> bytes:
    return (
        b"%b %b HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100000\r\n\r\n" % (method, path.encode())
    )


SLOW = {
    "half a request line": (b"GET /hea", b"l", b"408"),
    "half the headers": (GET, b"X: y\r\n", b"408"),
    "half a header": (GET + b"X: ", b"y", b"408"),
    "empty lines": (b"\r\n", b"\r\n", b"408"),
    "a body of the API": (body_of("/api/v1/auth/challenge"), b" ", b"408"),
    "a body of a page": (body_of("/"), b" ", b""),
    "a body of an export": (body_of("/api/v1/users/me/export", b"GET"), b" ", b""),
    "a body of something/export": (body_of("/api/v1/some/export"), b" ", b""),
    "chunks of a page": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", b"",
    ),
    "the wrapping of a chunk": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x", b"",
    ),
    "the head of a second request": (GET + b"\r\n" + GET, b"X: y\r\n", b"408"),
}  # fmt: skip


async def test_who_sends_too_slowly_is_cut_off(host: str) -> None:
    async def outcome(begin: bytes, piece: bytes) -> bytes:
        reader, writer = await connect(host)
        writer.write(begin)
        sending = asyncio.create_task(trickle(writer, piece))
        try:
            return await is_closed(reader, within=3)
        except TimeoutError:
            return b"it was never cut off"
        finally:
            sending.cancel()
            writer.close()

    said = await asyncio.gather(*(outcome(begin, piece) for begin, piece, _ in SLOW.values()))
    for name, got, (_, _, status) in zip(SLOW, said, SLOW.values(), strict=True):
        assert b"never" not in got, name
        assert status in got, (name, got)
    assert await answered(host)


async def test_silent_connections_are_cut_off(host: str) -> None:
    reader, writer = await connect(host)
    assert await is_closed(reader, within=3) == b""
    writer.close()


HUGE = {
    "a request line": (b"GET /", b"x" * 1000),
    "a header": (GET + b"X: ", b"x" * 1000),
    "headers": (GET, b"X: y\r\n" * 100),
    "trailers": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 100,
    ),
}  # fmt: skip


async def test_heads_without_end_are_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 30)
    monkeypatch.setattr(limits, "BODY_SECONDS", 30)
    for name, (begin, piece) in HUGE.items():
        reader, writer = await connect(host)
        sent = 0
        writer.write(begin)
        while sent < 400_000 and not reader.at_eof() and not writer.is_closing():
            writer.write(piece)
            sent += len(piece)
            await asyncio.sleep(0)
        got = await is_closed(reader)
        writer.close()
        # Nothing comes where what was still under way resets the connection.
        assert b"431" in got or b" 405 " in got or not got, (name, got)
        assert sent < 400_000, name


async def test_a_large_head_in_one_packet_is_refused(host: str) -> None:
    for fields in (b"X: " + b"x" * limits.HEAD_BYTES + b"\r\n", b"a:\r\n" * 1_000):
        reader, writer = await connect(host)
        writer.write(GET + fields + b"\r\n")
        got = await is_closed(reader)
        assert b"431 Request Header Fields Too Large" in got
        writer.close()


async def test_a_body_that_continues_after_its_refusal_is_not_read(host: str) -> None:
    reader, writer = await connect(host)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
    sent = 0
    while sent < 50_000_000 and not writer.is_closing():
        writer.write(b"x" * 100_000)
        sent += 100_000
        await asyncio.sleep(0)
        try:
            await writer.drain()
        except ConnectionError:
            break
    writer.close()
    assert sent < 20_000_000
    await is_closed(reader)


async def test_a_flood_of_pipelined_requests_is_cut_off(host: str) -> None:
    reader, writer = await connect(host)
    writer.write((GET + b"\r\n") * 3_000)
    got = await is_closed(reader)
    writer.close()
    assert got.count(b" 200 ") <= 2 * limits.PIPELINED


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_no_answer_is_made_for_a_pipeline_that_is_cut_off(
    app: FastAPI, host: str, hangs_up: bool
) -> None:
    """The first is served when too many others have come: it learns of the end as well."""
    served, ended = [], asyncio.Event()

    async def wait(_scope: Scope, receive: Receive, _send: Send) -> None:
        served.append(1)
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()

    app.router.default = wait
    reader, writer = await connect(host)
    get = b"GET /m/x HTTP/1.1\r\nHost: a\r\n\r\n"
    writer.write(get * (limits.PIPELINED if hangs_up else 3 * limits.PIPELINED))
    if hangs_up:
        async with asyncio.timeout(5):
            while not served:
                await asyncio.sleep(0.01)
        writer.close()
    else:
        assert b"429 Too Many Requests" in await is_closed(reader)
    async with asyncio.timeout(5):
        await ended.wait()
    await asyncio.sleep(0.05)
    assert len(served) == 1
    writer.close()


async def test_a_body_in_a_great_many_pieces_is_refused(host: str) -> None:
    reader, writer = await connect(host)
    head = b"POST /api/v1/auth/challenge HTTP/1.1\r\nHost: a\r\n"
    writer.write(head + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    writer.write(b"1\r\na\r\n" * (limits.BODY_PIECES + 1))
    assert b"413" in await is_closed(reader)
    writer.close()
    assert await answered(host)


async def test_a_few_pipelined_requests_are_answered_in_order(host: str) -> None:
    reader, writer = await connect(host)
    writer.write((GET + b"\r\n") * limits.PIPELINED)
    for _ in range(limits.PIPELINED):
        assert b" 200 " in await reader.readline()
        await reader.readuntil(b'{"status":"ok"}')
    writer.close()


async def read(reader: StreamReader, *, pause: float, piece: int) -> int:
    got = 0
    while data := await reader.read(piece):
        got += len(data)
        await asyncio.sleep(pause)
    return got


async def test_clients_that_do_not_read_are_cut_off_but_slow_readers_are_not(
    app: FastAPI, host: str
) -> None:
    size = 15_000_000  # more than the kernel holds for anybody

    async def send_much(scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for start in range(0, size, 100_000):
            more = start + 100_000 < size
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": more})

    app.router.default = send_much
    stalled_reader, stalled = await connect(host)
    slow_reader, slow = await connect(host)
    for writer in (stalled, slow):
        writer.write(b"GET /m/large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    before = connections.REFUSED.labels("reads too slowly")._value.get()
    got = await read(slow_reader, pause=0.03, piece=400_000)
    assert got > size
    assert connections.REFUSED.labels("reads too slowly")._value.get() == before + 1
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await stalled_reader.readexactly(size)
    stalled.close()
    slow.close()


async def test_connections_are_limited_separately_per_address(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_BY_ADDRESS", 5)
    monkeypatch.setattr(limits, "HEAD_SECONDS", 30)
    held = [await connect(host) for _ in range(4)] + [await websocket(host)]
    reader, writer = await connect(host)
    assert b"503 Service Unavailable" in await is_closed(reader)
    writer.close()
    assert await answered(host, source="127.0.0.2")
    held.pop()[1].close()  # a WebSocket gives its place back as well
    await asyncio.sleep(0.1)
    assert await answered(host)
    for _, writer in held:
        writer.close()


async def test_sockets_behind_a_trusted_proxy_are_limited_separately_per_visitor(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_BY_ADDRESS", 3)
    one, other = {"X-Forwarded-For": "14.0.0.77"}, {"X-Forwarded-For": "14.0.0.77, 14.0.0.9"}
    async with served(make_app(db, redis, trusted_proxies="127.0.0.1")) as host:
        held = [await websocket(host, **one) for _ in range(3)]
        reader, writer = await connect(host)
        writer.write(handshake(host, **one))
        assert b"503 Service Unavailable" in await is_closed(reader)
        writer.close()
        held.append(await websocket(host, **other))
        assert await answered(host)
        held.pop(0)[1].close()
        await asyncio.sleep(0.1)
        held.append(await websocket(host, **one))
        for _, writer in held:
            writer.close()


async def test_a_trusted_proxy_has_as_many_as_there_are(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_BY_ADDRESS", 1)
    async with served(make_app(db, redis, trusted_proxies="127.0.0.1")) as host:
        held = [await connect(host) for _ in range(5)]
        assert await answered(host)
        held.append(await connect(host, source="127.0.0.2"))
        reader, writer = await connect(host, source="127.0.0.2")
        assert b"503" in await is_closed(reader)
        for _, one in [*held, (reader, writer)]:
            one.close()
