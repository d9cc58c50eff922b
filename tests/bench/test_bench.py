"""The benches, small and quick: their arithmetic, and that both ways have the same effects."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import redis as redis_sync
from redis.asyncio import Redis

from lab.bench import effects, fill, pipeline, rewards, scratch
from lab.bench.baseline import Baseline
from lab.bench.latency import Watch
from lab.bench.scratch import prepare, require_fair
from lab.shares import bench_shares
from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import Reader
from tbg.app.ingest import Ingest
from tbg.app.verifier import verify
from tbg.core import machine
from tbg.core.clock import FixedClock
from tbg.core.errors import BadArguments
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions.registry import read_registry
from tests import commands, servers
from tests.conftest import NOW

MONDAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def tbg(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """`tbg bench …`, which must end with `code`."""
    done = commands.tbg("bench", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def two(pg_url: str, migrated_template: str) -> Iterator[list[str]]:
    """Two migrated databases of the test's own."""
    with (
        servers.database(pg_url, template=migrated_template) as one,
        servers.database(pg_url, template=migrated_template) as other,
    ):
        yield [one, other]


async def take(
    way: str, database: Database, url: str, redis: Redis, shares: pipeline.Entries
) -> list[tuple[Any, ...]]:
    """Have one of the two ways take these shares; what it did."""
    reader = Reader(redis, consumer="test")
    await reader.ensure_group()
    await pipeline.publish(redis, shares)
    connection = await asyncpg.connect(url)
    try:
        if way == "baseline":
            baseline = await Baseline.ready(
                connection, redis, badges=read_registry(), clock=database.clock
            )
            assert await baseline.drain() == len(shares)
            assert await reader.backlog() == 0
        else:
            service = Ingest(database, reader, Broadcast(redis), "mainnet", batch_events=170)
            await service.drain()
        return await effects.effects(connection)
    finally:
        await connection.close()


async def test_both_ways_have_the_same_effects_and_good_books(two, redis, clock) -> None:
    # Across a Monday, some users past a hundred and one past a thousand, each share twice.
    some = list(bench_shares(7, 700, start=MONDAY - 0.35))
    one = list(bench_shares(1, 1_050, start=MONDAY - 700, seed="one"))
    found = []
    for way, url in zip(("pipeline", "baseline"), two, strict=True):
        database = connect(url, clock)
        await prepare(database)
        found.append(await take(way, database, url, redis, [*some, *one, *some[::3]]))
        if way == "pipeline":
            assert (await verify(database)).mismatches == 0
        await database.close()
    for mine, theirs in zip(*found, strict=True):
        assert mine == theirs
    assert {"shares_1k", "first_share"} <= {slug for row in found[0][:8] for slug in row[14]}
    assert any(len(row[16]) == 2 for row in found[0][:8])  # two weeks


async def test_what_differs_is_seen(two, redis, clock) -> None:
    url = two[0]
    database = connect(url, clock)
    await prepare(database)
    before = await take("pipeline", database, url, redis, list(bench_shares(5, 100, start=MONDAY)))
    connection = await asyncpg.connect(url)
    for lie in (
        "UPDATE user_gamification SET total_xp = total_xp + 1 WHERE user_id = 1",
        "UPDATE streak_calendar SET share_count = share_count - 1 WHERE user_id = 2",
        "DELETE FROM user_badges WHERE user_id = 3 AND badge_slug = 'first_share'",
        "UPDATE personal_bests SET best_difficulty = 1 WHERE user_id = 1",
        "UPDATE daily_shares SET work = work + 1 WHERE user_id = 5",
        "UPDATE shares SET diff = diff + 1 WHERE user_id = 4",
        "UPDATE event_keys SET digest = digest + 1",
        "DELETE FROM outbox WHERE type = 'BadgeEarned'",
    ):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(lie)
        assert await effects.effects(connection) != before, lie
        await transaction.rollback()
    assert await effects.effects(connection) == before
    await connection.close()
    await database.close()


async def test_sums_that_do_not_add_up_are_named(fresh_database) -> None:
    connection = await asyncpg.connect(fresh_database)
    before = await effects.sums(connection)
    assert effects.wrong_sums(before, before, shares=0, rolled_up=0) == []
    after = before | {
        "shares": 5,
        "keys": 5,
        "counted": 5,
        "in_calendar": 4,
        "in_days": 5,
        "deadlocks": 1,
    }
    wrong = effects.wrong_sums(before, after, shares=5, rolled_up=0)
    assert wrong == ["in_calendar grew by 4, not 5", "deadlocks grew by 1, not 0"]
    await connection.close()


async def test_a_filled_database_is_consistent_and_takes_new_shares(fresh_database, redis) -> None:
    database = connect(fresh_database, FixedClock(NOW))
    await prepare(database)
    await fill.fill(fresh_database, rows=4_000, users=80, active=8, now=NOW)
    connection = await asyncpg.connect(fresh_database)
    before = await effects.sums(connection)
    counted = ("shares", "keys", "counted", "in_calendar")
    assert {before[name] for name in counted} == {4_000}
    assert before["xp"] == before["ledger"] == 80 * 100
    shares = list(bench_shares(8, 400, start=NOW.timestamp() - 60))
    await take("pipeline", database, fresh_database, redis, shares)
    after = await effects.sums(connection)
    assert effects.wrong_sums(before, after, shares=400, rolled_up=400) == []
    users = "SELECT count(*) FROM users"
    assert await connection.fetchval(users) == 80  # those who mine were there before
    await connection.close()
    await database.close()


def test_medians_and_ratios_are_taken_over_the_rounds() -> None:
    measured = pipeline.Measured()
    for ours, theirs in ((100.0, 2.0), (10.0, 1.0), (90.0, 3.0)):
        measured.note(ours=ours, theirs=theirs)
    assert measured.median("ours") == 90
    assert measured.ratio("ours", "theirs") == 30  # not 90 / 2: within each round


def test_latency_is_from_sending_to_arrival_of_the_first_badge() -> None:
    watch = Watch()
    watch.sent = {"a": 0.0, "b": 1e18}
    frame = {"type": "badge_earned", "subject": "miner:a", "data": {"badge_slug": "first_share"}}
    watch.hear(json.dumps(frame | {"data": {"badge_slug": "diff_1e6"}}, separators=(",", ":")))
    watch.hear(json.dumps({"type": "share_submitted", "subject": "miner:a", "data": {}}))
    assert watch.arrived == {}
    watch.hear(json.dumps(frame, separators=(",", ":")))
    first = watch.arrived["a"]
    watch.hear(json.dumps(frame, separators=(",", ":")))
    assert watch.arrived == {"a": first}
    assert watch.latencies_ms() == [1000 * first]
    assert watch.frames == 4


def test_the_pipeline_is_measured_with_as_many_consumers_as_the_machine_carries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 2)
    monkeypatch.setattr(machine, "memory_bytes", lambda: 8 * 1024**3)
    words = ("--events", "1000", "--users", "40", "--batch", "100", "--json")
    result = json.loads(tbg("pipeline", *words).stdout)
    wanted = {"events": 1000, "users": 40, "rows_before": 0, "batch": 100, "consumers": 2}
    assert {name: result[name] for name in wanted} == wanted
    rates = ("events_per_s", "baseline_events_per_s", "copy_rows_per_s")
    assert all(result[name] > 0 for name in rates)
    assert len(result["events_per_s_rounds"]) == result["rounds"] == 3
    assert all(spent >= 0 for spent in result["cpu_us_per_event"].values())
    middle = statistics.median(result["events_per_s_rounds"])
    assert result["events_per_s"] == pytest.approx(middle, abs=1)
    pairs = zip(result["events_per_s_rounds"], result["baseline_rounds"], strict=True)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    assert result["ratio_baseline"] == pytest.approx(ratio, rel=0.05)
    assert result["events_per_s_with_rollups"] <= result["events_per_s"]
    assert 0 < result["ratio_copy"] < 1 < result["ratio_baseline"]
    assert result["wal_bytes_per_event"] > 300
    assert result["ratio_one_consumer"] > 0


def test_latency_and_scale_are_measured() -> None:
    words = ("--rate", "40", "--sockets", "20", "--seconds", "2", "--json")
    result = json.loads(tbg("latency", *words).stdout)
    assert (result["badges"], result["events"]) == (20, 80)
    assert 0 < result["p50_ms"] <= result["p95_ms"] <= result["p99_ms"] <= result["max_ms"]
    done = tbg("scale", "--rows", "20000", "--users", "2000", "--events", "200", "--json")
    result = json.loads(done.stdout)
    assert (result["rows_young"], result["users_young"], result["users"]) == (200, 20, 20)
    assert result["ratio_scale"] == pytest.approx(
        statistics.median(result["ratio_rounds"]), abs=0.01
    )


def test_rewards_are_measured_beside_a_backfill_to_exactly_those_who_reached_it() -> None:
    plan = rewards.Plan(
        users=1_000, reached_every=50, requests=20, rate=60, fresh=20, usual_seconds=1, fewest=20
    )
    with scratch.opened(database_url=None, redis_url=None, directory=None) as servers_:
        result = asyncio.run(rewards.measure(servers_, plan))
    assert (result["backfilled"], result["requests"]) == (20, 20)
    assert result["live_rewards_meanwhile"] >= 20
    assert 0 < result["summary_p50_ms"] <= result["summary_p99_ms"]
    assert 0 < result["backfill_s"] < 60
    assert result["live_p50_ms_usual"] <= result["live_p99_ms_usual"]


def test_servers_that_are_not_durable_or_in_use_are_refused(pg_url, redis_url) -> None:
    few = ("pipeline", "--events", "100", "--users", "10")
    assert "both" in tbg(*few, "--redis-url", redis_url, code=2).stderr
    named = (*few, "--redis-url", redis_url, "--database-url")
    with redis_sync.Redis.from_url(redis_url) as client:
        client.flushdb()
    mark = "&" if "?" in pg_url else "?"
    assert "is off" in tbg(*named, f"{pg_url}{mark}synchronous_commit=off", code=1).stderr
    with redis_sync.Redis.from_url(redis_url) as client:
        client.set("somebody", "else's")
        assert "not empty" in tbg(*named, pg_url, code=2).stderr
        assert client.get("somebody") == b"else's"
        client.delete("somebody")
    assert "at least the number" in tbg(*few, "--rows-before", "5", code=2).stderr


async def test_a_database_in_use_is_refused() -> None:
    with servers.embedded(durable=True) as (pg, _), servers.database(pg.url) as url:
        await require_fair(url)
        servers.migrate(url)
        with pytest.raises(BadArguments, match="not empty"):
            await require_fair(url)
