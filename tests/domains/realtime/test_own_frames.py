"""A player's own frames: numbered, in order, complete, without duplicates, only for them."""

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
from tbg.core.frames import Frame
from tbg.core.tx import Database
from tbg.core.tx import connect as connect_database
from tbg.domains.accounts.actions.access import LookAgainData
from tbg.domains.accounts.actions.sessions import end_sessions
from tbg.domains.gamification.events import XpGained
from tbg.domains.realtime.jobs import prune_frames
from tests.accounts import SignedIn, key_of, link, player, sign_in
from tests.api import client_of
from tests.conftest import NOW
from tests.domains.realtime.talk import ask, closing, hear


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
            gained = {"amount": amount, "total_xp": amount, "total_after": amount, "level": 1}
            said = {"source": "share", "source_id": None, "description": "100 shares", "at": tx.now}
            tx.announce(XpGained(user_id=user_id, **gained, **said))
    await Relay(db, Broadcast(redis)).drain()


async def told(socket: ClientConnection, many: int) -> list[tuple[int, int]]:
    """The next frames: their numbers and amounts."""
    frames = [await hear(socket) for _ in range(many)]
    assert {(frame["subject"], frame["type"]) for frame in frames} == {("me", "xp_gained")}
    return [(frame["id"], frame["data"]["amount"]) for frame in frames]


async def silence(socket: ClientConnection) -> None:
    """Nothing waits: the next that comes is what we ask for."""
    assert (await ask(socket, "ping"))["type"] == "pong"


async def test_a_players_own_frames_are_numbered(
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


async def test_a_stored_frame_equals_the_live_one(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    async with page_of(me, host, app) as live, page_of(me, host, app) as late:
        await ask(live, "subscribe", channels=["me"])
        await tell(db, redis, 10)
        await ask(late, "resume", channels=["me"], after=0)
        assert await hear(late) == await hear(live)


@pytest.mark.parametrize("after", [None, -1, 4, 10**30, "2", 2.0, True, [2]])
async def test_resume_without_stored_frames_gives_a_snapshot(
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


async def test_frames_that_redis_lost_arrive_in_order(
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


async def test_more_frames_than_a_queue_holds_are_resumed_in_pieces(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    many = 2 * limits.SOCKET_QUEUE + 3
    await tell(db, redis, *range(1, many + 1))
    async with page_of(me, host, app) as socket:
        await ask(socket, "resume", channels=["me"], after=0)
        assert await told(socket, many) == [(n, n) for n in range(1, many + 1)]


async def test_nobody_receives_another_players_frames(
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
            assert (await hear(stranger))["data"] == {"channels": [], "after": None}
        assert not [name for name in app.state.hub._followers if name.startswith("me")]


@pytest.mark.parametrize("how", ["logout", "logout-all", "another device", "unlinked", "merged"])
async def test_signing_out_closes_the_socket_at_once(
    host: str, app: FastAPI, me: SignedIn, how: str
) -> None:
    async with client_of(app) as client:
        other = await sign_in(client, 0 if how == "another device" else 1)
        async with page_of(other if how == "merged" else me, host, app) as socket:
            await ask(socket, "subscribe", channels=["pool"])  # whatever it listens to
            match how:
                case "logout" | "logout-all":
                    assert (await me.ask("POST", f"/auth/{how}")).status_code == 204
                case "another device":
                    sessions = (await other.ask("GET", "/users/me/sessions")).json()["sessions"]
                    (its_id,) = [one["id"] for one in sessions if not one["current"]]
                    path = f"/users/me/sessions/{its_id}"
                    assert (await other.ask("DELETE", path)).status_code == 204
                case "unlinked":
                    async with app.state.database.transaction() as tx:
                        address = player(0).address
                        await end_sessions(tx, user_id=1, address=address, why="address unlinked")
                case "merged":
                    assert (await link(me, 1)).status_code == 201
            async with asyncio.timeout(1):
                assert await closing(socket) == (1008, "revoked")
        await asyncio.sleep(0.05)
        assert not app.state.hub._followers


async def test_who_uses_a_key_is_cut_off_when_it_is_revoked(
    host: str, app: FastAPI, me: SignedIn
) -> None:
    made = await key_of(me, "read")
    bearer = {"Authorization": f"Bearer {made['key']}"}
    async with connect(f"ws://{host}/ws", additional_headers=bearer) as socket:
        await ask(socket, "subscribe", channels=["me"])
        path = f"/users/me/api-keys/{made['api_key']['id']}"
        assert (await me.ask("DELETE", path)).status_code == 204
        async with asyncio.timeout(1):
            assert await closing(socket) == (1008, "revoked")


async def test_other_sessions_of_the_same_player_go_on(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    async with client_of(app) as client, page_of(me, host, app) as socket:
        other = await sign_in(client, 0)
        await ask(socket, "subscribe", channels=["me"])
        assert (await other.ask("POST", "/auth/logout")).status_code == 204
        await tell(db, redis, 10)
        assert await told(socket, 1) == [(1, 10)]


async def test_a_session_that_runs_out_is_cut_off_as_expired(
    host: str, app: FastAPI, me: SignedIn, clock: FixedClock, redis: Redis
) -> None:
    end = NOW + limits.ACCESS_TOKEN_AGE
    clock.at = end - timedelta(seconds=0.3)
    async with page_of(me, host, app) as socket:  # its timer is set
        await ask(socket, "subscribe", channels=["me"])
        assert await closing(socket) == (1008, "expired")
    clock.at = end - timedelta(seconds=60)
    async with page_of(me, host, app) as socket:  # and who looks again knows it as well
        await ask(socket, "subscribe", channels=["me"])
        clock.at = end
        await look_again(redis, "session:1")
        assert await closing(socket) == (1008, "expired")


async def test_without_a_database_a_socket_must_reconnect(
    host: str, app: FastAPI, me: SignedIn, redis: Redis
) -> None:
    away = connect_database("postgresql://nobody@127.0.0.1:1/none", app.state.database.clock)
    async with page_of(me, host, app) as socket:
        await ask(socket, "subscribe", channels=["me"])
        app.state.gate.database = away
        await look_again(redis, "session:1")
        assert (await closing(socket))[0] == 1013
    await away.close()


async def test_unannounced_changes_are_noticed_too(
    host: str, app: FastAPI, db: Database, redis: Redis, me: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async with page_of(me, host, app) as socket:
        await ask(socket, "subscribe", channels=["me"])
        async with db.transaction() as tx:  # as while Redis is away
            await end_sessions(tx, user_id=1, why="signed out everywhere")
        monkeypatch.setattr(limits, "SOCKET_LOOK_SECONDS", 0.0)
        await tell(db, redis, 10)
        assert await closing(socket) == (1008, "revoked")


async def look_again(redis: Redis, subject: str) -> None:
    await Broadcast(redis).publish([Frame(subject, LookAgainData())], now=NOW)
