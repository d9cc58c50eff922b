"""Clients work with a server at a port, as your own servers are, as with one at a socket."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import text

from tbg.adapters import redis
from tbg.adapters.queue import queue_at
from tbg.core import tx
from tbg.core.clock import SystemClock
from tests.tunnel import tunnel


async def test_redis_at_a_port_answers(redis_url: str) -> None:
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        pytest.skip("all other tests use the port")
    with tunnel(Path(unquote(parts.path))) as port:
        url = f"redis://{parts.netloc}127.0.0.1:{port}/0"
        for client in (redis.connect(url), queue_at(url)):
            await client.set("tbg:test", "é", ex=9)
            assert await client.get("tbg:test") == "é".encode()
            await client.aclose()


async def test_postgresql_at_a_port_answers(fresh_database: str) -> None:
    parts = urlsplit(fresh_database)
    if parts.hostname:
        pytest.skip("all other tests use the port")
    folder = parse_qs(parts.query)["host"][0]
    with tunnel(Path(folder) / ".s.PGSQL.5432") as port:
        url = f"postgresql://{parts.netloc}127.0.0.1:{port}{parts.path}"
        database = tx.connect(url, SystemClock())
        async with database.engine.connect() as connection:
            assert await connection.scalar(text("SELECT 7")) == 7
        await database.close()
