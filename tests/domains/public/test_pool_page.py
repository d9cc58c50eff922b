"""The pool's page and the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, CAROL, block, share
from tests.domains.public.test_miner_page import MINUTE, connection, mine


@pytest.fixture
async def client(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(limits, "POOL_STATS_SECONDS", 0.0)
    monkeypatch.setattr(limits, "POOL_STATS_SHARE", 1e9)
    async with client_of(make_app(db, redis)) as client:
        yield client


async def stats(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/v1/public/stats")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    return body


async def test_an_empty_pool(client: httpx.AsyncClient) -> None:
    body = await stats(client)
    assert body == {
        "miners": 0,
        "miners_online": 0,
        "workers_online": 0,
        "shares_accepted": 0,
        "shares_rejected": 0,
        "hashrate_ths": 0,
        "work": 0,
        "best_difficulty": None,
        "blocks_found": 0,
        "last_block": None,
        "height": None,
        "xp_granted": 0,
        "badges_earned": 0,
        "updated_at": "2026-03-04T12:00:00Z",
        "wall": [],
        "recent": [],
    }


async def test_the_pool_s_sums(db: Database, client: httpx.AsyncClient) -> None:
    await mine(
        db,
        [
            share(NOW - 2 * MINUTE, user=ALICE, sdiff=2e6, diff=100.0),
            share(NOW - MINUTE, user=ALICE, worker="second", sdiff=5.0, diff=100.0),
            share(NOW - timedelta(minutes=30), user=BOB, sdiff=7e6, diff=100.0),
            share(NOW, user=CAROL, accepted=False),
        ],
    )
    await mine(db, [block(NOW - 5 * MINUTE, user=BOB, height=879_000, hash_="aa" * 32)])
    body = await stats(client)
    assert body["miners"] == 2  # CAROL has no accepted share
    assert body["miners_online"] == 2
    assert body["workers_online"] == 3
    assert (body["shares_accepted"], body["shares_rejected"]) == (3, 1)
    assert body["work"] == 300
    assert body["hashrate_ths"] == pytest.approx(300 * 2**32 / 1800 / 1e12)
    assert body["best_difficulty"] == {
        "sdiff": 7e6,
        "user": BOB,
        "seed": BOB,
        "at": "2026-03-04T11:30:00Z",
    }
    assert body["blocks_found"] == 1
    assert body["last_block"] == {
        "height": 879_000,
        "hash": "aa" * 32,
        "found_at": "2026-03-04T11:55:00Z",
        "user": BOB,
    }
    assert body["height"] == 879_412
    # First Hash and Million Club for both, and a block for BOB.
    assert body["badges_earned"] == 5
    assert body["xp_granted"] == 2 * (50 + 50) + 500


async def test_the_wall_shows_those_heard_of_last(
    db: Database, clock: FixedClock, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW - timedelta(days=3), user=BOB, sdiff=2e6)])
    await mine(db, [share(NOW - MINUTE, user=ALICE, worker=f"w{n}") for n in range(5)])
    await mine(db, [connection(NOW, connected=False, worker="w0")])
    wall = (await stats(client))["wall"]
    assert wall == [
        {"user": ALICE, "seed": ALICE, "level": 1, "level_title": "Nocoiner", "online": True},
        {"user": BOB, "seed": BOB, "level": 2, "level_title": "Curious Cat", "online": False},
    ]
    clock.move(timedelta(hours=1))
    assert [tile["online"] for tile in (await stats(client))["wall"]] == [False, False]


async def test_what_happened_just_now(db: Database, client: httpx.AsyncClient) -> None:
    await mine(db, [share(NOW - 3 * MINUTE, user=ALICE)])
    await mine(db, [share(NOW - MINUTE, user=BOB)])
    await mine(db, [block(NOW - 2 * MINUTE, user=ALICE)])
    recent = (await stats(client))["recent"]
    assert [(line["type"], line["user"], line["title"]) for line in recent] == [
        ("badge_earned", BOB, "New badge: First Hash"),
        ("badge_earned", ALICE, "New badge: Block Finder"),
        ("block_found", ALICE, "Found block 879,412"),
        ("badge_earned", ALICE, "New badge: First Hash"),
    ]
    assert len({line["id"] for line in recent}) == 4
    assert [line["xp"] for line in recent] == [50, 500, None, 50]


_CROWD = """
INSERT INTO users (created_at) SELECT :now FROM generate_series(1, 100);
INSERT INTO user_addresses SELECT 'address-' || n, n, :now FROM generate_series(1, 100) n;
INSERT INTO user_badges SELECT n, 'first_share', :now, :now, '{}' FROM generate_series(1, 100) n;
INSERT INTO workers (user_id, name_key, name, source, first_seen, last_seen)
    SELECT n, 'w', 'w', 's', :now, :now FROM generate_series(1, 100) n
"""


async def test_lists_are_bounded(db: Database, client: httpx.AsyncClient) -> None:
    async with db.transaction() as tx:
        for statement in _CROWD.split(";"):
            await tx.run(statement, now=tx.now)
    body = await stats(client)
    assert len(body["wall"]) == limits.WALL_TILES
    assert len(body["recent"]) == limits.POOL_FEED_ITEMS


async def test_a_crowd_costs_one_reading(db: Database, redis: Redis) -> None:
    app = make_app(db, redis)
    asked = 0
    computing = app.state.pool_stats._compute

    async def counted() -> bytes:
        nonlocal asked
        asked += 1
        page: bytes = await computing()
        return page

    app.state.pool_stats._compute = counted
    async with client_of(app) as client:
        answers = await asyncio.gather(*(stats(client) for _ in range(200)))
    assert asked == 1
    assert all(answer == answers[0] for answer in answers)


async def test_the_configuration(db: Database, redis: Redis) -> None:
    app = make_app(db, redis, network="signet", pool_name="Our Pool", demo=True)
    async with client_of(app) as client:
        body = (await client.get("/api/v1/config")).json()
    assert body.pop("version")
    assert body == {
        "network": "signet",
        "name": "Our Pool",
        "demo": True,
        "features": {"live": True, "sign_in": True, "demo_sign_in": True},
        "categories": ["mining", "streak", "competition", "social", "node"],
        "rarities": ["common", "rare", "epic", "legendary"],
    }
