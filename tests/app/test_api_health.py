"""Whether the API says truly what it has and what it lacks."""

from __future__ import annotations

import asyncio
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

import tbg
from tbg.adapters import redis as redis_adapter
from tbg.adapters.broadcast import beat
from tbg.adapters.streams import SHARE_SUBMITTED, Publisher, Reader
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tests.api import client_of, make_app


async def all_services_alive(redis: Redis) -> None:
    for service in ("ingest", "relay", "sender", "worker"):
        await beat(redis, service)


async def ready(db: Database, redis: Redis, **settings: Any) -> tuple[int, dict[str, Any]]:
    """The status, and the checks that are not ok with what they say."""
    async with client_of(make_app(db, redis, **settings)) as client:
        answer = await client.get("/health/ready")
    body = answer.json()
    assert body["status"] == ("ready" if answer.status_code == 200 else "not_ready")
    assert set(body["checks"]) == {
        "database", "redis", "migrations", "redis_settings", "ingest_lag", "disk",
        "ingest", "relay", "sender", "worker",
    }  # fmt: skip
    bad = {name: check["detail"] for name, check in body["checks"].items() if not check["ok"]}
    return answer.status_code, bad


async def test_the_process_lives_and_says_its_version(db: Database, redis: Redis) -> None:
    async with client_of(make_app(db, redis)) as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        assert (await client.get("/version")).json() == {"version": tbg.__version__}


async def test_ready_when_all_is_there(db: Database, redis: Redis) -> None:
    await all_services_alive(redis)
    assert await ready(db, redis) == (200, {})


async def test_however_many_ask_the_servers_are_asked_once(db: Database, redis: Redis) -> None:
    async def pings() -> int:
        return int((await redis.info("commandstats"))["cmdstat_ping"]["calls"])

    await redis.ping()
    before = await pings()
    async with client_of(make_app(db, redis)) as client:
        answers = await asyncio.gather(*(client.get("/health/ready") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {503}  # no other service is open
        await all_services_alive(redis)
        assert (await client.get("/health/ready")).status_code == 503
        assert await pings() == before + 1
        await asyncio.sleep(2 * limits.READINESS_SECONDS + 0.1)
        assert (await client.get("/health/ready")).status_code == 200
        assert await pings() == before + 2


async def test_a_service_without_a_sign_of_life_is_named(db: Database, redis: Redis) -> None:
    await all_services_alive(redis)
    await redis.delete("tbg:heartbeat:relay")
    status, bad = await ready(db, redis)
    assert status == 503
    assert list(bad) == ["relay"]
    assert "tbg relay" in bad["relay"]


async def test_a_stale_schema_is_named_with_the_command_that_mends_it(
    db: Database, redis: Redis
) -> None:
    await all_services_alive(redis)
    async with db.transaction() as tx:
        await tx.run("UPDATE alembic_version SET version_num = 'long_ago'")
    status, bad = await ready(db, redis)
    assert status == 503
    assert "long_ago" in bad["migrations"]
    assert "tbg migrate" in bad["migrations"]


async def test_a_redis_outage_is_named_without_its_address(db: Database) -> None:
    away = redis_adapter.connect("redis://secret-host:1/0", retries=0)
    status, bad = await ready(db, away)
    assert status == 503
    assert {"redis", "redis_settings", "ingest_lag"} <= set(bad)
    assert "database" not in bad
    assert "secret-host" not in str(bad)


async def test_a_check_that_hangs_does_not_hang_the_answer(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(limits, "CHECK_SECONDS", 0.3)
    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        silent = redis_adapter.connect(f"redis://127.0.0.1:{port}/0", retries=0)
        async with asyncio.timeout(20):
            status, bad = await ready(db, silent)
        await silent.aclose()
    assert status == 503
    assert "no answer within" in bad["redis"]


async def test_events_that_wait_too_long_are_reported(
    db: Database, clock: FixedClock, redis: Redis
) -> None:
    await all_services_alive(redis)
    reader = Reader(redis, consumer="one")
    await reader.ensure_group()
    fields = {"user": "x", "worker": "y"}
    for _ in range(3):
        await Publisher(redis).publish([(SHARE_SUBMITTED, fields)])
    clock.at = datetime.now(UTC)  # entries bear the time of Redis, which is the machine's
    assert await ready(db, redis) == (200, {})
    clock.move(timedelta(seconds=limits.INGEST_LAG_SECONDS + 60))
    status, bad = await ready(db, redis)
    assert status == 503
    assert bad["ingest_lag"].startswith("3 events are waiting, the oldest for 36")
    # Entries of a consumer that never finishes count as waiting too.
    entries = await reader.read(block_ms=None)
    assert len(entries) == 3
    status, bad = await ready(db, redis)
    assert bad["ingest_lag"].startswith("3 events are waiting")
    await reader.acknowledge(entries)
    assert await ready(db, redis) == (200, {})


async def test_streams_so_full_that_producers_wait_are_unready(
    db: Database, clock: FixedClock, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await all_services_alive(redis)
    monkeypatch.setattr(limits, "STREAM_BACKLOG", 2)
    publisher = Publisher(redis)
    await publisher.publish([(SHARE_SUBMITTED, {"user": "x"})] * 2)
    clock.at = datetime.now(UTC)
    status, bad = await ready(db, redis)
    assert (status, set(bad)) == (503, {"ingest_lag"})
    assert "producers" in bad["ingest_lag"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(publisher.wait_for_room(), 0.3)


async def test_a_redis_that_may_lose_events_is_unready_only_in_production(
    db: Database, redis: Redis
) -> None:
    await all_services_alive(redis)
    before = await redis.config_get("maxmemory-policy")
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert await ready(db, redis) == (200, {})
        status, bad = await ready(db, redis, env="production", public_url="https://game.example")
    finally:
        await redis.config_set("maxmemory-policy", before["maxmemory-policy"])
    assert status == 503
    assert "maxmemory-policy is allkeys-lru" in bad["redis_settings"]
    assert "appendonly is no" in bad["redis_settings"]


async def test_a_full_disk_is_reported(
    db: Database, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A disk cannot be filled here without filling everybody's: only the figure is made up.
    await all_services_alive(redis)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 2**20))
    status, bad = await ready(db, redis, data_dir=tmp_path / "not" / "yet" / "made")
    assert (status, bad) == (503, {"disk": "1 MiB free"})
