"""Nothing is published into a game that is not the pool's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tbg.adapters.ckpool import follow
from tbg.adapters.ckpool.outlet import NoGame
from tbg.adapters.streams.game import GAME, Game, write_game
from tbg.core.errors import BadArguments, CannotRun
from tests.adapters.ckpool.pool import Pool, share

FILE = f"0000006f/{0x6B014C9300000005:016x}.sharelog"
MAINNET = '{"v": 1, "network": "mainnet", "demo": false}'
DEMO = '{"v": 1, "network": "regtest", "demo": true}'


@pytest.fixture
def pool(pool: Pool) -> Pool:
    """A pool with one share, and a Redis that knows of no game."""
    pool.game = False
    pool.write(FILE, share(1) + b"\n")
    return pool


@pytest.mark.parametrize(
    ("game", "error", "said"),
    [
        (None, NoGame, "no game"),
        (MAINNET, BadArguments, "set TBG_NETWORK=mainnet"),
        (DEMO, CannotRun, "demo"),
        ('{"v": 2}', CannotRun, "version"),
    ],
)
def test_nothing_is_published_to_another_game_or_none(
    pool: Pool, game: str | None, error: type[Exception], said: str
) -> None:
    if game:
        pool.redis.set(GAME, game)
    with pytest.raises(error, match=said):
        pool.collect()
    assert pool.redis.keys("*") == ([GAME.encode()] if game else [])
    pool.game = True
    assert pool.collect().published == 1


def test_a_game_that_changes_receives_no_more_events(
    pool: Pool,
) -> None:
    async def run() -> None:
        pool.game = True
        async with pool.collector() as collector:
            await collector.sweep()
            pool.write(FILE, share(2) + b"\n")
            find = collector.outlet.record.folder

            def changed(folder: str) -> Any:
                pool.redis.set(GAME, DEMO)  # after the sweep began, before anything is published
                return find(folder)

            collector.outlet.record.folder = changed  # type: ignore[method-assign]
            with pytest.raises(CannotRun, match="demo"):
                await collector.sweep()

    asyncio.run(run())
    assert len(pool.published()) == 1


def test_a_follower_waits_for_its_game(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.02)

    async def run() -> None:
        stop = asyncio.Event()
        async with pool.collector() as collector:
            running = asyncio.create_task(follow.follow(collector, stop, lambda _: None))
            await asyncio.sleep(0.1)
            assert not running.done()
            assert pool.published() == []
            await write_game(collector.outlet.publisher.redis, Game("regtest", demo=False))
            while not pool.published():
                await asyncio.sleep(0.02)
            stop.set()
            await asyncio.wait_for(running, 2)

    asyncio.run(asyncio.wait_for(run(), 5))


def test_a_follower_of_a_game_that_became_a_demo_ends(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.02)

    async def run() -> None:
        async with pool.collector() as collector:
            await write_game(collector.outlet.publisher.redis, Game("regtest", demo=True))
            await follow.follow(collector, asyncio.Event(), lambda _: None)

    with pytest.raises(CannotRun, match="demo"):
        asyncio.run(asyncio.wait_for(run(), 5))
    assert pool.published() == []
