"""Talking over a socket, as a page does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed


async def say(socket: ClientConnection, op: str, **words: Any) -> None:
    await socket.send(json.dumps({"op": op, **words}))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        frame: dict[str, Any] = json.loads(await socket.recv())
        return frame


async def ask(socket: ClientConnection, op: str, **words: Any) -> dict[str, Any]:
    await say(socket, op, **words)
    return await hear(socket)


async def close_code(socket: ClientConnection) -> int | None:
    return (await closing(socket))[0]


async def closing(socket: ClientConnection) -> tuple[int | None, str]:
    """The close code and the reason, whatever comes before."""
    try:
        async with asyncio.timeout(15):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (None, "")
