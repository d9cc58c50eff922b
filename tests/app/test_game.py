"""What the game is, as its services write it down for producers."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import beat
from tbg.adapters.streams.game import Game, read_game
from tbg.app.game import declare
from tbg.core.errors import CannotRun
from tbg.core.settings import load_settings
from tbg.core.tx import Database
from tests.conftest import NOW
from tests.events import ingest_on, publish, share


async def test_the_first_service_declares_the_game(db: Database, redis: Redis) -> None:
    assert await read_game(redis) is None
    said = await declare(load_settings(network="signet", demo=True), db, redis)
    assert await read_game(redis) == said == Game("signet", demo=True)


async def test_a_service_of_another_network_is_refused_while_others_run(
    db: Database, redis: Redis
) -> None:
    await declare(load_settings(network="signet"), db, redis)
    await beat(redis, "ingest")
    with pytest.raises(CannotRun, match="set the same value for all"):
        await declare(load_settings(network="regtest"), db, redis)
    assert await read_game(redis) == Game("signet", demo=False)
    await redis.delete("tbg:heartbeat:ingest")  # all are stopped: the network may be changed
    await declare(load_settings(network="regtest"), db, redis)
    assert await read_game(redis) == Game("regtest", demo=False)


async def test_a_network_other_than_that_of_the_players_is_refused(
    db: Database, redis: Redis
) -> None:
    await publish(redis, share(NOW))
    await ingest_on(db, redis).drain()
    with pytest.raises(CannotRun, match="a network other than regtest"):
        await declare(load_settings(network="regtest"), db, redis)
    assert await read_game(redis) is None


async def test_a_demo_stays_one_whatever_the_next_service_is_set_to(
    db: Database, redis: Redis
) -> None:
    await declare(load_settings(demo=True), db, redis)
    await beat(redis, "worker")
    assert await declare(load_settings(), db, redis) == Game("mainnet", demo=True)
    await redis.flushdb()
    await publish(redis, share(NOW, source="demo"))
    await ingest_on(db, redis).drain()
    assert await declare(load_settings(), db, redis) == Game("mainnet", demo=True)


async def test_ingest_declares_the_game_again_after_redis_lost_it(
    db: Database, redis: Redis
) -> None:
    ingest = ingest_on(db, redis, game=Game("mainnet", demo=False))
    await redis.flushdb()
    await ingest.housekeeping()
    assert await read_game(redis) == Game("mainnet", demo=False)
