"""A real HTTP server on this machine, and a kind of task that calls it.

It stores requests by their `Idempotency-Key`, and answers as configured for each target.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import httpx

from tbg.core.tasks import NewTask, TargetAway, Task, TaskKind, TaskRefused
from tbg.core.tx import Database

KIND = "call"
HANGS = "hangs"
"""In place of a status: no answer until `release`."""

CLOSES = "closes"
"""In place of a status: the line is cut without an answer."""


@dataclass(slots=True)
class Target:
    """The server: `answers` has a status (or what it does instead) for each target, or 200."""

    port: int = 0
    answers: dict[str, int | str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    confirmed: set[str] = field(default_factory=set)
    arrived: Callable[[str], Awaitable[None]] | None = None
    """Called with the key of each request, before it is answered."""
    delay_s: float = 0.0
    away_once: float = 0.0
    """For this share of the keys (0 to 1), the first request is answered with 503."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    most_open: Counter[str] = field(default_factory=Counter)
    _open: Counter[str] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            name = lines[0].split()[1].strip("/")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
            await reader.readexactly(int(headers["content-length"]))
            await self._answer(name, headers["idempotency-key"], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the caller was killed
        finally:
            writer.close()

    async def _answer(self, name: str, key: str, writer: asyncio.StreamWriter) -> None:
        self.requests[key] += 1
        self._open[name] += 1
        self.most_open[name] = max(self.most_open[name], self._open[name])
        try:
            if self.arrived is not None:
                await self.arrived(key)
            await asyncio.sleep(self.delay_s)
            answer = self.answers.get(name, 200)
            if self.requests[key] == 1 and crc32(key.encode()) % 100 < 100 * self.away_once:
                answer = 503
            if answer == HANGS:
                await self.release.wait()
                answer = 200
            if answer == CLOSES:
                return
            if answer == 200:
                self.confirmed.add(key)
            body = f'{{"receipt": "{key}"}}'
            writer.write(
                f"HTTP/1.1 {answer} x\r\ncontent-length: {len(body)}\r\n"
                f"connection: close\r\n\r\n{body}".encode()
            )
            await writer.drain()
        finally:
            self._open[name] -= 1

    def kind(self, **words: Any) -> TaskKind:
        """A kind of task that calls this server."""
        return TaskKind(KIND, self.call, **words)

    async def call(self, database: Database, task: Task) -> dict[str, Any]:
        """Send a task's payload to its target, and give back the receipt."""
        # Certificates take longer to load than the whole call, and nothing here needs them.
        async with httpx.AsyncClient(timeout=None, trust_env=False, verify=False) as client:
            answer = await client.post(
                f"http://127.0.0.1:{self.port}/{task.target}",
                json=task.payload,
                headers={"Idempotency-Key": task.key},
            )
        if answer.status_code >= 500 or answer.status_code == 429:
            raise TargetAway(f"{task.target} answers {answer.status_code}")
        if answer.status_code >= 400:
            raise TaskRefused(f"{task.target} answers {answer.status_code}")
        receipt: dict[str, Any] = answer.json()
        return receipt


def call(key: str, *, target: str = "well", user_ids: tuple[int, ...] = ()) -> NewTask:
    """A task that calls a target."""
    return NewTask(KIND, key, target, {"word": key}, user_ids)


@asynccontextmanager
async def serving() -> AsyncIterator[Target]:
    """A server of this kind, on its own port."""
    target = Target()
    server = await asyncio.start_server(target.serve, "127.0.0.1", 0)
    target.port = server.sockets[0].getsockname()[1]
    try:
        yield target
    finally:
        target.release.set()
        server.close()
        await server.wait_closed()
