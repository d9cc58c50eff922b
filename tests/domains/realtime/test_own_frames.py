"""A player's own frames: numbered, in order, none twice and none missing, to him alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from tbg.adapters.broadcast import Broadcast
from tbg.app.relay import Relay
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.event import Frame
from tbg.core.tx import Database
from tbg.domains.gamification.events import XpGained
from tbg.domains.realtime.jobs import prune_frames
from tests.accounts import SignedIn, link, sign_in
from tests.api import client_of
from tests.conftest import NOW
from tests.domains.realtime.talk import ask, hear


@pytest.fixture
async def me(app: FastAPI) -> AsyncIterator[SignedIn]:
    async with client_of(app) as client:
        yield await sign_in(client, 0)


@asynccontextmanager
async def page_of(who: SignedIn, host: str, app: FastAPI) -> AsyncIterator[ClientConnection]:
    cookie = {"Cookie": f"{app.state.cookies.access}={who.access_token}"}
    async with connect(f"ws://{host}/ws", additional_headers=cookie) as socket:
        yield socket


async def tell(db: Database, redis: Redis, *amounts: int, user_id: int = 1) -> None:
    """One frame for each amount, through the outbox and the relay."""
    async with db.transaction() as tx:
        for amount in amounts:
            gained = {"amount": amount, "source": "share", "source_id": None}
            tx.announce(XpGained(user_id=user_id, **gained, total_xp=amount, level=1))
    await Relay(db, Broadcast(redis)).drain()


async def told(socket: ClientConnection, many: int) -> list[tuple[int, int]]:
    """The next frames: their numbers and amounts."""
    frames = [await hear(socket) for _ in range(many)]
    assert {(frame["subject"], frame["type"]) for frame in frames} == {("me", "xp_gained")}
    return [(frame["id"], frame["data"]["amount"]) for frame in frames]


async def silence(socket: ClientConnection) -> None:
    """Nothing waits: the next that comes is what we ask for."""
    assert (await ask(socket, "ping"))["type"] == "pong"


async def test_a_player_hears_his_own_numbered_from_now_on(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    await tell(db, redis, 10, 20)
    async with page_of(me, host, app) as socket:
        frame = await ask(socket, "subscribe", channels=["me", "pool"])
        assert frame["data"] == {"channels": ["me", "pool"], "after": 2}
        await tell(db, redis, 30)
        await tell(db, redis, 40, 50)
        assert await told(socket, 3) == [(3, 30), (4, 40), (5, 50)]
        await ask(socket, "unsubscribe", channels=["me"])
        await tell(db, redis, 60)
        await silence(socket)


async def test_who_was_away_takes_up_where_he_was(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    await tell(db, redis, 10, 20, 30)
    async with page_of(me, host, app) as socket:
        frame = await ask(socket, "resume", channels=["me"], after=1)
        assert (frame["type"], frame["data"]) == ("subscribed", {"channels": ["me"], "after": 1})
        assert await told(socket, 2) == [(2, 20), (3, 30)]
        await tell(db, redis, 40)
        assert await told(socket, 1) == [(4, 40)]
        await silence(socket)


async def test_a_frame_that_was_stored_is_what_was_sent_live(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    async with page_of(me, host, app) as live, page_of(me, host, app) as late:
        await ask(live, "subscribe", channels=["me"])
        await tell(db, redis, 10)
        await ask(late, "resume", channels=["me"], after=0)
        assert await hear(late) == await hear(live)


@pytest.mark.parametrize("after", [None, -1, 4, 10**30, "2", 2.0, True, [2]])
async def test_where_nothing_can_be_taken_up_a_snapshot_is_told(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn, after: Any
) -> None:
    await tell(db, redis, 10, 20, 30)
    async with page_of(me, host, app) as socket:
        frame = await ask(socket, "resume", channels=["me"], after=after)
        assert (frame["type"], frame["data"]["after"]) == ("subscribed", 3)
        frame = await hear(socket)
        assert (frame["type"], frame["data"]) == ("snapshot", {"channels": ["me"]})
        await tell(db, redis, 40)
        assert await told(socket, 1) == [(4, 40)]


async def test_what_is_not_kept_any_more_is_a_snapshot_too(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn, clock: FixedClock
) -> None:
    await tell(db, redis, 10, 20)
    clock.move(limits.FRAMES_KEPT + timedelta(seconds=1))
    await tell(db, redis, 30)
    assert await prune_frames(db) == 2
    clock.at = NOW
    async with page_of(me, host, app) as socket:
        assert (await ask(socket, "resume", channels=["me"], after=1))["data"]["after"] == 3
        assert (await hear(socket))["type"] == "snapshot"
        assert (await ask(socket, "resume", channels=["me"], after=2))["data"]["after"] == 2
        assert await told(socket, 1) == [(3, 30)]


async def test_what_redis_lost_and_what_came_meanwhile_comes_in_its_order(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn, monkeypatch: Any
) -> None:
    async with page_of(me, host, app) as socket:
        await ask(socket, "subscribe", channels=["me"])
        with monkeypatch.context() as patched:
            patched.setattr(Broadcast, "publish", _lost)
            await tell(db, redis, 10, 20)
        await tell(db, redis, 30)
        assert await told(socket, 3) == [(1, 10), (2, 20), (3, 30)]


async def _lost(*_: Any, **__: Any) -> None:
    await asyncio.sleep(0)


async def test_more_than_a_queue_holds_is_taken_up_piece_by_piece(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    many = 2 * limits.SOCKET_QUEUE + 3
    await tell(db, redis, *range(1, many + 1))
    async with page_of(me, host, app) as socket:
        await ask(socket, "resume", channels=["me"], after=0)
        assert await told(socket, many) == [(n, n) for n in range(1, many + 1)]


async def test_nobody_hears_anybody_elses(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    async with client_of(app) as client, page_of(me, host, app) as socket:
        await sign_in(client, 1)
        await ask(socket, "subscribe", channels=["me"])
        await tell(db, redis, 10, user_id=2)
        await silence(socket)
    async with connect(f"ws://{host}/ws") as stranger:
        for name, code in (("me", "sign_in_needed"), ("me:1", "unknown_channel")):
            assert (await ask(stranger, "subscribe", channels=[name]))["data"]["code"] == code
            assert (await hear(stranger))["data"] == {"channels": []}
        assert not [name for name in app.state.hub._followers if name.startswith("me")]


async def test_who_signs_out_hears_no_more(
    host: str,
    app: FastAPI,
    db: Database,
    redis: Redis,
    me: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with page_of(me, host, app) as socket:
        await ask(socket, "subscribe", channels=["me"])
        assert (await me.ask("POST", "/auth/logout")).status_code == 204
        monkeypatch.setattr(limits, "SOCKET_LOOK_SECONDS", 0.0)
        await tell(db, redis, 10)
        assert (await hear(socket))["type"] == "snapshot"
        await silence(socket)
        assert "me:1" not in app.state.hub._followers


async def test_who_was_united_with_another_is_to_read_again(
    host: str,
    app: FastAPI,
    db: Database,
    redis: Redis,
    me: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await tell(db, redis, 10, 20, 30)
    async with client_of(app) as client:
        other = await sign_in(client, 1)
        async with page_of(other, host, app) as socket:
            await ask(socket, "subscribe", channels=["me", "pool"])
            assert (await link(me, 1)).status_code == 201
            monkeypatch.setattr(limits, "SOCKET_LOOK_SECONDS", 0.0)
            pulse = Frame("dashboard", "pool", "stats_update", {})
            await Broadcast(redis).publish([pulse], now=NOW)
            heard = {(await hear(socket))["type"] for _ in range(2)}
            assert heard == {"stats_update", "snapshot"}
            await tell(db, redis, 40)
            await silence(socket)
            assert "me:2" not in app.state.hub._followers
