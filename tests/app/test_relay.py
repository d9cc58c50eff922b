"""The way out, on real servers: each message delivered, none lost, a bad one parked alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.app.relay import Relay
from tbg.core import limits, outbox
from tbg.core.clock import FixedClock
from tbg.core.event import Event
from tbg.core.frames import Frame, FrameData
from tbg.core.outbox import Delivery
from tbg.core.tx import Database, Tx
from tbg.domains.gamification.events import LevelUp
from tests import commands
from tests.conftest import NOW
from tests.events import ADDRESS, ingest_on, one, publish, share


class Rang(Event):
    """A bell rang."""

    times: int


def level_up(level: int) -> LevelUp:
    return LevelUp(user_id=1, old_level=1, new_level=level, title="x", total_xp=100, at=NOW)


class RangData(FrameData):
    """The frame of it."""

    CHANNEL: ClassVar[str] = "bells"
    TYPE: ClassVar[str] = "rang"

    times: int


async def announce(db: Database, *times: int) -> None:
    async with db.transaction() as tx:
        for number in times:
            tx.announce(Rang(times=number))


def relay(db: Database, redis: Redis, heard: list[int], *, bad: int | None = None) -> Relay:
    async def hear(tx: Tx, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            assert isinstance(delivery.event, Rang)
            if delivery.event.times == bad:
                raise ValueError("this bell is cracked")
            tx.show(Frame("pool", RangData(times=delivery.event.times)))
        heard.extend(d.event.times for d in deliveries if isinstance(d.event, Rang))

    return Relay(db, Broadcast(redis), handlers={Rang: (hear,)})


async def test_messages_are_delivered_in_order_and_once(db: Database, redis: Redis) -> None:
    heard: list[int] = []
    await announce(db, *range(700))
    assert await relay(db, redis, heard).drain() == 700
    assert heard == list(range(700))
    assert await relay(db, redis, heard).drain() == 0


async def test_a_bad_message_is_parked_without_delaying_others(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    heard: list[int] = []
    await announce(db, 1, 2, 3)
    out = relay(db, redis, heard, bad=2)
    await out.drain()
    assert [number for number in heard if number != 2] == [1, 3]
    for _ in range(limits.RELAY_ATTEMPTS):
        clock.move(timedelta(hours=2))
        await out.drain()
    async with db.transaction() as tx:
        row = await tx.row("SELECT attempts, parked_at, error FROM failed_deliveries")
    assert row is not None
    assert row.attempts == limits.RELAY_ATTEMPTS
    assert row.parked_at is not None
    assert "cracked" in row.error


async def test_draining_waits_for_the_last_attempt_and_counts_parked_messages(
    db: Database, redis: Redis, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RELAY_SWEEP_SECONDS", 0.01)
    heard: list[int] = []
    await announce(db, 1)
    assert await relay(db, redis, heard).finish() == 0
    await announce(db, 2, 3)
    task = asyncio.create_task(relay(db, redis, heard, bad=3).finish())
    while 2 not in heard:
        await asyncio.sleep(0.01)
    tries = "SELECT COALESCE(max(attempts), 0) FROM failed_deliveries"
    for done in range(1, limits.RELAY_ATTEMPTS):
        async with asyncio.timeout(10):
            while await one(db, tries) < done:
                await asyncio.sleep(0.01)
        assert not task.done()
        clock.move(timedelta(hours=2))
    async with asyncio.timeout(10):
        assert await task == 1


async def test_draining_ends_when_stopped(db: Database, redis: Redis) -> None:
    await announce(db, 1)
    out = relay(db, redis, [], bad=1)
    out.stopping.set()
    async with asyncio.timeout(10):
        assert await out.finish() == 0


async def test_parked_messages_are_listed_and_retried(
    db: Database, fresh_database: str, redis: Redis, redis_url: str
) -> None:
    async with db.transaction() as tx:
        for level in (2, 3):
            tx.announce(level_up(level))
    async with db.transaction() as tx:
        await tx.run(
            """
            INSERT INTO failed_deliveries (message_id, handler, attempts, next_at, parked_at, error)
            SELECT id, 'realtime.push', 10, :now, :now, 'Why' FROM outbox
            """,
            now=tx.now,
        )
        await tx.run("UPDATE outbox SET type = 'Forgotten', sent_at = :now", now=tx.now)
    env = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}

    def tbg(*words: str, code: int = 0) -> str:
        done = commands.tbg(*words, env=env)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    assert "2 parked messages: see `tbg events parked`" in tbg("relay", "--drain", code=3)
    first, second = (json.loads(line) for line in tbg("events", "parked", "--json").splitlines())
    assert (first["type"], first["error"], first["attempts"]) == ("Forgotten", "Why", 10)
    assert first["handler"] == "realtime.push"
    assert first["payload"]["new_level"] == 2
    assert tbg("events", "parked").splitlines()[-1] == "2 Forgotten"

    tbg("events", "retry", code=2)
    assert "message 999 is not parked" in tbg("events", "retry", f"{first['id']}", "999", code=1)
    assert await one(db, "SELECT count(*) FROM failed_deliveries WHERE parked_at IS NULL") == 0
    assert tbg("events", "retry", str(second["id"])) == "1 will be delivered again\n"
    assert tbg("events", "retry", "--all") == "1 will be delivered again\n"
    async with db.transaction() as tx:
        await tx.run("UPDATE outbox SET type = 'LevelUp'")  # the cause is fixed
    tbg("relay", "--drain")
    assert await one(db, "SELECT count(*) FROM failed_deliveries") == 0
    assert "No parked messages" in tbg("events", "parked")


async def test_what_a_failed_reaction_showed_is_not_shown(db: Database, redis: Redis) -> None:
    await announce(db, 1, 2)
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe("tbg:frames:pool")
        await relay(db, redis, [], bad=2).drain()
        frames = []
        for _ in range(10):
            message = await pubsub.get_message(timeout=0.05)
            frames += [message["data"]] if message else []
    assert len(frames) == 1
    assert b'"times":1' in frames[0]


async def test_a_row_that_commits_late_is_not_missed(db: Database, redis: Redis) -> None:
    heard: list[int] = []
    out = relay(db, redis, heard)
    async with db.transaction() as slow:
        slow.announce(Rang(times=1))
        await outbox.write(slow)  # has the lower id, and is not committed yet
        slow.announced.clear()
        await announce(db, 2)
        await out.drain()
        assert heard == [2]
    await out.drain()
    assert heard == [2, 1]


async def test_two_relays_share_the_work(db: Database, redis: Redis) -> None:
    heard: list[int] = []
    await announce(db, *range(900))
    await asyncio.gather(*[relay(db, redis, heard).drain() for _ in range(3)])
    assert sorted(heard) == list(range(900))


async def test_a_running_relay_reacts_to_nudges_and_stops_when_asked(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RELAY_SWEEP_SECONDS", 30)
    heard: list[int] = []
    out = relay(db, redis, heard)
    task = asyncio.create_task(out.run())
    async with asyncio.timeout(10):
        while await redis.pubsub_numsub("tbg:outbox") != [(b"tbg:outbox", 1)]:
            await asyncio.sleep(0.01)
        await announce(db, 1)
        await Broadcast(redis).publish([], now=NOW, nudge=True)
        while not heard:
            await asyncio.sleep(0.01)
        out.stopping.set()
        await Broadcast(redis).publish([], now=NOW, nudge=True)
        await task
    assert await redis.exists("tbg:heartbeat:relay") == 1


async def test_a_busy_relay_sends_heartbeats_and_stops_when_asked(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RELAY_SWEEP_SECONDS", 0)
    await announce(db, *range(5 * limits.RELAY_BATCH))
    heard: list[int] = []
    out = relay(db, redis, heard)
    deliver, beats = out.deliver, 0

    async def step() -> int:
        nonlocal beats
        beats += await redis.delete("tbg:heartbeat:relay")
        if len(heard) >= 2 * limits.RELAY_BATCH:
            out.stopping.set()
        return await deliver()

    monkeypatch.setattr(Relay, "deliver", lambda _: step())
    await asyncio.wait_for(out.run(), 20)
    assert len(heard) == 3 * limits.RELAY_BATCH
    assert beats == 3


async def test_an_unknown_event_is_parked_not_lost(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    await announce(db, 1)
    async with db.transaction() as tx:
        await tx.run("UPDATE outbox SET type = 'Forgotten'")
    out = relay(db, redis, [])
    for _ in range(limits.RELAY_ATTEMPTS):
        await out.drain()
        clock.move(timedelta(hours=2))
    assert await one(db, "SELECT count(*) FROM failed_deliveries WHERE parked_at IS NOT NULL") == 1


async def test_delivered_messages_are_forgotten_after_a_week(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    await announce(db, 1)
    await relay(db, redis, []).drain()
    clock.move(limits.OUTBOX_KEPT + timedelta(seconds=1))
    async with db.transaction() as tx:
        assert await outbox.prune(tx) == 1


async def test_frames_are_numbered_without_gaps_per_miner(db: Database, redis: Redis) -> None:
    other = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
    for at in (NOW - timedelta(days=1), NOW):
        both = [share(at, user=user, sdiff=f"{at.day}e6") for user in (ADDRESS, other)]
        await publish(redis, *both)
        await ingest_on(db, redis).drain()
    await Relay(db, Broadcast(redis)).drain()
    async with db.transaction() as tx:
        rows = await tx.rows("SELECT user_id, id, type FROM frames ORDER BY user_id, id")
    users = {row.user_id for row in rows}
    assert len(users) == 2
    for user in users:
        ids = [row.id for row in rows if row.user_id == user]
        assert ids == list(range(1, len(ids) + 1))
        types = [row.type for row in rows if row.user_id == user]
        assert types.count("badge_earned") == 2
        assert "level_up" in types
        assert types[-1] == "notification"  # the second day's best
