"""Rewards while shares come in: the summary of a player, and the backfill of a new badge.

`serve`, `ingest` and `relay` run in their own processes, and shares arrive at a steady rate all the
time. First a player's summary is asked for again and again. Then a pack with a new badge is loaded,
and a process of its own gives it to everybody who has reached it before. The time from a share to
the frame of the badge that it earns is measured before the backfill and during it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from lab.bench import latency
from lab.bench.children import environment, running
from lab.bench.fill import fill
from lab.bench.latency import TICK_SECONDS, Pace, Watch, listen, open_socket, services
from lab.bench.scratch import Scratch, require_fair
from lab.shares import bench_addresses
from tbg.adapters import redis as redis_adapter
from tbg.adapters.simulator import demo_key, sign_message
from tbg.app import process
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun
from tbg.domains.gamification.actions.backfill import backfill_badges

SLUG = "bench_new"
_REACHED, _BEST = 2e7, 3e7
"""What the new badge asks for, and what those have who reached it; everybody else has 1e7."""

_ALLOWED = "1000000/60"
_BUSY = 1_000
"""Miners who send the shares that are nobody's first."""

_FOLLOWED = 40
"""Miners whom one socket follows, at most; it may follow 50."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`users` with a past, of whom every `reached_every`th has reached the new badge.

    `rate` shares a second meanwhile, `fresh` of them first ones; `requests` for a summary;
    `fewest`: latencies that a P99 needs at least.
    """

    users: int = 1_000_000
    reached_every: int = 100
    requests: int = 1_000
    rate: float = 200.0
    fresh: float = 25.0
    usual_seconds: float = 20.0
    most_seconds: float = 120.0
    fewest: int = 200


async def measure(scratch: Scratch, plan: Plan) -> dict[str, Any]:
    """Run it; the figures. CannotRun when the badge is not with exactly those who reached it."""
    await require_fair(scratch.database_url)
    load = os.getloadavg()[0]
    redis = redis_adapter.connect(scratch.redis_url)
    begun = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = await scratch.new_database("rewards")
            await fill(url, rows=plan.users, users=plan.users, active=1, now=SystemClock().now())
            await _reach(url, plan)
            filled = time.monotonic() - begun
            limits = {f"TBG_RATE_{name}": _ALLOWED for name in ("STANDARD", "RELAXED")}
            more = {"TBG_DATA_DIR": folder, **limits}
            async with services(url, scratch.redis_url, **more) as port:
                figures = await _measure(scratch, plan, url, port, Path(folder), redis)
            figures |= await _check(url)
    finally:
        await redis.aclose()
        await scratch.drop_databases()
    return figures | {
        "users": plan.users,
        "rate": plan.rate,
        "filled_s": round(filled, 1),
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
    }


async def _reach(url: str, plan: Plan) -> None:
    """Let some of the users have reached the badge that is not there yet."""
    connection = await asyncpg.connect(url)
    try:
        for table in ("user_gamification", "personal_bests"):
            await connection.execute(
                f"UPDATE {table} SET best_difficulty = $1 WHERE user_id % $2 = 0",  # noqa: S608
                _BEST,
                plan.reached_every,
                timeout=600,
            )
        await connection.execute("VACUUM ANALYZE", timeout=600)
    finally:
        await connection.close()


async def _measure(
    scratch: Scratch, plan: Plan, url: str, port: int, folder: Path, redis: Any
) -> dict[str, Any]:
    watch = Watch()
    many = int(plan.fresh * (plan.usual_seconds + 2 * plan.most_seconds)) + 1
    miners = bench_addresses(_BUSY + many, seed="rewards")
    busy, fresh = miners[:_BUSY], miners[_BUSY:]
    pace = Pace(redis, busy, fresh, latency.Plan(rate=plan.rate), watch)
    async with _watching(port, fresh, watch):
        await pace.warm_up(bench_addresses(20, seed="warm"))
        steady = _Steady(pace, plan, busy, fresh)
        sending = asyncio.create_task(steady.run())
        try:
            summary = await _ask(port, plan)
            usual = await steady.latencies(lambda: asyncio.sleep(plan.usual_seconds))
            took: list[float] = []

            async def backfill() -> None:
                took.append(await _backfill(scratch, url, folder, plan))

            meanwhile = await steady.latencies(backfill)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    return {
        **summary,
        "backfill_s": round(took[0], 2),
        "live_p99_ms_usual": _at(usual, 0.99),
        "live_p99_ms_meanwhile": _at(meanwhile, 0.99),
        "live_p50_ms_usual": _at(usual, 0.5),
        "live_p50_ms_meanwhile": _at(meanwhile, 0.5),
        "live_rewards_meanwhile": len(meanwhile),
        "ratio_live": round(_at(meanwhile, 0.99) / _at(usual, 0.99), 2),
    }


class _Steady:
    """Shares at a steady rate for as long as it runs; some are the first ones of their miners."""

    def __init__(self, pace: Pace, plan: Plan, busy: list[str], fresh: list[str]) -> None:
        self._pace, self._plan, self._busy, self._fresh = pace, plan, busy, fresh

    async def run(self) -> None:
        """Send until cancelled."""
        begun, sent, met = time.perf_counter(), 0, 0
        every = self._plan.rate / self._plan.fresh
        while True:
            due = int((time.perf_counter() - begun) * self._plan.rate) + 1
            miners = []
            for number in range(sent, due):
                if number >= met * every:
                    miners.append(self._fresh[met])
                    met += 1
                else:
                    miners.append(self._busy[number % _BUSY])
            if miners:
                await self._pace.send(miners)
                sent = due
            await asyncio.sleep(TICK_SECONDS)

    async def latencies(self, meanwhile: Callable[[], Any]) -> list[float]:
        """Of the rewards of shares that were sent while something ran, in ascending order (ms)."""
        watch, begun = self._pace.watch, time.perf_counter()
        await meanwhile()
        while time.perf_counter() - begun < self._plan.fewest / self._plan.fresh:
            await asyncio.sleep(0.1)
        ended = time.perf_counter()
        sent = {m: at for m, at in watch.sent.items() if begun <= at <= ended}
        deadline = ended + 30
        while not sent.keys() <= watch.arrived.keys():
            if time.perf_counter() > deadline:
                lost = len(sent.keys() - watch.arrived.keys())
                raise CannotRun(f"{lost} of {len(sent)} badges did not arrive")
            await asyncio.sleep(0.05)
        return sorted(1000 * (watch.arrived[miner] - at) for miner, at in sent.items())


@contextlib.asynccontextmanager
async def _watching(port: int, miners: list[str], watch: Watch) -> AsyncIterator[None]:
    """Sockets that follow these miners, of whom no two in a row are followed by the same."""
    async with contextlib.AsyncExitStack() as stack:
        gate, listening = asyncio.Semaphore(10), []
        sockets = 1 + len(miners) // _FOLLOWED
        for number in range(sockets):
            socket = await open_socket(stack, gate, port, tuple(miners[number::sockets]))
            listening.append(asyncio.create_task(listen(socket, watch)))
        try:
            yield
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)


async def _ask(port: int, plan: Plan) -> dict[str, Any]:
    """A signed-in player's summary, again and again."""
    key = demo_key("bench", 0)
    base = f"http://127.0.0.1:{port}/api/v1"
    took = []
    async with httpx.AsyncClient(base_url=base, timeout=10) as client:
        challenge = (await client.post("/auth/challenge", json={"address": key.address})).json()
        signature = sign_message(key, challenge["message"])
        body = {"challenge_id": challenge["challenge_id"], "signature": signature}
        token = (await client.post("/auth/verify", json=body)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        for _ in range(plan.requests):
            begun = time.perf_counter()
            answer = await client.get("/users/me/gamification", headers=headers)
            took.append(1000 * (time.perf_counter() - begun))
            if answer.status_code != httpx.codes.OK:
                raise CannotRun(f"the summary was answered with {answer.status_code}")
    took.sort()
    return {
        "requests": plan.requests,
        "summary_p50_ms": _at(took, 0.5),
        "summary_p99_ms": _at(took, 0.99),
    }


async def _backfill(scratch: Scratch, url: str, folder: Path, plan: Plan) -> float:
    """Give a pack's new badge in a process of its own; the seconds from its start to its end."""
    packs = folder / "packs"
    packs.mkdir()
    (packs / "bench.json").write_text(json.dumps(_PACK), encoding="utf-8")
    env = environment(url, scratch.redis_url, TBG_BADGE_PACKS=str(packs))
    words = ["-m", "lab.bench.rewards"]
    begun = time.perf_counter()
    async with running(words, env, stdin=True) as child:
        assert child.stdout is not None
        if not await asyncio.wait_for(child.stdout.readline(), plan.most_seconds):
            raise CannotRun("the backfill ended too early: see its message above")
        return time.perf_counter() - begun


_PACK = {
    "$schema": "./badges.schema.json",
    "schema_version": "1",
    "pack": "bench",
    "badges": [
        {
            "slug": SLUG,
            "name": "Bench",
            "description": "Only the benchmark awards it",
            "category": "mining",
            "rarity": "common",
            "xp_reward": 10,
            "trigger_type": "best_diff",
            "trigger_config": {"threshold": _REACHED},
            "sort_order": 1000,
        }
    ],
}


async def _check(url: str) -> dict[str, int]:
    """The badge is with exactly those who reached it, and paid once each."""
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(
            """
            SELECT count(*) FILTER (WHERE reached) AS reached,
                count(*) FILTER (WHERE earned) AS earned,
                count(*) FILTER (WHERE reached <> earned OR earned <> paid) AS wrong
            FROM (SELECT g.best_difficulty >= $1 AS reached, b.user_id IS NOT NULL AS earned,
                    x.user_id IS NOT NULL AS paid
                FROM user_gamification g
                LEFT JOIN user_badges b ON b.user_id = g.user_id AND b.badge_slug = $2
                LEFT JOIN xp_ledger x ON x.user_id = g.user_id
                    AND x.idempotency_key = 'badge:' || $2 || ':' || g.user_id) t
            """,
            _REACHED,
            SLUG,
            timeout=600,
        )
    finally:
        await connection.close()
    assert row is not None
    if row["wrong"] or not row["earned"]:
        raise CannotRun(f"the badge is with the wrong users: {dict(row)}")
    return {"backfilled": row["earned"]}


def _at(found: list[float], part: float) -> float:
    return round(found[min(len(found) - 1, int(part * len(found)))], 1)


def main() -> None:
    """Give the new badges of the packs, which every service loads when it starts."""

    async def give(runtime: process.Runtime) -> None:
        print(await backfill_badges(runtime.database), flush=True)

    process.run("backfill", give)


if __name__ == "__main__":
    main()
