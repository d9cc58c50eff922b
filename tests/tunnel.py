"""A port or a socket that leads to a Unix socket, as ssh makes one."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def tunnel(socket: Path, *, begin: Path | None = None) -> Iterator[int]:
    """The port, on loopback, as long as the block lasts; 0 if it begins at the socket `begin`."""
    begun: queue.Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = queue.Queue()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    async def serve() -> None:
        if begin is None:
            server = await asyncio.start_server(carry, "127.0.0.1", 0)
        else:
            server = await asyncio.start_unix_server(carry, begin)
        done = asyncio.Event()
        port = 0 if begin else server.sockets[0].getsockname()[1]
        begun.put((port, asyncio.get_running_loop(), done))
        await done.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    port, loop, done = begun.get(timeout=10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()
