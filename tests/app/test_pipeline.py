"""One share, from the stream to the ledger and the public page; named as the documents name it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import BLOCK_FOUND, SHARE_BEST_DIFF
from tbg.app.relay import Relay
from tbg.core.tx import Database
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.events import ADDRESS, ingest_on, one, publish, share


@pytest.fixture
async def client(db: Database, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app(db, redis)) as found:
        yield found


class TestFullPipeline:
    """Integration: event -> trigger -> badge -> XP -> notification."""

    async def test_share_event_triggers_first_share_badge(
        self, client: httpx.AsyncClient, db: Database, redis: Redis
    ) -> None:
        event = share(NOW, worker="bitaxe-1", diff="256", sdiff="512")
        await publish(redis, event)
        await ingest_on(db, redis).drain()
        page = (await client.get(f"/api/v1/public/miners/{ADDRESS}")).json()
        assert [badge["slug"] for badge in page["badges"]["earned"]] == ["first_share"]
        assert page["xp"]["total_xp"] == 50
        # The same event again: nothing happens twice.
        await publish(redis, event)
        await ingest_on(db, redis).drain()
        page = (await client.get(f"/api/v1/public/miners/{ADDRESS}")).json()
        assert page["xp"]["total_xp"] == 50
        assert page["stats"]["shares_accepted"] == 1

    async def test_best_diff_event_triggers_difficulty_badges(
        self, client: httpx.AsyncClient, db: Database, redis: Redis
    ) -> None:
        best = share(NOW, diff="1500000000", period="alltime")
        await publish(redis, best, stream=SHARE_BEST_DIFF)
        await ingest_on(db, redis).drain()
        page = (await client.get(f"/api/v1/public/miners/{ADDRESS}")).json()
        slugs = {badge["slug"] for badge in page["badges"]["earned"]}
        assert slugs == {"diff_1e6", "diff_1e9"}

    async def test_block_found_triggers_legendary_badge(
        self, client: httpx.AsyncClient, db: Database, redis: Redis
    ) -> None:
        block = share(
            NOW, height=879_412, hash="00ab", diff="100847293444000", reward="312500000",
            backed="true",
        )  # fmt: skip
        await publish(redis, block, stream=BLOCK_FOUND)
        await ingest_on(db, redis).drain()
        page = (await client.get(f"/api/v1/public/miners/{ADDRESS}")).json()
        assert "block_finder" in {badge["slug"] for badge in page["badges"]["earned"]}
        assert page["xp"]["total_xp"] == 500
        assert page["stats"]["blocks_found"] == 1


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
    for key in (b"actionUrl", b"actionLabel", b"timestamp", b"share_id"):
        assert key in badge
