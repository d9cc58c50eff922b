"""Whose request is next, and how many of pages and bodies one address gets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.adapters.hashing import Hashing
from tbg.app.api.turns import FairQueue
from tbg.core import limits
from tbg.core.tx import Database
from tests.accounts import key_of, sign_in
from tests.api import make_app, problem


@pytest.fixture
def app(db: Database, redis: Redis) -> FastAPI:
    return make_app(db, redis, trusted_proxies="127.0.0.1")


def from_(ip: str) -> dict[str, str]:
    return {"X-Forwarded-For": ip}


class Office:
    """Does what it is asked, a moment each, in the order of the queue."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.done: list[str] = []
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def work(self, who: str) -> None:
        await self.queue.enter(who)
        try:
            self.now[who] += 1
            self.now["all"] += 1
            self.most |= self.now
            await asyncio.sleep(0)
            self.done.append(who)
        finally:
            self.now[who] -= 1
            self.now["all"] -= 1
            self.queue.leave(who)


async def test_a_single_request_does_not_wait_behind_another_addresss_crowd() -> None:
    office = Office(FairQueue(at_once=4, each=2))
    crowd = [asyncio.create_task(office.work("crowd")) for _ in range(500)]
    others = [asyncio.create_task(office.work("crowd, too")) for _ in range(500)]
    await asyncio.sleep(0)
    await asyncio.gather(office.work("alone"))
    assert len(office.done) < 20
    await asyncio.gather(*crowd, *others)
    assert office.most == {"crowd": 2, "crowd, too": 2, "alone": 1, "all": 4}
    assert not office.queue._held
    assert not office.queue._waiting
    assert office.queue._free == 4


async def test_a_cancelled_request_releases_its_turn() -> None:
    queue = FairQueue(at_once=1, each=1)
    await queue.enter("first")
    for moment in ("while it waits", "as it is given"):
        gone = asyncio.create_task(queue.enter("gone"))
        last = asyncio.create_task(queue.enter("last"))
        await asyncio.sleep(0)
        if moment == "as it is given":
            queue.leave("first")
            gone.cancel()
        else:
            gone.cancel()
            await asyncio.sleep(0)
            queue.leave("first")
        async with asyncio.timeout(1):
            await last
        assert gone.done()
        queue.leave("last")
        await queue.enter("first")
    queue.leave("first")
    assert (queue._free, queue._held, len(queue._waiting)) == (1, {}, 0)


async def test_a_page_is_quick_while_another_address_asks_for_a_thousand(
    client: httpx.AsyncClient,
) -> None:
    async def ask(ip: str) -> float:
        begun = time.perf_counter()
        answer = await client.get("/api/v1/public/stats", headers=from_(ip))
        assert answer.status_code == 200
        return time.perf_counter() - begun

    await ask("9.9.9.2")
    crowd = [asyncio.create_task(ask("9.9.9.9")) for _ in range(600)]
    await asyncio.sleep(0.05)
    alone = await ask("9.9.9.1")
    begun = time.perf_counter()
    await asyncio.gather(*crowd)
    assert alone < (time.perf_counter() - begun) / 4


async def test_slow_bodies_and_slow_readers_hold_no_turn(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    more = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await more.wait()
        yield b"}"

    def post() -> Any:
        head = {"Content-Type": "application/json"} | from_("9.9.9.9")
        return client.post("/api/v1/auth/refresh", content=slow(), headers=head)

    waiting = [asyncio.create_task(post()) for _ in range(3 * limits.REQUESTS_EACH)]
    await asyncio.sleep(0.3)
    async with asyncio.timeout(2):
        assert (await client.get("/api/v1/levels", headers=from_("9.9.9.9"))).status_code == 200
    more.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {401}


async def test_bodies_of_one_address_are_held_up_to_a_bound(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 25_000)
    more = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b" " * 10_000
        await more.wait()
        yield b"{}"

    def post(ip: str) -> Any:
        head = {"Content-Type": "application/json"} | from_(ip)
        return client.post("/api/v1/auth/refresh", content=slow(), headers=head)

    held = [asyncio.create_task(post("9.9.9.9")) for _ in range(2)]
    await asyncio.sleep(0.1)
    problem(await post("9.9.9.9"), 429, "too_many_requests")
    other = asyncio.create_task(post("9.9.9.8"))
    more.set()
    assert [answer.status_code for answer in await asyncio.gather(*held, other)] == [401] * 3


async def test_what_is_outside_the_api_is_limited_too(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RATE_PAGES", (3, 600))
    for path in ("/", "/health", "/assets/none.js"):
        assert (await client.get(path, headers=from_("9.9.9.9"))).status_code != 429
    for _ in range(2):
        answer = await client.get("/", headers=from_("9.9.9.9"))
        problem(answer, 429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
    assert (await client.get("/", headers=from_("9.9.9.8"))).status_code == 200
    assert (await client.get("/api/v1/levels", headers=from_("9.9.9.9"))).status_code == 200


async def test_a_key_is_hashed_while_no_connection_is_held(
    client: httpx.AsyncClient, db: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = await sign_in(client)
    held = []
    hash_ = Hashing.hash

    async def noted(self: Hashing, secret: str) -> str:
        held.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
        return await hash_(self, secret)

    monkeypatch.setattr(Hashing, "hash", noted)
    assert (await key_of(me, "read"))["key"]
    assert held == [0]
