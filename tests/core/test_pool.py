"""The pool of database connections, across a restart of PostgreSQL."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
from redis.asyncio import Redis

from tbg.app.local import servers as local
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tests import servers
from tests.accounts import player
from tests.api import client_of, make_app


async def test_connections_that_the_server_has_closed_are_replaced_before_their_use(
    db: Database, fresh_database: str
) -> None:
    async with AsyncExitStack() as busy:
        for _ in range(3):
            tx = await busy.enter_async_context(db.transaction())
            await tx.value("SELECT 1")
    other = await asyncpg.connect(fresh_database)
    others = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tbg'"
    assert await other.fetchval(f"SELECT count(pg_terminate_backend(pid)) {others}") == 3
    while await other.fetchval(f"SELECT count(*) {others}"):
        await asyncio.sleep(0.01)
    await other.close()

    for _ in range(3):
        async with db.transaction() as tx:
            assert await tx.value("SELECT 1") == 1


async def test_the_first_request_after_a_restart_of_postgresql_is_answered(
    redis: Redis, clock: FixedClock
) -> None:
    with servers.embedded() as (pg, _):
        database = connect(pg.url, clock)
        async with client_of(make_app(database, redis)) as client:

            async def status() -> int:
                answer = await client.get(f"/api/v1/public/miners/{player(0).address}")
                return answer.status_code

            assert [await status(), *await asyncio.gather(status(), status())] == [404] * 3
            await asyncio.to_thread(local.stop, pg)
            local.spawn(pg)
            local.wait_ready(pg)
            await asyncio.sleep(0.1)  # as long as no request comes at the same moment
            assert [await status(), *await asyncio.gather(status(), status())] == [404] * 3
        await database.close()
