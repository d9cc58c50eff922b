"""Shares → durable rewards: the pipeline, the event-at-a-time way and a raw COPY, in one run.

The three take turns on the same server, in rounds, so that whatever else the machine does hits
all of them; ratios are taken within a round, and the medians over the rounds are what is told.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import asyncpg
from redis.asyncio import Redis

from lab.bench import effects
from lab.bench.baseline import Baseline
from lab.bench.children import Consumers, consumers
from lab.bench.fill import fill
from lab.bench.scratch import Scratch, require_fair
from lab.shares import bench_addresses, bench_shares
from tbg.adapters import redis as redis_adapter
from tbg.adapters.streams import Publisher, Reader, Rules, Share, decode
from tbg.core import limits
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun
from tbg.domains.gamification.actions.registry import read_registry

_ROUNDS_LEAST, _ROUNDS_MOST = 3, 5
_ROUND_BATCHES = 4
"""Batches a round should hold: the first one of each finds nobody to be read beside."""

_BASELINE_SECONDS = 2.0
_BASELINE_FIRST = 200
_PUBLISH = 2_000
_CHECKED = (1_000, 8)
"""Events and users that both ways take before anything is measured: their effects must agree."""

_COLUMNS = (
    "user_id", "at", "id", "worker_id", "diff", "sdiff", "accepted", "errn", "reject_reason",
    "height", "workinfoid", "hash", "source",
)  # fmt: skip

Entries = list[tuple[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: `events` of the pipeline in all, of `users` drawn evenly.

    `rows_before`, `users_before`: shares and users that are there already (0: none).
    """

    events: int = 400_000
    users: int = 20_000
    batch: int = limits.BATCH_EVENTS
    consumers: int = 1
    rows_before: int = 0
    users_before: int = 0
    baseline_seconds: float = _BASELINE_SECONDS

    @property
    def rounds(self) -> int:
        """How often the three take turns."""
        fit = self.events // (_ROUND_BATCHES * self.batch)
        return max(_ROUNDS_LEAST, min(_ROUNDS_MOST, fit))


@dataclass(slots=True)
class Measured:
    """Figures of the rounds so far, by name."""

    rounds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    shares: int = 0
    rolled_up: int = 0
    baseline_events: int = 0

    def note(self, **figures: float) -> None:
        """Add a round's figures."""
        for name, value in figures.items():
            self.rounds[name].append(value)

    def median(self, name: str) -> float:
        """The median of a figure over the rounds."""
        return statistics.median(self.rounds[name])

    def ratio(self, over: str, under: str) -> float:
        """The median of the ratios within each round."""
        pairs = zip(self.rounds[over], self.rounds[under], strict=True)
        return statistics.median(a / b for a, b in pairs)


@dataclass(slots=True)
class Stand:
    """Everything that a round needs, set up and warm."""

    plan: Plan
    scratch: Scratch
    redis: Redis
    events: Iterator[tuple[str, dict[str, str]]]
    pipeline: Consumers
    single: Consumers | None
    baseline: Baseline
    rewards: asyncpg.Connection
    copies: asyncpg.Connection
    user_ids: dict[str, int]
    measured: Measured = field(default_factory=Measured)

    async def publish(self, count: int) -> Entries:
        """Put the next `count` shares into the stream."""
        return await publish(self.redis, list(islice(self.events, count)))


async def publish(redis: Redis, entries: Entries) -> Entries:
    """Put entries into the stream, so many at a time; the entries."""
    publisher = Publisher(redis)
    for start in range(0, len(entries), _PUBLISH):
        await publisher.publish(entries[start : start + _PUBLISH])
    return entries


async def measure(scratch: Scratch, plan: Plan) -> dict[str, Any]:
    """Run it all; the figures. CannotRun when effects differ or do not add up."""
    begun = time.monotonic()
    load = os.getloadavg()[0]
    await require_fair(scratch.database_url)
    redis = redis_adapter.connect(scratch.redis_url)
    try:
        await _require_agreement(scratch, redis, batch=plan.batch)
        async with _stand(scratch, redis, plan) as stand:
            before = await effects.sums(stand.rewards)
            await _warm_up(stand)
            for number in range(plan.rounds):
                await _round(stand, number)
            after = await effects.sums(stand.rewards)
            measured = stand.measured
            wrong = effects.wrong_sums(
                before, after, shares=measured.shares, rolled_up=measured.rolled_up
            )
            if wrong:
                raise CannotRun(f"the effects do not add up: {'; '.join(wrong)}")
            result = _result(plan, measured, fsync_ms=scratch.fsync_ms())
    finally:
        await redis.aclose()
        await scratch.drop_databases()
    return result | {"load_before": round(load, 2), "took_s": round(time.monotonic() - begun, 1)}


async def _require_agreement(scratch: Scratch, redis: Redis, *, batch: int) -> None:
    """Take the same few shares both ways; CannotRun unless the effects are the same."""
    events, users = _CHECKED
    start = SystemClock().now().timestamp() - events / 1000 - 60
    found = []
    for way in ("pipeline", "baseline"):
        url = await scratch.new_database(f"check_{way}")
        await Reader(redis, consumer="check").ensure_group()
        await publish(redis, list(bench_shares(users, events, start=start, seed="check")))
        connection = await asyncpg.connect(url)
        try:
            if way == "baseline":
                await (await _baseline(connection, redis)).drain()
            else:
                servers = {"database_url": url, "redis_url": scratch.redis_url}
                async with consumers(1, batch=batch, **servers) as pipeline:
                    await pipeline.drain()
            found.append(await effects.effects(connection))
        finally:
            await connection.close()
    differing = [pair for pair in zip(*found, strict=True) if pair[0] != pair[1]]
    if differing:
        raise CannotRun(f"pipeline and baseline do not have the same effects: {differing[0]}")


async def _baseline(connection: asyncpg.Connection, redis: Redis) -> Baseline:
    badges = read_registry()
    return await Baseline.ready(connection, redis, badges=badges, clock=SystemClock())


@contextlib.asynccontextmanager
async def _stand(scratch: Scratch, redis: Redis, plan: Plan) -> AsyncIterator[Stand]:
    now = SystemClock().now()
    rewards_url = await scratch.new_database("rewards")
    if plan.rows_before:
        users, rows = max(plan.users_before, plan.users), plan.rows_before
        await fill(rewards_url, rows=rows, users=users, active=plan.users, now=now)
    copies_url = await scratch.new_database("copies", like=rewards_url)
    many = 2 * plan.events + int(plan.rounds * plan.baseline_seconds * 20_000)
    shares = bench_shares(plan.users, many, start=now.timestamp() - 1800)
    async with contextlib.AsyncExitStack() as stack:
        servers = {"database_url": rewards_url, "redis_url": scratch.redis_url}
        pipeline = await stack.enter_async_context(
            consumers(plan.consumers, batch=plan.batch, **servers)
        )
        single = None
        if plan.consumers > 1:
            single = await stack.enter_async_context(consumers(1, batch=plan.batch, **servers))
        connections = [await asyncpg.connect(url) for url in (rewards_url, copies_url)]
        for connection in connections:
            stack.push_async_callback(connection.close)
        rewards, copies = connections
        yield Stand(
            plan,
            scratch,
            redis,
            shares,
            pipeline,
            single,
            await _baseline(rewards, redis),
            rewards,
            copies,
            {address: n for n, address in enumerate(bench_addresses(plan.users), 1)},
        )


async def _warm_up(stand: Stand) -> None:
    """A little of everything, unmeasured: connections, statements, caches."""
    plan = stand.plan
    some = max(plan.consumers, min(plan.batch, plan.events // plan.rounds))
    for pipeline in filter(None, (stand.pipeline, stand.single)):
        await _pipeline(stand, pipeline, some)
    await _one_by_one(stand, _BASELINE_FIRST // 4)
    await _copy(stand, await _pipeline(stand, stand.pipeline, plan.consumers))
    stand.measured.rounds.clear()


async def _round(stand: Stand, number: int) -> None:
    """One round; every second one in the opposite order."""
    plan = stand.plan
    share = plan.events // plan.rounds

    async def ours() -> None:
        entries = await _pipeline(stand, stand.pipeline, share)
        await _copy(stand, entries)

    async def alone() -> None:
        if stand.single is not None:
            await _pipeline(stand, stand.single, share, prefix="single_")

    async def theirs() -> None:
        known = stand.measured.rounds.get("baseline_events_per_s")
        count = int(plan.baseline_seconds * known[-1]) if known else _BASELINE_FIRST
        await _one_by_one(stand, max(count, _BASELINE_FIRST // 4))

    parts = [ours, alone, theirs]
    for part in parts if number % 2 == 0 else parts[::-1]:
        await part()


async def _pipeline(stand: Stand, pipeline: Consumers, count: int, *, prefix: str = "") -> Entries:
    entries = await stand.publish(count)
    lsn = await stand.rewards.fetchval("SELECT pg_current_wal_lsn()")
    cpu = stand.scratch.server_cpu_seconds()
    results = await pipeline.drain()
    used = {k: v - cpu[k] for k, v in stand.scratch.server_cpu_seconds().items()}
    wal = await stand.rewards.fetchval("SELECT pg_current_wal_lsn() - $1::pg_lsn", lsn)
    taken = sum(result["taken"] for result in results)
    if taken < count:
        raise CannotRun(f"{count - taken} of {count} events were not processed")
    begun = min(result["begun"] for result in results)
    durable = max(result["durable"] for result in results) - begun
    folded = max(result["folded"] for result in results) - begun
    figures = {
        "events_per_s": count / durable,
        "events_per_s_with_rollups": count / folded,
        "client_cpu_us": 1e6 * sum(result["cpu"] for result in results) / count,
        "client_share": sum(result["cpu"] for result in results) / folded,
        "wal_bytes": float(wal) / count,
        "seconds": durable,
    }
    for name, seconds in used.items():
        figures |= {f"{name}_cpu_us": 1e6 * seconds / count, f"{name}_share": seconds / folded}
    stand.measured.note(**{f"{prefix}{name}": value for name, value in figures.items()})
    stand.measured.shares += count
    stand.measured.rolled_up += count
    return entries


async def _one_by_one(stand: Stand, count: int) -> None:
    await stand.publish(count)
    begun = time.perf_counter()
    taken = await stand.baseline.drain()
    stand.measured.note(baseline_events_per_s=taken / (time.perf_counter() - begun))
    stand.measured.shares += taken
    stand.measured.baseline_events += taken


async def _copy(stand: Stand, entries: Entries) -> None:
    """The share rows of these entries, by COPY, in one transaction."""
    rules = Rules("mainnet", SystemClock().now())
    rows = []
    for number, (stream, fields) in enumerate(entries):
        raw = {key.encode(): value.encode() for key, value in fields.items()}
        share = decode(stream, f"0-{number}", raw, rules)
        assert isinstance(share, Share)
        user = stand.user_ids[share.address]
        rows.append((
            user, share.at, share.key, user, share.diff, share.sdiff, share.accepted, share.errn,
            share.reject_reason, share.height, share.workinfoid, share.hash, share.source,
        ))  # fmt: skip
    begun = time.perf_counter()
    await stand.copies.copy_records_to_table("shares", records=rows, columns=_COLUMNS)
    stand.measured.note(copy_rows_per_s=len(rows) / (time.perf_counter() - begun))


def _result(plan: Plan, measured: Measured, *, fsync_ms: float | None) -> dict[str, Any]:
    rates = ("events_per_s", "baseline_events_per_s", "copy_rows_per_s")
    result: dict[str, Any] = {
        "events": plan.events,
        "users": plan.users,
        "rows_before": plan.rows_before,
        "users_before": plan.users_before,
        **{name: round(measured.median(name), 1) for name in rates},
        "ratio_baseline": round(measured.ratio("events_per_s", "baseline_events_per_s"), 2),
        "ratio_copy": round(measured.ratio("events_per_s", "copy_rows_per_s"), 4),
        "batch": plan.batch,
        "consumers": plan.consumers,
    }
    folded = "events_per_s_with_rollups"
    result |= {
        folded: round(measured.median(folded), 1),
        "ratio_baseline_with_rollups": round(measured.ratio(folded, "baseline_events_per_s"), 2),
        "ratio_copy_with_rollups": round(measured.ratio(folded, "copy_rows_per_s"), 4),
    }
    if plan.consumers > 1:
        ratio = measured.ratio("events_per_s", "single_events_per_s")
        result |= {
            "one_consumer_events_per_s": round(measured.median("single_events_per_s"), 1),
            "ratio_one_consumer": round(ratio, 3),
        }
    return result | _binds(plan, measured, fsync_ms)


def _binds(plan: Plan, measured: Measured, fsync_ms: float | None) -> dict[str, Any]:
    """What the pipeline spends: CPU by process, log bytes, waiting for the disk."""
    spent = {
        name: round(measured.median(f"{name}_cpu_us"), 1)
        for name in ("client", "postgres", "valkey")
        if f"{name}_cpu_us" in measured.rounds
    }
    busy = {name: round(measured.median(f"{name}_share"), 2) for name in spent}
    commits = measured.median("events_per_s") / plan.batch
    if fsync_ms is not None:
        busy["fsync"] = round(commits * fsync_ms / 1000, 4)
    return {
        "cpu_us_per_event": spent,
        "cores_busy": busy,
        "binds": max(busy, key=lambda name: busy[name]),
        "wal_bytes_per_event": round(measured.median("wal_bytes")),
        "fsync_ms": None if fsync_ms is None else round(fsync_ms, 3),
        "cores": os.cpu_count(),
        "rounds": plan.rounds,
        "baseline_events": measured.baseline_events,
        "events_per_s_rounds": [round(rate) for rate in measured.rounds["events_per_s"]],
        "baseline_rounds": [round(rate) for rate in measured.rounds["baseline_events_per_s"]],
    }
