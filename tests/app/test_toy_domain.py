"""A domain that is added: one folder, one line in the list of domains, and one migration."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from tbg.adapters.broadcast import Broadcast
from tbg.app import lifecycle
from tbg.app.api.frames import asyncapi
from tbg.app.domains import DOMAINS, handlers_of
from tbg.app.relay import Relay
from tbg.app.worker import Worker
from tbg.core.clock import FixedClock
from tbg.core.domain import Domain
from tbg.core.tx import Database
from tests import toy
from tests.accounts import SignedIn, sign_in
from tests.api import client_of, make_app, served
from tests.declarations import bodies, without_a_rate_limit, without_idempotency
from tests.domains.gamification.play import execute, rows, value
from tests.domains.realtime.talk import ask, hear
from tests.personal import declared, undeclared
from tests.promises import broken_promises
from tests.toy.actions import ring
from tests.toy.migration import UPGRADE

WITH_TOY = (*DOMAINS, toy.DOMAIN)
DESCRIBED = "`BellRung` /bells `bell_rung`"


@pytest.fixture
async def app(db: Database, redis: Redis) -> FastAPI:
    await execute(db, UPGRADE)
    return make_app(db, redis, domains=WITH_TOY)


@pytest.fixture
async def me(app: FastAPI) -> AsyncIterator[SignedIn]:
    async with client_of(app) as client:
        yield await sign_in(client)


async def deliver(db: Database, redis: Redis) -> None:
    await Relay(db, Broadcast(redis), handlers=handlers_of(WITH_TOY)).drain()


async def ring_bell(db: Database, user_id: int, *, heard_by: int | None = None) -> None:
    async with db.transaction(owners="shared") as tx:
        await ring(tx, user_id=user_id, heard_by=heard_by)


async def test_its_route_is_served_documented_and_counted(app: FastAPI, me: SignedIn) -> None:
    answers = [await me.ask("POST", "/bells") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[2].json() == {"number": 3}
    assert "/api/v1/bells" in app.openapi()["paths"]
    assert (without_a_rate_limit(app), without_idempotency(app)) == ([], [])
    assert bodies(app)
    async with client_of(app) as nobody:
        assert (await nobody.post("/api/v1/bells")).status_code == 401


async def test_its_event_is_a_numbered_frame_a_notification_and_lines_of_both_feeds(
    app: FastAPI, db: Database, redis: Redis, me: SignedIn
) -> None:
    address = me.key.address
    async with served(app) as host, socket_of(me, host, app) as socket:
        await ask(socket, "subscribe", channels=["me", f"miner:{address}", "pool"])
        await me.ask("POST", "/bells")
        await deliver(db, redis)
        frames = [await hear(socket) for _ in range(4)]
    told = {(frame["subject"], frame["type"]): frame for frame in frames}
    own = told["me", "bell_rung"]
    assert (own["id"], own["channel"], own["data"]["number"]) == (1, "toy", 1)
    assert own["data"]["notification"]["title"] == "Bell 1"
    assert told[f"miner:{address}", "bell_rung"]["id"] is None
    assert told[f"miner:{address}", "feed_item"]["data"]["id"] == "bell-1"
    assert told["pool", "feed_item"]["data"]["user"] is not None


def test_its_frame_is_in_both_documents(app: FastAPI) -> None:
    assert "BellRungFrame" in app.openapi()["components"]["schemas"]
    assert "BellRungFrame" in asyncapi(WITH_TOY, title="t", version="1")["components"]["messages"]
    assert (
        "BellRungFrame" not in asyncapi(DOMAINS, title="t", version="1")["components"]["messages"]
    )


async def test_its_job_is_run(
    app: FastAPI, db: Database, redis: Redis, redis_url: str, clock: FixedClock
) -> None:
    await ring_bell(db, 1)
    clock.move(timedelta(days=2))
    (job,) = toy.DOMAIN.jobs
    await Worker(db, redis, redis_url, jobs=(job,)).run_all_due()
    assert await value(db, "SELECT count(*) FROM bells") == 0


async def test_united_accounts_have_the_bells_of_both(app: FastAPI, db: Database) -> None:
    async with client_of(app) as client:
        gone, kept = [(await sign_in(client, n)).user["id"] for n in range(2)]
    for user_id in (gone, kept, kept):
        await ring_bell(db, user_id)
    async with db.transaction(owners="exclusive") as tx:
        await lifecycle.unite(tx, gone=gone, kept=kept, domains=WITH_TOY)
    assert await rows(db, "SELECT user_id, number FROM bells ORDER BY 2") == [
        (kept, number) for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("who", ["user_id", "heard_by"])
async def test_of_an_erased_player_no_bell_and_no_waiting_message_is_left(
    app: FastAPI, db: Database, who: str
) -> None:
    async with client_of(app) as client:
        one, other = [(await sign_in(client, n)).user["id"] for n in range(2)]
    await ring_bell(db, one, heard_by=other)
    gone = one if who == "user_id" else other
    async with db.transaction(owners="exclusive") as tx:
        await lifecycle.erase(tx, user_id=gone, domains=WITH_TOY)
    assert await value(db, "SELECT count(*) FROM outbox WHERE type = 'BellRung'") == 0
    assert await value(db, f"SELECT count(*) FROM bells WHERE user_id = {gone}") == 0


async def test_its_columns_that_refer_to_users_are_declared(app: FastAPI, db: Database) -> None:
    async with db.transaction() as tx:
        assert await undeclared(tx, declared(WITH_TOY)) == []
        (message,) = await undeclared(tx, declared(DOMAINS))
        assert message.startswith("bells.user_id may hold a user's id and is not declared")


async def test_its_data_is_in_the_export(app: FastAPI, db: Database, me: SignedIn) -> None:
    await ring_bell(db, me.user["id"])
    out = BytesIO()
    async with db.transaction() as tx:
        await lifecycle.export(tx, user_id=me.user["id"], out=out, domains=WITH_TOY)
    (bell,) = json.loads(zipfile.ZipFile(out).read("bells.json"))
    assert bell["number"] == 1


def test_it_keeps_every_promise() -> None:
    assert lacks(toy.DOMAIN, DESCRIBED) == []


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ({"personal": {}}, "say in `personal` of its record what merge, erasure and export do"),
        ({"merge": None}, "give its record `merge`"),
        ({"erase": None}, "give its record `erase`"),
        ({"export": None}, "give its record `export`"),
        ({"presenters": {}}, "give BellRung a presenter"),
        ({"frames": ()}, "put BellRungData into `frames`"),
        ({"jobs": ()}, "put its JOBS into `jobs`"),
        ({"router": None}, 'router="tests.toy.routes:router"'),
    ],
)
def test_what_its_record_lacks_is_named(without: dict[str, Any], message: str) -> None:
    (lack,) = lacks(replace(toy.DOMAIN, **without), DESCRIBED)
    assert message in lack


@pytest.mark.parametrize("word", DESCRIBED.split())
def test_what_the_documents_lack_is_named(word: str) -> None:
    (lack,) = lacks(toy.DOMAIN, DESCRIBED.replace(word, ""))
    assert "docs/" in lack


def lacks(domain: Domain, text: str) -> list[str]:
    return broken_promises(domain, package="tests.toy", text=text)


@asynccontextmanager
async def socket_of(who: SignedIn, host: str, app: FastAPI) -> AsyncIterator[ClientConnection]:
    cookie = {"Cookie": f"{app.state.cookies.access}={who.access_token}"}
    async with connect(f"ws://{host}/ws", additional_headers=cookie) as socket:
        yield socket
