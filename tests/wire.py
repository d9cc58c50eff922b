"""Bytes as no browser sends them: raw HTTP and raw WebSocket frames."""

from __future__ import annotations

import asyncio
import os
import struct
from asyncio import StreamReader, StreamWriter

TEXT, CONT, CLOSE, PING, PONG = 1, 0, 8, 9, 10


async def connect(host: str, *, source: str | None = None) -> tuple[StreamReader, StreamWriter]:
    """A connection to `127.0.0.1:port`, from another loopback address if one is named."""
    name, _, port = host.partition(":")
    local = (source, 0) if source else None
    return await asyncio.open_connection(name, int(port), local_addr=local)


async def websocket(host: str, **more: str) -> tuple[StreamReader, StreamWriter]:
    """A WebSocket whose handshake is done."""
    reader, writer = await connect(host)
    writer.write(handshake(host, **more))
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return reader, writer


def handshake(host: str, path: str = "/ws", **more: str) -> bytes:
    """The request that opens a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in more.items()),
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A masked frame."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
    size = len(payload)
    head = bytes([opcode | (0x80 if fin else 0), 0x80 | (min(126, size))])
    return head + (struct.pack("!H", size) if size >= 126 else b"") + mask + masked


async def close_of(reader: StreamReader) -> int | None:
    """The code of the close frame that the server sends; None when it sends none."""
    async with asyncio.timeout(10):
        try:
            while True:
                head = await reader.readexactly(2)
                size = head[1] & 0x7F
                if size == 126:
                    (size,) = struct.unpack("!H", await reader.readexactly(2))
                payload = await reader.readexactly(size)
                if head[0] & 0x0F == CLOSE:
                    return int.from_bytes(payload[:2])
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


async def is_closed(reader: StreamReader, *, within: float = 5.0) -> bytes:
    """What comes until the server closes; TimeoutError when it does not."""
    got = b""
    async with asyncio.timeout(within):
        try:
            while piece := await reader.read(65536):
                got += piece
        except ConnectionError:
            pass
    return got
