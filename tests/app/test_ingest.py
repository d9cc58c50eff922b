"""The way in, on real servers: once, whatever comes twice, late, bad or interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from tbg.adapters.streams import (
    BLOCK_FOUND,
    DEAD_LETTER,
    MINER_CONNECTED,
    MINER_DISCONNECTED,
    SHARE_BEST_DIFF,
    SHARE_SUBMITTED,
    Batch,
    Entry,
    backlog,
)
from tbg.app import ingest
from tbg.app.ingest import PROJECTIONS
from tbg.core import limits
from tbg.core.tx import Database, Tx
from tests.conftest import NOW
from tests.events import ADDRESS, ingest_on, one, publish, share


async def test_a_share_makes_a_user_a_worker_and_its_sums(db: Database, redis: Redis) -> None:
    await publish(redis, share(NOW), share(NOW, accepted="false", sdiff="-1", errn=1))
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT count(*) FROM users") == 1
    assert await one(db, "SELECT count(*) FROM shares") == 2
    async with db.transaction() as tx:
        row = await tx.row("SELECT accepted, rejected, work, best_sdiff FROM daily_shares")
    assert row is not None
    assert tuple(row) == (1, 1, 1000, 5120)
    assert await one(db, "SELECT total_shares FROM user_gamification") == 1
    assert await backlog(redis) == 0


async def test_repeats_have_no_effect_at_all(db: Database, redis: Redis) -> None:
    shares = [share(NOW - timedelta(minutes=n)) for n in range(30)]
    await publish(redis, *shares, *shares)
    await ingest_on(db, redis, batch_events=7).drain()
    await publish(redis, *reversed(shares))
    await ingest_on(db, redis).drain()
    for sql in (
        "SELECT count(*) FROM shares",
        "SELECT total_shares FROM user_gamification",
        "SELECT sum(share_count)::int FROM streak_calendar",
        "SELECT sum(accepted)::int FROM hourly_shares",
    ):
        assert await one(db, sql) == 30, sql


async def test_one_key_with_two_payloads_keeps_the_first_and_counts_an_alarm(
    db: Database, redis: Redis
) -> None:
    before = ingest.EVENTS.labels("conflicting")._value.get()
    await publish(redis, share(NOW, event_id="x", sdiff="2000"))
    await ingest_on(db, redis).drain()
    await publish(redis, share(NOW, event_id="x", sdiff="9000"))
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT sdiff FROM shares") == 2000
    assert ingest.EVENTS.labels("conflicting")._value.get() == before + 1


async def test_bad_events_are_dead_letters_and_good_ones_flow(db: Database, redis: Redis) -> None:
    await publish(redis, share(NOW), share(NOW, sdiff="nan"), share(NOW, user="nobody"), share(NOW))
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT count(*) FROM shares") == 2
    assert await redis.xlen(DEAD_LETTER) == 2


async def test_an_event_that_fails_by_itself_is_a_dead_letter_after_five_failures(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def choke(tx: Tx, batch: Batch) -> Batch:
        if any(fact.worker == "poison" for fact in batch.shares):
            await tx.run("SELECT 1 / 0")
        return batch

    monkeypatch.setattr(limits, "CLAIM_IDLE_MS", 1)
    await publish(
        redis, *[share(NOW, worker="fine") for _ in range(9)], share(NOW, worker="poison")
    )
    tries = ingest_on(db, redis, projections=[*PROJECTIONS, choke])
    await tries.reader.ensure_group()
    await tries.process(await tries.reader.read(block_ms=None))
    assert await one(db, "SELECT count(*) FROM shares") == 9
    for failures in range(1, 5):
        assert await redis.xlen(DEAD_LETTER) == 0, failures
        await tries.process(await tries.reader.claim(idle_ms=0))
    assert await redis.xlen(DEAD_LETTER) == 1
    assert await backlog(redis) == 0
    assert await redis.hlen("mining:failures") == 0  # type: ignore[misc]


async def test_a_temporary_failure_never_counts(db: Database, redis: Redis) -> None:
    away = 3

    async def connection_lost(tx: Tx, batch: Batch) -> Batch:
        nonlocal away
        if away:
            away -= 1
            await tx.run("SELECT pg_terminate_backend(pg_backend_pid())")
        return batch

    await publish(redis, share(NOW))
    await ingest_on(db, redis, projections=[*PROJECTIONS, connection_lost]).drain()
    assert await one(db, "SELECT count(*) FROM shares") == 1
    assert await redis.exists("mining:failures") == 0


async def test_a_batch_that_takes_too_long_is_halved_until_it_does_not(
    db: Database, redis: Redis
) -> None:
    tried: list[int] = []

    async def slow(tx: Tx, batch: Batch) -> Batch:
        tried.append(len(batch.shares))
        await tx.run("SET LOCAL statement_timeout = 50")
        await tx.run("SELECT pg_sleep(:wait)", wait=0.2 if len(batch.shares) > 2 else 0)
        return batch

    await publish(redis, *[share(NOW) for _ in range(8)])
    await ingest_on(db, redis, projections=[*PROJECTIONS, slow]).drain()
    assert tried == [8, 4, 2, 2, 4, 2, 2]
    assert await one(db, "SELECT count(*) FROM shares") == 8
    assert await redis.exists("mining:failures") == 0


async def test_a_projection_receives_the_batch_that_the_previous_one_returned(
    db: Database, redis: Redis
) -> None:
    seen: list[Batch] = []

    async def without_shares(_: Tx, batch: Batch) -> Batch:
        return replace(batch, shares=())

    async def note(_: Tx, batch: Batch) -> Batch:
        seen.append(batch)
        return batch

    await publish(redis, share(NOW))
    projections = [note, *PROJECTIONS, note, without_shares, note]
    await ingest_on(db, redis, projections=projections).drain()
    first, full, last = seen
    assert (len(first.shares), len(first.users), len(first.workers)) == (1, 0, 0)
    assert (len(full.shares), len(full.users), len(full.workers)) == (1, 1, 1)
    assert last == replace(full, shares=())


async def test_a_service_that_waits_for_postgresql_stops_when_asked(
    db: Database, redis: Redis
) -> None:
    async def lost(tx: Tx, batch: Batch) -> Batch:
        await tx.run("SELECT pg_terminate_backend(pg_backend_pid())")
        return batch

    running = ingest_on(db, redis, projections=[*PROJECTIONS, lost])
    task = asyncio.create_task(running.run())
    await publish(redis, share(NOW))
    async with asyncio.timeout(10):
        while ingest.RETRIES._value.get() == 0 or await backlog(redis) == 0:
            await asyncio.sleep(0.05)
        running.stopping.set()
        await task
    assert await backlog(redis) == 1, "it is there for whoever comes next"
    assert await redis.exists("mining:failures") == 0
    await ingest_on(db, redis).drain()


async def test_entries_of_another_lane_are_not_processed_twice(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CLAIM_IDLE_MS", 1)
    batches: list[int] = []

    async def slow(_: Tx, batch: Batch) -> Batch:
        batches.append(len(batch.shares))
        await asyncio.sleep(0.3)
        return batch

    await publish(redis, *[share(NOW) for _ in range(3)])
    await ingest_on(db, redis, projections=[slow, *PROJECTIONS]).drain()
    assert batches == [3]


async def test_what_was_committed_but_not_acknowledged_is_dropped_by_its_key(
    db: Database, redis: Redis
) -> None:
    await publish(redis, *[share(NOW) for _ in range(5)])
    dying = ingest_on(db, redis)
    await dying.reader.ensure_group()
    entries = await dying.reader.read(block_ms=None)

    async def die(_: Any) -> None:
        raise asyncio.CancelledError

    dying.reader.acknowledge = die  # type: ignore[method-assign,assignment]
    with pytest.raises(asyncio.CancelledError):
        await dying.process(entries)
    heir = ingest_on(db, redis)
    await heir.process(await heir.reader.claim(idle_ms=0))
    assert await one(db, "SELECT total_shares FROM user_gamification") == 5
    assert await backlog(redis) == 0


async def test_several_consumers_side_by_side(db: Database, redis: Redis) -> None:
    shares = [
        share(NOW - timedelta(seconds=n), worker=f"w{n % 7}", event_id=f"e{n % 400}")
        for n in range(600)
    ]
    await publish(redis, *shares[:400], *shares[400:])
    services = [ingest_on(db, redis, batch_events=40) for _ in range(3)]
    await asyncio.gather(*[d.drain() for d in services])
    assert await one(db, "SELECT total_shares FROM user_gamification") == 400
    assert await one(db, "SELECT sum(accepted)::int FROM daily_shares") == 400
    assert (
        await one(db, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        == 0
    )


async def test_the_running_service_processes_new_events_and_stops_when_asked(
    db: Database, redis: Redis
) -> None:
    running = ingest_on(db, redis)
    task = asyncio.create_task(running.run())
    await publish(redis, share(NOW))
    async with asyncio.timeout(10):
        while await one(db, "SELECT count(*) FROM daily_shares") == 0:
            await asyncio.sleep(0.05)
        running.stopping.set()
        await task
    assert await redis.exists("tbg:heartbeat:ingest") == 1
    assert await redis.xinfo_consumers(SHARE_SUBMITTED, "gamification-group") == []


async def test_a_loop_that_fails_is_tried_again(db: Database, redis: Redis) -> None:
    running = ingest_on(db, redis)
    failures = ["a bug", "another"]
    consume = running._consume

    async def flaky() -> None:
        if failures:
            raise RuntimeError(failures.pop())
        running.stopping.set()
        await consume()

    await running._forever(flaky)
    assert failures == []


async def test_old_history_counts_but_is_not_kept_raw(db: Database, redis: Redis) -> None:
    old = NOW - timedelta(days=400)
    await publish(redis, share(old, history="true"), share(NOW - timedelta(days=2), history="true"))
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT count(*) FROM shares") == 1
    assert await one(db, "SELECT total_shares FROM user_gamification") == 2
    assert await one(db, "SELECT sum(accepted)::int FROM daily_shares") == 2
    assert await one(db, "SELECT count(*) FROM outbox") == 0


async def test_a_miner_with_only_connections_or_rejects_becomes_a_user(
    db: Database, redis: Redis
) -> None:
    await publish(redis, share(NOW, agent="bitaxe/2"), stream=MINER_CONNECTED)
    await publish(redis, share(NOW + timedelta(seconds=9)), stream=MINER_DISCONNECTED)
    await ingest_on(db, redis).drain()
    async with db.transaction() as tx:
        row = await tx.row("SELECT connected, agent FROM workers")
    assert row is not None
    assert tuple(row) == (False, "bitaxe/2")
    assert await one(db, "SELECT best_difficulty FROM user_gamification") == 0


async def test_what_a_miner_calls_itself_is_learnt_from_its_shares(
    db: Database, redis: Redis
) -> None:
    async def agent_after(*shares: dict[str, str]) -> str:
        await publish(redis, *shares)
        await ingest_on(db, redis).drain()
        return str(await one(db, "SELECT agent FROM workers"))

    await publish(redis, share(NOW), stream=MINER_CONNECTED)
    assert await agent_after() == "None"
    assert await agent_after(share(NOW, agent="bitaxe/1")) == "bitaxe/1"
    assert await agent_after(share(NOW, agent="bitaxe/2")) == "bitaxe/2"
    assert await agent_after(share(NOW, agent="cpuminer", history="true")) == "bitaxe/2"
    assert await agent_after(share(NOW)) == "bitaxe/2"


async def test_a_connection_is_no_share(db: Database, redis: Redis) -> None:
    await publish(redis, share(NOW - timedelta(hours=1)))
    await publish(redis, share(NOW), stream=MINER_CONNECTED)
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT last_seen FROM workers") == NOW - timedelta(hours=1)


async def test_worker_names_are_compared_without_case(db: Database, redis: Redis) -> None:
    await publish(redis, share(NOW, worker="Garage"), share(NOW, worker="gARAGE"))
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT count(*) FROM workers") == 1


async def test_a_worker_was_first_seen_with_its_earliest_share(db: Database, redis: Redis) -> None:
    for minutes in (3, 9, 1):
        await publish(redis, share(NOW - timedelta(minutes=minutes)))
        await ingest_on(db, redis).drain()
    async with db.transaction() as tx:
        row = await tx.row("SELECT first_seen, last_seen FROM workers")
    assert row is not None
    assert tuple(row) == (NOW - timedelta(minutes=9), NOW - timedelta(minutes=1))


async def test_a_block_reported_twice_is_one_block(db: Database, redis: Redis) -> None:
    told = {"height": 879_412, "hash": "00" * 32, "diff": "1e14", "backed": "true"}
    await publish(redis, share(NOW, **told), share(NOW, **told, source="b"), stream=BLOCK_FOUND)
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT count(*) FROM blocks") == 1
    assert await one(db, "SELECT blocks_found FROM user_gamification") == 1


async def test_the_state_does_not_depend_on_order_or_cut(db: Database, redis: Redis) -> None:
    monday = NOW.replace(day=2, hour=0, minute=0)
    moments = [
        monday - timedelta(microseconds=1),
        monday,
        monday + timedelta(microseconds=1),
        monday - timedelta(weeks=1),
        monday - timedelta(weeks=3),
    ]
    await publish(redis, *[share(at, sdiff=f"{n + 1}e6") for n, at in enumerate(moments)])
    await publish(redis, share(monday, diff="7e9"), stream=SHARE_BEST_DIFF)
    await ingest_on(db, redis, batch_events=1).drain()
    async with db.transaction() as tx:
        weeks = await tx.rows("SELECT week_iso, share_count FROM streak_calendar ORDER BY 1")
        state = await tx.row(
            "SELECT current_streak, longest_streak, best_difficulty FROM user_gamification"
        )
    assert [tuple(week) for week in weeks] == [
        ("2026-W07", 1),
        ("2026-W09", 2),
        ("2026-W10", 2),
    ]
    assert state is not None
    assert (state.current_streak, state.best_difficulty) == (2, 7e9)


async def test_every_batch_shows_miners_their_best_share(db: Database, redis: Redis) -> None:
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(f"tbg:frames:miner:{ADDRESS}")
        await publish(redis, share(NOW, sdiff="2000"), share(NOW, sdiff="8000"))
        await ingest_on(db, redis).drain()
        async with asyncio.timeout(5):
            while (message := await pubsub.get_message(timeout=1)) is None:
                continue
    assert b'"sdiff":8000' in message["data"]
    assert b'"count":2' in message["data"]


async def test_good_events_flow_among_poison(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in ten cannot be read, and some fail whenever they are tried: the rest never wait."""
    waited: list[float] = []

    async def choke(tx: Tx, batch: Batch) -> Batch:
        if any(fact.worker == "poison" for fact in batch.shares):
            raise ValueError("it fails every time")
        return batch

    ingesting = ingest_on(db, redis, projections=(*PROJECTIONS, choke))
    acknowledge = ingesting.reader.acknowledge

    async def note(entries: Iterable[Entry]) -> None:
        done = list(entries)
        await acknowledge(done)
        seconds, microseconds = await redis.time()
        now = seconds + microseconds / 1e6
        waited.extend(now - int(entry.id.partition("-")[0]) / 1000 for entry in done)

    monkeypatch.setattr(ingesting.reader, "acknowledge", note)
    running = asyncio.create_task(ingesting.run())
    for n in range(60):
        good = [share(NOW, worker=f"w{n % 7}", sdiff=n + m + 1) for m in range(9)]
        bad = share(NOW, worker="poison") if n % 20 == 0 else share(NOW, sdiff="nonsense")
        await publish(redis, *good, bad)
        await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        while len(waited) < 540:
            await asyncio.sleep(0.1)
    ingesting.stopping.set()
    await running
    assert await one(db, "SELECT count(*) FROM shares") == 540
    assert await redis.xlen(DEAD_LETTER) == 57
    assert await backlog(redis) == 3, "those that fail are tried again, by themselves"
    assert sorted(waited)[int(len(waited) * 0.99)] < 2
