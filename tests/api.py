"""The API under test: asked in this process, or served by the real server on a real port."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.adapters.keys import KeyRing
from tbg.app.api import create_app
from tbg.app.cli.serve import server_of
from tbg.app.domains import DOMAINS
from tbg.core.clock import FixedClock
from tbg.core.domain import Domain
from tbg.core.settings import Settings
from tbg.core.tx import Database
from tests import canary


def make_app(
    db: Database, redis: Redis, *, domains: Sequence[Domain] = DOMAINS, **settings: Any
) -> FastAPI:
    """The application with settings of the test's own; its keys are those of all tests."""
    values = {"keys_dir": keys_dir(), **settings}
    app = create_app(Settings(_env_file=None, **values), db, redis, domains=domains)
    app.state.keys.prepare()
    return app


@lru_cache
def keys_dir() -> Path:
    """A folder with keys, made once: RSA keys take their time."""
    folder = Path(tempfile.mkdtemp(prefix="tbg-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    old = FixedClock(datetime(2020, 1, 1, tzinfo=UTC))  # tests move clocks, but not that far
    KeyRing(folder, old, "tests").prepare()
    return folder


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """A client that calls the application without a network between."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://127.0.0.1:8000",
        event_hooks={"response": [canary.listen]},
    )


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application on a free port, served as `tbg serve` does; gives `127.0.0.1:port`."""
    listener = socket.create_server(("127.0.0.1", 0))
    # uvloop, on which `tbg serve` runs, does so by itself; without it an answer in two parts
    # waits 40 ms for the client to acknowledge the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = server_of(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["instance"] == answer.request.url.path
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    return body
