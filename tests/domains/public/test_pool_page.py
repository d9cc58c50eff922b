"""The pool's page and the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

from tbg.app.domains import DOMAINS, presenters_of
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.outbox import Delivery
from tbg.core.tx import Database
from tbg.domains.gamification.events import LevelUp, PersonalBest
from tbg.domains.public.routes import POOL_PAGE
from tbg.domains.realtime.reactions import push_by
from tests.accounts import player, sign_in
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, CAROL, block, play, share
from tests.domains.public.mining import MINUTE, connection, mine


@pytest.fixture
async def client(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(POOL_PAGE, "seconds", 0.0)
    monkeypatch.setattr(POOL_PAGE, "share", 1e9)
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
        "blocks_reported": 0,
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
        "worker": "bitaxe",
        "sdiff": 100_847_293_444_000.0,
        "reward_sats": 312_500_000,
        "user": BOB,
        "seed": BOB,
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
        ("block_found", ALICE, "Block 879,412 found"),
        ("badge_earned", ALICE, "New badge: Block Finder"),
        ("badge_earned", ALICE, "New badge: First Hash"),
    ]
    assert len({line["id"] for line in recent}) == 4
    assert [line["xp"] for line in recent] == [50, None, 500, 50]
    assert recent[1]["params"] == {
        "height": 879_412,
        "worker": "bitaxe",
        "hash": "00" * 32,
        "sdiff": 100_847_293_444_000.0,
        "reward_sats": 312_500_000,
    }


async def test_new_bests_of_this_week_are_news_except_on_a_first_day(
    db: Database, client: httpx.AsyncClient
) -> None:
    yesterday, long_ago = NOW - timedelta(days=1), NOW - limits.POOL_NEWS_AGE - timedelta(days=1)
    await mine(db, [share(yesterday, user=ALICE, sdiff=1e3), share(NOW, user=ALICE, sdiff=2e3)])
    await mine(db, [share(NOW - MINUTE, user=BOB, sdiff=3e3)])  # BOB's first day
    older = long_ago - timedelta(days=1)
    await mine(db, [share(older, user=CAROL, sdiff=1e3), share(long_ago, user=CAROL, sdiff=2e3)])
    lines = [one for one in (await stats(client))["recent"] if one["type"] == "best_diff"]
    assert [(one["id"], one["user"], one["title"], one["at"]) for one in lines] == [
        (f"best-2026-03-04-{ALICE}", ALICE, "New best: 2 k", "2026-03-04T12:00:00Z")
    ]


async def test_a_new_best_has_the_same_line_live_and_after_a_reload(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW - timedelta(days=1), sdiff=1e3)])
    (event,) = [
        one for one in await play(db, [share(NOW, sdiff=2e3)]) if isinstance(one, PersonalBest)
    ]
    await mine(db, [])
    async with db.transaction(owners="shared") as tx:
        await push_by(presenters_of(DOMAINS))(tx, [Delivery(uuid4(), event)])
    (live,) = [frame.data.model_dump(mode="json") for frame in tx.shown if frame.subject == "pool"]
    (line,) = [one for one in (await stats(client))["recent"] if one["type"] == "best_diff"]
    assert live == line


async def test_a_reported_block_is_shown_as_the_pools_word_until_it_is_confirmed(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW, user=ALICE), block(NOW - MINUTE, user=BOB, height=5)])
    await mine(db, [block(NOW, user=ALICE, hash_="ab" * 32, backed=False)])
    await mine(db, [block(NOW, user=CAROL, backed=False)])  # BOB's, as everybody knows
    body = await stats(client)
    assert (body["blocks_found"], body["blocks_reported"]) == (1, 1)
    assert body["last_block"]["height"] == 5
    (line,) = [line for line in body["recent"] if line["type"] == "block_reported"]
    assert (line["user"], line["title"], line["detail"]) == (
        ALICE, "Block 879,412 reported, not confirmed yet", "by bitaxe",
    )  # fmt: skip

    await mine(db, [block(NOW, user=ALICE, hash_="ab" * 32)])
    body = await stats(client)
    assert (body["blocks_found"], body["blocks_reported"]) == (2, 0)
    assert body["last_block"]["height"] == 879_412
    assert {line["type"] for line in body["recent"]} == {"badge_earned", "block_found"}


async def test_reports_of_great_heights_push_no_block_off_the_page(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [block(NOW, user=BOB, height=5)])
    await mine(
        db,
        [
            block(NOW - MINUTE, height=2**31 - n, hash_=f"{n:064}", backed=False)
            for n in range(1, 40)
        ],
    )
    body = await stats(client)
    assert body["last_block"]["height"] == 5
    kinds = [line["type"] for line in body["recent"]]
    assert "block_found" in kinds
    assert kinds.count("block_reported") == 3, "they do not push out what happened"


_SUMS = ("miners", "miners_online", "workers_online", "shares_accepted", "work", "blocks_found",
         "xp_granted", "badges_earned")  # fmt: skip


@pytest.mark.parametrize("hidden", ["on_leaderboards", "profile_public"])
async def test_whoever_hides_counts_in_every_sum_and_is_named_on_no_list(
    db: Database, client: httpx.AsyncClient, hidden: str
) -> None:
    address = player(0).address
    await mine(db, [share(NOW - MINUTE, user=BOB, sdiff=2e6), share(NOW, user=address, sdiff=7e6)])
    await mine(db, [block(NOW, user=address)])
    me = await sign_in(client)

    async def lists() -> str:
        badge = await client.get("/api/v1/badges/first_share")
        return badge.text + (await client.get("/api/v1/public/stats")).text

    before = await stats(client)
    assert before["best_difficulty"]["user"] == before["last_block"]["user"] == address
    assert address in await lists()
    change = {"privacy": {hidden: False}}
    assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200

    after = await stats(client)
    assert {name: after[name] for name in _SUMS} == {name: before[name] for name in _SUMS}
    assert after["best_difficulty"] == before["best_difficulty"] | {"user": "", "seed": ""}
    unnamed = {"user": "", "seed": "", "worker": ""}
    assert after["last_block"] == before["last_block"] | unnamed
    assert [tile["user"] for tile in after["wall"]] == [BOB]
    assert {line["user"] for line in after["recent"]} == {BOB}
    assert address not in await lists()
    badge = (await client.get("/api/v1/badges/first_share")).json()["badge"]
    assert [earner["user"] for earner in badge["recent_earners"]] == [BOB]
    page = await client.get(f"/api/v1/public/miners/{address}")
    if hidden == "profile_public":
        assert page.status_code == 404
    else:  # being on no list does not hide it
        assert page.json()["stats"]["best_difficulty"] == 7e6


@pytest.mark.parametrize("listed", [True, False])
async def test_the_live_news_name_only_users_on_leaderboards(
    db: Database, client: httpx.AsyncClient, listed: bool
) -> None:
    me = await sign_in(client)
    change = {"privacy": {"on_leaderboards": listed}}
    assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
    event = LevelUp(
        user_id=me.user["id"], old_level=1, new_level=2, title="Curious Cat", total_xp=100, at=NOW
    )
    async with db.transaction(owners="shared") as tx:
        await push_by(presenters_of(DOMAINS))(tx, [Delivery(uuid4(), event)])
    assert [frame.subject for frame in tx.shown] == [
        "me:1", f"miner:{player(0).address}", *(["pool"] if listed else [])
    ]  # fmt: skip


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


async def test_a_crowd_costs_one_reading(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(db, redis)
    asked = 0
    computing = POOL_PAGE.compute

    async def counted(database: Database) -> bytes:
        nonlocal asked
        asked += 1
        return await computing(database)

    monkeypatch.setattr(POOL_PAGE, "compute", counted)
    async with client_of(app) as client:
        answers = await asyncio.gather(*(stats(client) for _ in range(200)))
    assert asked == 1
    assert all(answer == answers[0] for answer in answers)


async def test_the_configuration(db: Database, redis: Redis) -> None:
    app = make_app(
        db, redis, network="signet", pool_name="Our Pool", demo=True,
        stratum_url="pool.example:3333",
    )  # fmt: skip
    async with client_of(app) as client:
        body = (await client.get("/api/v1/config")).json()
    assert body.pop("version")
    assert body == {
        "network": "signet",
        "name": "Our Pool",
        "demo": True,
        "stratum": "stratum+tcp://pool.example:3333",
        "features": {"live": True, "sign_in": True, "demo_sign_in": True},
        "categories": ["mining", "streak", "competition", "social", "node"],
        "rarities": ["common", "rare", "epic", "legendary"],
    }
