"""One share, from the stream to the ledger and the player's own endpoints, as the documents
describe and name it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import BLOCK_FOUND, SHARE_BEST_DIFF
from tbg.app.relay import Relay
from tbg.core.tx import Database
from tests.accounts import SignedIn, player, sign_in
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.events import ADDRESS, ingest_on, one, publish, share

MINER = player(0).address


@pytest.fixture
async def me(db: Database, redis: Redis) -> AsyncIterator[SignedIn]:
    async with client_of(make_app(db, redis)) as client:
        yield await sign_in(client)


async def earned(me: SignedIn) -> list[dict[str, Any]]:
    response = await me.ask("GET", "/users/me/badges")
    badges: list[dict[str, Any]] = response.json()["earned"]
    return badges


async def total_xp(me: SignedIn) -> int:
    response = await me.ask("GET", "/users/me/xp")
    return int(response.json()["total_xp"])


class TestFullPipeline:
    """Integration: event -> trigger -> badge -> XP -> notification."""

    async def test_share_event_triggers_first_share_badge(
        self, me: SignedIn, db: Database, redis: Redis
    ) -> None:
        event = share(NOW, user=MINER, worker="bitaxe-1", diff="256", sdiff="512")
        await publish(redis, event)
        await ingest_on(db, redis).drain()
        badges = await earned(me)
        assert any(b["slug"] == "first_share" for b in badges)
        assert await total_xp(me) >= 50
        # The same event again: nothing happens twice.
        await publish(redis, event)
        await ingest_on(db, redis).drain()
        assert await total_xp(me) == 50
        summary = (await me.ask("GET", "/users/me/gamification")).json()
        assert summary["stats"]["total_shares"] == 1

    async def test_best_diff_event_triggers_difficulty_badges(
        self, me: SignedIn, db: Database, redis: Redis
    ) -> None:
        best = share(NOW, user=MINER, worker="bitaxe-1", diff="1500000000", period="alltime")
        await publish(redis, best, stream=SHARE_BEST_DIFF)
        await ingest_on(db, redis).drain()
        slugs = [b["slug"] for b in await earned(me)]
        assert "diff_1e6" in slugs
        assert "diff_1e9" in slugs
        assert "diff_1e12" not in slugs

    async def test_block_found_triggers_legendary_badge(
        self, me: SignedIn, db: Database, redis: Redis
    ) -> None:
        block = share(
            NOW, user=MINER, worker="bitaxe-1", height=879_412, hash="00ab",
            diff="100847293444000", reward="312500000", backed="true",
        )  # fmt: skip
        await publish(redis, block, stream=BLOCK_FOUND)
        await ingest_on(db, redis).drain()
        slugs = [b["slug"] for b in await earned(me)]
        assert "block_finder" in slugs
        assert await total_xp(me) >= 500
        summary = (await me.ask("GET", "/users/me/gamification")).json()
        assert summary["stats"]["blocks_found"] == 1


async def test_share_event_triggers_badge_grants_xp_pushes_ws(db: Database, redis: Redis) -> None:
    """A share of 1.5 M: two badges, 100 XP, level 2, and the frames for watchers."""
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(f"tbg:frames:miner:{ADDRESS}")
        await publish(redis, share(NOW, sdiff="1500000"))
        await ingest_on(db, redis).drain()
        await Relay(db, Broadcast(redis)).drain()
        heard = [await pubsub.get_message(timeout=0.05) for _ in range(20)]
    frames = [message["data"] for message in heard if message]
    assert await one(db, "SELECT sum(amount)::int FROM xp_ledger") == 100
    async with db.transaction() as tx:
        state = await tx.row(
            "SELECT total_xp, badges_earned, level, level_title FROM user_gamification"
        )
    assert state is not None
    assert tuple(state) == (100, 2, 2, "Curious Cat")
    for told in (b'"badge_slug":"first_share"', b'"badge_slug":"diff_1e6"', b'"level_up"'):
        assert any(told in frame for frame in frames), told
    badge = next(frame for frame in frames if b"first_share" in frame)
    assert b"share_id" in badge
    assert not any(b"actionUrl" in frame for frame in frames), "that is for the player alone"
    stored = await one(
        db, "SELECT data::text FROM frames WHERE data ->> 'badge_slug' = 'first_share'"
    )
    told = json.loads(stored)
    assert told["badge"] == {
        "slug": "first_share", "name": "First Hash", "rarity": "common", "xp_reward": 50,
        "description": "Submit your very first share to the pool", "category": "mining",
    }  # fmt: skip
    assert {"badge_slug", "badge_name", "rarity", "xp_reward", "earned_at"} <= told.keys()
    notification = told["notification"]
    assert (notification["type"], notification["subtype"]) == ("gamification", "badge_earned")
    assert notification["title"] == 'Badge Earned: "First Hash"'
    assert {"description", "timestamp", "actionUrl", "actionLabel"} <= notification.keys()
