"""Races that a schedule meets by chance, here on purpose."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.app.relay import Relay
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions import Award, Grant, lock, reward
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.gamification.events import StreakExpiring
from tbg.domains.gamification.queries import badge_catalogue
from tests.conftest import NOW

CONNECTIONS = 100
ROUNDS = 10  # of so many awards at once: 1,000 in all
USERS = list(range(1, 11))


def message(number: int) -> StreakExpiring:
    return StreakExpiring(user_id=1, streak=number, week_iso="2026-W09", week_end=NOW.date())


async def test_the_relay_sees_messages_that_commit_late(db: Database, redis: Redis) -> None:
    async with db.transaction() as tx:
        await tx.run("INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE VALUES (1, :now)",
                     now=tx.now)  # fmt: skip
        await tx.run("INSERT INTO user_addresses VALUES ('a', 1, :now)", now=tx.now)
    relay = Relay(db, Broadcast(redis))
    written, go = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction() as tx:
            await tx.run(
                """
                INSERT INTO outbox (event_id, type, payload, user_ids, created_at)
                SELECT gen_random_uuid(), 'StreakExpiring', CAST(:payload AS jsonb), '{1}', :now
                FROM generate_series(1, 3)
                """,
                payload=message(1).model_dump_json(),
                now=tx.now,
            )
            written.set()
            await go.wait()

    early = asyncio.create_task(slow())
    await written.wait()
    async with db.transaction() as tx:
        tx.announce(message(2))
    assert await relay.drain() == 1  # higher ids, committed first
    go.set()
    await early
    assert await relay.drain() == 3  # lower ids, committed late
    async with db.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
        ids = [row.id for row in await tx.rows("SELECT id FROM frames ORDER BY id")]
    assert ids == [1, 2, 3, 4]


async def test_two_relays_never_deliver_one_message_twice(db: Database, redis: Redis) -> None:
    async with db.transaction() as tx:
        await tx.run("INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE VALUES (1, :now)",
                     now=tx.now)  # fmt: skip
        await tx.run("INSERT INTO user_addresses VALUES ('a', 1, :now)", now=tx.now)
        for number in range(1_200):
            tx.announce(message(number))
    relays = [Relay(db, Broadcast(redis)) for _ in range(4)]
    assert sum(await asyncio.gather(*(relay.drain() for relay in relays))) == 1_200
    async with db.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM frames") == 1_200
        assert await tx.value("SELECT max(id) FROM frames") == 1_200


@pytest.mark.timeout(300)
async def test_a_thousand_concurrent_awards_are_one(fresh_database: str) -> None:
    """100 connections, each giving the same badge and grant to the same users, in any order."""
    clock = FixedClock(NOW)
    db = connect(fresh_database, clock, size=CONNECTIONS)
    rng = Random(1)
    try:
        async with db.transaction() as tx:
            await load_registry(tx)
            badge = (await badge_catalogue(tx))["first_share"]
            deadlocks = await tx.value(_DEADLOCKS)

        async def give() -> None:
            for _ in range(ROUNDS):
                users = rng.sample(USERS, len(USERS))
                async with db.transaction() as tx:
                    await lock(tx, users)
                    await reward(
                        tx,
                        awards=[Award(user, badge, NOW, {}) for user in users],
                        grants=[_quest(user) for user in users],
                    )

        await asyncio.gather(*(give() for _ in range(CONNECTIONS)))
        async with db.transaction() as tx:
            rows = await tx.rows("SELECT total_xp, badges_earned FROM user_gamification")
            assert {tuple(row) for row in rows} == {(57, 1)}
            assert len(rows) == len(USERS)
            assert await tx.value("SELECT count(*) FROM user_badges") == len(USERS)
            assert await tx.value("SELECT sum(amount) FROM xp_ledger") == 57 * len(USERS)
            told = await tx.rows("SELECT type, count(*) AS n FROM outbox GROUP BY type")
            counts = {row.type: row.n for row in told}
            assert counts == {"BadgeEarned": len(USERS), "XpGained": 2 * len(USERS)}
            assert await tx.value(_DEADLOCKS) == deadlocks
    finally:
        await db.close()


_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def _quest(user: int) -> Grant:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return Grant(user, f"quest:{user}:first:once", 7, "quest", "first", "A quest", at)
