"""The watch over database connections that are held too long sees what it is there for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from tbg.adapters.http import AppHashing, Transaction
from tests.connections_held import take_found


async def hash_before(hashing: AppHashing, request: Request) -> None:
    await hashing.hash("secret")
    await request.app.state.redis.ping()


async def hash_within(tx: Transaction, hashing: AppHashing) -> None:
    await hashing.hash("secret")


async def verify_within(tx: Transaction, hashing: AppHashing) -> None:
    await hashing.verify("not a hash", "secret", mac=b"mac")


async def ask_redis_within(tx: Transaction, request: Request) -> None:
    await request.app.state.redis.ping()


@pytest.mark.parametrize(
    ("route", "held"),
    [(hash_before, ""), (hash_within, "argon2"), (verify_within, "argon2"),
     (ask_redis_within, "Redis")],
)  # fmt: skip
async def test_waiting_is_found_where_a_connection_is_held(
    app: FastAPI, client: httpx.AsyncClient, route: Callable[..., Any], held: str
) -> None:
    app.add_api_route("/api/v1/toy", route, operation_id="toy")
    answer = await client.get("/api/v1/toy")
    found = take_found()
    assert [line for line in found if f"waits for {held} " in line] == (found if held else [])
    assert bool(found) == bool(held)
    assert answer.status_code in (200, 500)
