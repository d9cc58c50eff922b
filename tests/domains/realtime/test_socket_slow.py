"""Clients that do not take what they are sent."""

from __future__ import annotations

import asyncio
import json
import socket as sockets

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from tbg.core import limits
from tests.domains.realtime.talk import ask, close_code, hear

BIG = " " + json.dumps({"channel": "c", "type": "big", "data": "x" * 16_000})[1:]


async def stalled(host: str) -> ClientConnection:
    """A client that subscribes and from then on reads next to nothing."""
    plain = sockets.socket()
    plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    name, _, port = host.partition(":")
    plain.connect((name, int(port)))
    client = await connect(f"ws://{host}/ws", sock=plain, max_queue=1, ping_interval=None)
    assert (await ask(client, "subscribe", channels=["pool"]))["type"] == "subscribed"
    return client


async def flood(redis: Redis, app: FastAPI, *, until: int) -> int:
    """Publish big frames until only `until` sockets are left; how many it took."""
    sent = 0
    async with asyncio.timeout(60):
        while len(app.state.hub) > until:
            await redis.publish("tbg:frames:pool", BIG)
            sent += 1
            await asyncio.sleep(0)
    return sent


async def test_a_stalled_client_is_closed_with_1013_and_the_others_lose_nothing(
    host: str, app: FastAPI, redis: Redis
) -> None:
    overflows = REGISTRY.get_sample_value("tbg_socket_overflows_total") or 0
    slow = [await stalled(host) for _ in range(5)]
    async with connect(f"ws://{host}/ws", max_queue=None) as quick:
        await ask(quick, "subscribe", channels=["pool"])
        sent = await flood(redis, app, until=1)
        for _ in range(sent):
            assert (await hear(quick))["type"] == "big"
        assert (await ask(quick, "ping"))["type"] == "pong"
    assert (REGISTRY.get_sample_value("tbg_socket_overflows_total") or 0) == overflows + 5
    # Whoever reads on after all finds the reason behind what was sent before.
    assert [await close_code(client) for client in slow] == [1013] * 5


async def test_a_client_that_stops_reading_is_cut_off(
    host: str, app: FastAPI, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOCKET_SEND_SECONDS", 0.5)
    slow = await stalled(host)
    await flood(redis, app, until=0)
    await asyncio.sleep(1)
    # The line itself is gone: what was left in buffers may come, a proper end never does.
    assert await close_code(slow) is None


async def test_a_frame_that_is_not_read_in_time_closes_the_socket(
    host: str, app: FastAPI, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when too few frames wait for the mailbox to run over."""
    monkeypatch.setattr(limits, "SOCKET_QUEUE", 1_000_000)
    slow = await stalled(host)
    (mailbox,) = app.state.hub._mailboxes
    while len(mailbox._packets) < 20:
        await redis.publish("tbg:frames:pool", BIG)
        await asyncio.sleep(0)
    monkeypatch.setattr(limits, "SOCKET_SEND_SECONDS", 0.5)
    async with asyncio.timeout(10):
        while len(app.state.hub):
            await asyncio.sleep(0.05)
    slow.transport.abort()
