"""The WebSocket as a browser meets it: the real server on a real port."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from btclib import b32
from fastapi import FastAPI
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tbg.adapters.broadcast import Broadcast
from tbg.core import limits
from tbg.core.frames import Frame
from tbg.core.tx import Database
from tbg.core.tx import connect as connect_database
from tbg.domains.accounts.actions.profile import change_profile
from tests.accounts import key_of, link, player, promoted, sign_in
from tests.api import client_of, served
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB
from tests.domains.realtime.talk import ask, close_code, hear, say
from tests.frames import Number


async def show(redis: Redis, subject: str, n: int) -> None:
    await Broadcast(redis).publish([Frame(subject, Number(n=n))], now=NOW)


async def test_control_frames_have_the_shape_of_all_frames(socket: ClientConnection) -> None:
    frame = await ask(socket, "ping")
    assert frame == {
        "id": None,
        "channel": "control",
        "subject": None,
        "type": "pong",
        "ts": NOW.isoformat(),
        "data": {},
    }
    assert datetime.fromisoformat(frame["ts"]) == NOW


async def test_only_frames_of_subscribed_channels_arrive(
    socket: ClientConnection, redis: Redis
) -> None:
    frame = await ask(socket, "subscribe", channels=[f"miner:{ALICE}", "pool"])
    assert (frame["type"], frame["data"]) == (
        "subscribed",
        {"channels": [f"miner:{ALICE}", "pool"], "after": None},
    )
    await show(redis, f"miner:{BOB}", 1)
    await show(redis, f"miner:{ALICE}", 2)
    await show(redis, "pool", 3)
    frames = [await hear(socket), await hear(socket)]
    assert [(f["subject"], f["type"], f["id"], f["data"]["n"]) for f in frames] == [
        (f"miner:{ALICE}", "best_diff", None, 2),
        ("pool", "best_diff", None, 3),
    ]


async def test_a_miner_not_heard_of_yet_may_be_followed(
    socket: ClientConnection, redis: Redis
) -> None:
    await ask(socket, "subscribe", channels=[f"miner:{BOB}"])
    await show(redis, f"miner:{BOB}", 1)
    assert (await hear(socket))["data"]["n"] == 1


async def test_a_channel_is_answered_in_our_spelling(
    socket: ClientConnection, redis: Redis
) -> None:
    frame = await ask(socket, "subscribe", channels=[f"miner:{ALICE.upper()}"])
    assert frame["data"]["channels"] == [f"miner:{ALICE}"]
    await show(redis, f"miner:{ALICE}", 1)
    assert (await hear(socket))["data"]["n"] == 1


async def test_a_player_of_several_addresses_is_followed_as_one_under_the_name_asked_for(
    socket: ClientConnection, app: FastAPI, redis: Redis
) -> None:
    async with client_of(app) as client:
        me = await sign_in(client, 0)
        assert (await link(me, 1)).status_code == 201
        change = {"handle": "Stoker", "privacy": {"address_shown": "hidden"}}
        assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
    assert (await ask(socket, "subscribe", channels=["miner:stoker"]))["data"]["channels"] == [
        "miner:stoker"
    ]
    for index in (0, 1):
        frame = Frame(f"miner:{player(index).address}", Number(n=index))
        await Broadcast(redis).publish([frame], now=NOW)
        heard = await hear(socket)
        assert (heard["subject"], heard["data"]) == ("miner:stoker", {"n": index})
        assert player(index).address not in str(heard)
    await ask(socket, "unsubscribe", channels=["miner:stoker"])
    assert not app.state.hub._followers


async def test_who_is_not_public_is_not_followed(socket: ClientConnection, app: FastAPI) -> None:
    async with client_of(app) as client:
        me = await sign_in(client, 0)
        change = {"handle": "Stoker", "privacy": {"profile_public": False}}
        assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
    for name in ("miner:Stoker", "miner:nobody-of-us"):
        refusal = await ask(socket, "subscribe", channels=[name])
        assert (refusal["type"], refusal["data"]["code"]) == ("error", "unknown_channel")
        assert (await hear(socket))["data"]["channels"] == []
    # Their address looks like one that has not mined yet, except that no frames ever arrive.
    for address in (player(0).address, player(1).address):
        answer = await ask(socket, "subscribe", channels=[f"miner:{address}"])
        assert answer["data"]["channels"] == [f"miner:{address}"]
    followed = {name for name in app.state.hub._followers if name.startswith("miner:")}
    assert followed == {f"miner:{player(1).address}"}


@pytest.mark.parametrize("how", ["closed", "address hidden", "untold"])
async def test_a_page_that_is_closed_is_followed_no_longer(
    socket: ClientConnection, app: FastAPI, db: Database, redis: Redis,
    monkeypatch: pytest.MonkeyPatch, how: str,
) -> None:  # fmt: skip
    name = f"miner:{player(0).address}"
    hidden = {"address_shown": "hidden"} if how == "address hidden" else {"profile_public": False}
    async with client_of(app) as client:
        me = await sign_in(client, 0)
        await ask(socket, "subscribe", channels=[name, "pool"])
        await show(redis, name, 1)
        assert (await hear(socket))["data"]["n"] == 1
        if how == "untold":  # Redis was away when it was closed
            async with db.transaction(owners="shared") as tx:
                await change_profile(tx, user_id=1, change=hidden)
            monkeypatch.setattr(limits, "SOCKET_LOOK_SECONDS", 0.0)
        else:
            change = {"privacy": hidden}
            assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
    await show(redis, name, 2)
    await show(redis, "pool", 3)
    heard = await hear(socket)
    assert (heard["subject"], heard["data"]["n"]) == ("pool", 3)
    assert set(app.state.hub._followers) <= {"pool", name, f"page:{player(0).address}"}


@pytest.mark.parametrize("how", ["is closed", "gets a hidden address", "is linked to a closed one"])
async def test_an_address_followed_before_it_had_an_owner_is_followed_no_longer_when_its_page(
    socket: ClientConnection, app: FastAPI, redis: Redis, how: str
) -> None:
    name = f"miner:{player(1).address}"
    closed: dict[str, Any] = {"privacy": {"profile_public": False}}
    hidden: dict[str, Any] = {"handle": "Stoker", "privacy": {"address_shown": "hidden"}}
    await ask(socket, "subscribe", channels=[name, "pool"])
    async with client_of(app) as client:
        if how == "is linked to a closed one":
            me = await sign_in(client, 0)
            assert (await me.ask("PATCH", "/users/me", json=closed)).status_code == 200
            assert (await link(me, 1)).status_code == 201
        else:
            me = await sign_in(client, 1)
            change = hidden if how == "gets a hidden address" else closed
            assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
    await show(redis, name, 1)
    await show(redis, "pool", 2)
    heard = await hear(socket)
    assert (heard["subject"], heard["data"]["n"]) == ("pool", 2)
    assert name not in app.state.hub._followers


async def test_a_name_that_is_let_go_is_not_used_for_its_subject_any_more(
    socket: ClientConnection, app: FastAPI, redis: Redis
) -> None:
    async with client_of(app) as client:
        me = await sign_in(client, 0)
        assert (await me.ask("PATCH", "/users/me", json={"handle": "Stoker"})).status_code == 200
    name = f"miner:{player(0).address}"
    for channel in ("miner:stoker", name):
        await ask(socket, "subscribe", channels=[channel])
        await show(redis, name, 1)
        assert (await hear(socket))["subject"] == channel
        await ask(socket, "unsubscribe", channels=[channel])


async def test_one_page_under_two_names_is_left_under_one_of_them(
    socket: ClientConnection, app: FastAPI, redis: Redis
) -> None:
    async with client_of(app) as client:
        me = await sign_in(client, 0)
        assert (await me.ask("PATCH", "/users/me", json={"handle": "Stoker"})).status_code == 200
    name = f"miner:{player(0).address}"
    await ask(socket, "subscribe", channels=["miner:stoker", name])
    await ask(socket, "unsubscribe", channels=["miner:stoker"])
    await show(redis, name, 1)
    assert (await hear(socket))["data"]["n"] == 1


async def test_without_a_database_no_miner_can_be_followed(host: str, app: FastAPI) -> None:
    away = connect_database("postgresql://nobody@127.0.0.1:1/none", app.state.database.clock)
    app.state.database = away
    async with connect(f"ws://{host}/ws") as late:
        await say(late, "subscribe", channels=[f"miner:{ALICE}"])
        assert await close_code(late) == 1013
    await away.close()


async def test_one_s_own_page_is_live_though_it_is_not_public(host: str, app: FastAPI) -> None:
    async with client_of(app) as client:
        me = await sign_in(client, 0)
        change = {"privacy": {"profile_public": False}}
        assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
    cookie = {"Cookie": f"{app.state.cookies.access}={me.access_token}"}
    async with connect(f"ws://{host}/ws", additional_headers=cookie) as socket:
        name = f"miner:{player(0).address}"
        assert (await ask(socket, "subscribe", channels=[name]))["data"]["channels"] == [name]


async def test_a_key_without_read_scope_cannot_follow_a_private_page(
    host: str, app: FastAPI, db: Database
) -> None:
    async with client_of(app) as client:
        me = await promoted(db, await sign_in(client, 0))
        change = {"privacy": {"profile_public": False}}
        assert (await me.ask("PATCH", "/users/me", json=change)).status_code == 200
        keys = {scope: (await key_of(me, scope))["key"] for scope in ("read", "service")}
    name = f"miner:{player(0).address}"
    for scope, subjects in (("read", {name}), ("service", set())):
        bearer = {"Authorization": f"Bearer {keys[scope]}"}
        async with connect(f"ws://{host}/ws", additional_headers=bearer) as socket:
            await ask(socket, "subscribe", channels=[name])
            followed = {one for one in app.state.hub._followers if one.startswith("miner:")}
            assert followed == subjects


async def test_after_unsubscribe_no_frames_arrive(socket: ClientConnection, redis: Redis) -> None:
    await ask(socket, "subscribe", channels=["pool", f"miner:{ALICE}"])
    frame = await ask(socket, "unsubscribe", channels=[f"miner:{ALICE}"])
    assert (frame["type"], frame["data"]) == ("unsubscribed", {"channels": [f"miner:{ALICE}"]})
    await show(redis, f"miner:{ALICE}", 1)
    await show(redis, "pool", 2)
    assert (await hear(socket))["data"]["n"] == 2


@pytest.mark.parametrize("after", [12, 0, -1, "nonsense", None, 2**80, [1]])
async def test_resume_on_public_subjects_subscribes_and_asks_to_read_again(
    socket: ClientConnection, redis: Redis, after: Any
) -> None:
    frame = await ask(socket, "resume", channels=["pool"], after=after)
    assert frame["type"] == "subscribed"
    frame = await hear(socket)
    assert (frame["type"], frame["data"]) == ("snapshot", {"channels": ["pool"]})
    await show(redis, "pool", 5)
    assert (await hear(socket))["data"]["n"] == 5


async def test_one_s_own_channel_needs_a_sign_in(socket: ClientConnection) -> None:
    frame = await ask(socket, "subscribe", channels=["me", "pool"])
    assert (frame["type"], frame["data"]["code"]) == ("error", "sign_in_needed")
    frame = await hear(socket)  # what is available is still delivered
    assert (frame["type"], frame["data"]) == ("subscribed", {"channels": ["pool"], "after": None})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"op":"subscribe","channels":["everything"]}', "unknown_channel"),
        ('{"op":"subscribe","channels":["miner:satoshi"]}', "unknown_channel"),
        ('{"op":"subscribe","channels":["miner:"]}', "unknown_channel"),
        ('{"op":"subscribe","channels":["pool\\u0000"]}', "unknown_channel"),
        ('{"op":"subscribe","channels":"pool"}', "bad_channels"),
        ('{"op":"subscribe"}', "bad_channels"),
        ('{"op":"unsubscribe","channels":[7]}', "bad_channels"),
        ('{"op":"subscribe","channels":["pool"],"since":1}', "unknown_field"),
        ('{"op":"ping","channels":["pool"]}', "unknown_field"),
        ('{"op":"dance"}', "unknown_op"),
        ('{"op":["ping"]}', "unknown_op"),
        ("[]", "unknown_op"),
        ('"ping"', "unknown_op"),
        ("{}", "unknown_op"),
    ],
)
async def test_an_unknown_message_is_answered_and_the_socket_stays(
    socket: ClientConnection, text: str, code: str
) -> None:
    await socket.send(text)
    frame = await hear(socket)
    assert (frame["channel"], frame["type"]) == ("control", "error")
    assert frame["data"]["code"] == code
    assert frame["data"]["detail"]
    while frame["type"] != "pong":  # a `subscribed` with no channels may come between
        frame = await ask(socket, "ping")


async def test_a_socket_follows_a_limited_number_of_channels(socket: ClientConnection) -> None:
    names = [f"miner:{address}" for address in _addresses(limits.SOCKET_SUBJECTS + 1)]
    frame = await ask(socket, "subscribe", channels=names)
    assert frame["data"]["code"] == "bad_channels"
    frame = await ask(socket, "subscribe", channels=names[:-1])
    assert len(frame["data"]["channels"]) == limits.SOCKET_SUBJECTS
    frame = await ask(socket, "subscribe", channels=names[-1:])
    assert frame["data"]["code"] == "too_many_channels"
    await ask(socket, "unsubscribe", channels=names[:1])
    frame = await ask(socket, "subscribe", channels=names[-1:])
    assert frame["type"] == "subscribed"


def _addresses(many: int) -> list[str]:
    return [b32.address_from_witness(0, n.to_bytes(20, "big"), "mainnet") for n in range(many)]


async def test_binary_is_1003(socket: ClientConnection) -> None:
    await socket.send(b'{"op":"ping"}')
    assert await close_code(socket) == 1003


@pytest.mark.parametrize("text", ["{", "", "NaN", '{"op":"ping"} x', "[" * 8_000])
async def test_bad_json_is_1007(socket: ClientConnection, text: str) -> None:
    await socket.send(text)
    assert await close_code(socket) == 1007


async def test_a_frame_over_the_limit_is_1009(socket: ClientConnection) -> None:
    padding = " " * (limits.SOCKET_FRAME_BYTES - len('{"op":"ping"}'))
    await socket.send('{"op":"ping"}' + padding)
    assert (await hear(socket))["type"] == "pong"
    await socket.send('{"op":"ping"}' + padding + " ")
    assert await close_code(socket) == 1009


async def test_a_flood_is_1008(socket: ClientConnection) -> None:
    allowed = limits.SOCKET_FRAMES
    for _ in range(allowed):
        assert (await ask(socket, "ping"))["type"] == "pong"
    for _ in range(allowed):
        await say(socket, "ping")
    assert await close_code(socket) == 1008


async def test_what_follows_a_refusal_is_not_obeyed(socket: ClientConnection, app: FastAPI) -> None:
    await socket.send("{")
    for _ in range(5):
        await say(socket, "subscribe", channels=["pool"])
    assert await close_code(socket) == 1007
    await _until_empty(app)


async def _until_empty(app: FastAPI) -> None:
    async with asyncio.timeout(5):
        while len(app.state.hub) or app.state.hub._followers:
            await asyncio.sleep(0.01)


async def test_a_socket_that_has_gone_is_forgotten(host: str, app: FastAPI) -> None:
    for abruptly in (False, True):
        socket = await connect(f"ws://{host}/ws")
        await ask(socket, "subscribe", channels=["pool", f"miner:{ALICE}"])
        assert len(app.state.hub) == 1
        if abruptly:
            socket.transport.abort()
        else:
            await socket.close()
        await _until_empty(app)


async def test_a_process_that_is_full_sends_sockets_elsewhere(
    host: str, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOCKETS", 1)
    async with connect(f"ws://{host}/ws") as first:
        await ask(first, "ping")
        async with connect(f"ws://{host}/ws") as second:
            assert await close_code(second) == 1013
        assert (await ask(first, "ping"))["type"] == "pong"


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),
        ("http://{host}", True),
        ("http://127.0.0.1:8000", True),  # the public URL
        ("https://evil.example", False),
        ("http://127.0.0.1:8000.evil.example", False),
        ("http://{host}@evil.example", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
async def test_pages_of_others_may_not_open_a_socket(
    host: str, origin: str | None, welcome: bool
) -> None:
    headers = {} if origin is None else {"Origin": origin.format(host=host)}
    opening = connect(f"ws://{host}/ws", additional_headers=headers)
    if welcome:
        async with opening as socket:
            assert (await ask(socket, "ping"))["type"] == "pong"
    else:
        with pytest.raises(InvalidStatus) as refused:
            await opening
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("name", "welcome"), [("rebound.example", False), ("pool.local", True)])
async def test_a_page_of_a_name_that_leads_here_may_open_one_if_no_stranger_owns_the_name(
    host: str, name: str, welcome: bool
) -> None:
    port = int(host.rpartition(":")[2])
    page = {"Origin": f"http://{name}:{port}"}
    url = f"ws://{name}:{port}/ws"
    opening = connect(url, host="127.0.0.1", port=port, additional_headers=page)
    if welcome:
        async with opening as socket:
            assert (await ask(socket, "ping"))["type"] == "pong"
    else:
        with pytest.raises(InvalidStatus):
            await opening


async def test_no_socket_at_another_path(host: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{host}/wsx")
    assert refused.value.response.status_code == 403


async def test_nothing_is_compressed(host: str) -> None:
    async with connect(f"ws://{host}/ws", compression="deflate") as socket:
        assert socket.protocol.extensions == []


async def test_a_stopping_server_closes_sockets_with_a_reason(app: FastAPI) -> None:
    async with served(app) as host:
        socket = await connect(f"ws://{host}/ws")
        await ask(socket, "subscribe", channels=["pool"])
    assert await close_code(socket) == 1012
