"""A demo's miners: everybody may be one of them, and really signs."""

from __future__ import annotations

import httpx
from redis.asyncio import Redis

from tbg.adapters.simulator import DEMO_SEED, demo_key
from tbg.core.tx import Database
from tests.accounts import player
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.domains.gamification.play import play, share


async def challenge(client: httpx.AsyncClient, address: str) -> str:
    answer = await client.post("/api/v1/auth/challenge", json={"address": address})
    challenge_id: str = answer.json()["challenge_id"]
    return challenge_id


async def test_one_signs_in_as_a_demo_miner_that_has_mined(db: Database, redis: Redis) -> None:
    second = demo_key(DEMO_SEED, 1).address
    await play(db, [share(NOW, user=second)])
    async with client_of(make_app(db, redis, demo=True)) as client:
        assert (await client.get("/api/v1/demo/miners")).json() == {"addresses": [second]}
        wish = {"challenge_id": await challenge(client, second)}
        signed = (await client.post("/api/v1/demo/sign", json=wish)).json()
        answer = await client.post("/api/v1/auth/verify", json=wish | signed)
        assert answer.json()["user"]["address"] == second
        again = await client.post("/api/v1/demo/sign", json=wish)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/challenge_spent")


async def test_a_demo_signs_only_for_its_own_miners(db: Database, redis: Redis) -> None:
    async with client_of(make_app(db, redis, demo=True)) as client:
        wish = {"challenge_id": await challenge(client, player(0).address)}
        answer = await client.post("/api/v1/demo/sign", json=wish)
    assert answer.status_code == 404


async def test_elsewhere_there_are_no_demo_miners(db: Database, redis: Redis) -> None:
    address = demo_key(DEMO_SEED, 0).address
    await play(db, [share(NOW, user=address)])
    async with client_of(make_app(db, redis)) as client:
        assert (await client.get("/api/v1/demo/miners")).status_code == 404
        wish = {"challenge_id": await challenge(client, address)}
        assert (await client.post("/api/v1/demo/sign", json=wish)).status_code == 404
