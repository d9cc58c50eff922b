"""The actual effects of the events, read from the servers in the oracle's form."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import asyncpg
from redis.asyncio import Redis

from lab.faults.oracle import State
from tbg.adapters.streams import DEAD_LETTER, backlog

_SUMS = ("accepted", "rejected", "work", "best")
_TOTALS = (
    "total_xp", "level", "badges_earned", "current_streak", "longest_streak",
    "streak_start_date", "last_active_week", "freezes_held", "total_shares", "blocks_found",
    "best_difficulty",
)  # fmt: skip


async def read_state(admin: asyncpg.Connection[Any]) -> State:
    """The state in PostgreSQL; users by their address, workers by their name."""
    names = {
        row["user_id"]: row["address"]
        for row in await admin.fetch("SELECT user_id, address FROM user_addresses")
    }
    workers = {
        row["id"]: (names[row["user_id"]], row["name_key"])
        for row in await admin.fetch("SELECT id, user_id, name_key FROM workers")
    }
    state: State = {}
    for row in await admin.fetch("SELECT * FROM user_gamification"):
        for what in _TOTALS:
            state["miner", names[row["user_id"]], what] = row[what]
    for address, worker in workers.values():
        state["miner", address, "worker", worker] = 1
    await _mining(admin, state, names, workers)
    await _rewards(admin, state, names)
    pool = await admin.fetchrow("SELECT accepted, rejected, work FROM pool_totals")
    assert pool is not None
    for what in ("accepted", "rejected", "work"):
        state["pool", what] = pool[what]
    return state


async def _mining(
    admin: asyncpg.Connection[Any],
    state: State,
    names: dict[int, str],
    workers: dict[int, tuple[str, str]],
) -> None:
    for name in names.values():
        state["miner", name, "raw_shares"] = 0
    for row in await admin.fetch("SELECT user_id, count(*) AS n FROM shares GROUP BY user_id"):
        state["miner", names[row["user_id"]], "raw_shares"] = row["n"]
    for row in await admin.fetch("SELECT user_id, hash, confirmed_by FROM blocks"):
        known = "confirmed" if row["confirmed_by"] else "reported"
        state["miner", names[row["user_id"]], "block", row["hash"]] = known
    for table, column, short in (("hourly_shares", "hour", "hour"), ("daily_shares", "day", "day")):
        rows = await admin.fetch(
            f"SELECT user_id, {column} AS at, worker_id, accepted, rejected, work,"
            f" best_sdiff AS best FROM {table}"
        )
        for row in rows:
            _, worker = workers[row["worker_id"]]
            for what in _SUMS:
                state["miner", names[row["user_id"]], short, row["at"], worker, what] = row[what]
    for row in await admin.fetch("SELECT * FROM daily_rejects"):
        key = (row["day"], workers[row["worker_id"]][1], row["errn"])
        state["miner", names[row["user_id"]], "reject", *key] = row["rejected"]
    for row in await admin.fetch("SELECT * FROM personal_bests"):
        path = ("miner", names[row["user_id"]], "best", row["timeframe"], row["period_key"])
        state[*path, "sdiff"] = row["best_difficulty"]
        state[*path, "at"] = row["at"].astimezone(UTC)
        state[*path, "worker"] = workers[row["worker_id"]][1]


async def _rewards(admin: asyncpg.Connection[Any], state: State, names: dict[int, str]) -> None:
    for row in await admin.fetch("SELECT * FROM streak_calendar WHERE is_active"):
        path = ("miner", names[row["user_id"]], "week", row["week_iso"])
        state[*path, "shares"] = row["share_count"]
        state[*path, "best"] = row["best_diff"]
        state[*path, "days"] = row["days"]
    for row in await admin.fetch("SELECT user_id, badge_slug FROM user_badges"):
        state["miner", names[row["user_id"]], "badge", row["badge_slug"]] = 1
    for row in await admin.fetch("SELECT user_id, quest, period, xp FROM quest_completions"):
        state["miner", names[row["user_id"]], "quest", row["quest"], row["period"]] = row["xp"]
    for name in names.values():
        state["miner", name, "ledger"] = 0
    sums = "SELECT user_id, source, sum(amount)::bigint AS xp FROM xp_ledger GROUP BY 1, 2"
    for row in await admin.fetch(sums):
        state["miner", names[row["user_id"]], "xp", row["source"]] = row["xp"]
        state["miner", names[row["user_id"]], "ledger"] += row["xp"]


@dataclass(slots=True)
class Told:
    """What was announced and delivered to one user."""

    address: str
    announced: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    frames: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    silent_badges: int = 0
    badges: int = 0
    level: int = 1


async def read_told(admin: asyncpg.Connection[Any]) -> list[Told]:
    """Announcements (oldest first) and frames (by number) of every user."""
    told: dict[int, Told] = {
        row["user_id"]: Told(row["address"])
        for row in await admin.fetch("SELECT user_id, address FROM user_addresses")
    }
    for row in await admin.fetch("SELECT type, payload::text AS payload FROM outbox ORDER BY id"):
        payload = json.loads(row["payload"])
        told[payload["user_id"]].announced.append((row["type"], payload))
    frames = "SELECT user_id, id, type, data::text AS data FROM frames ORDER BY user_id, id"
    for row in await admin.fetch(frames):
        told[row["user_id"]].frames.append((row["id"], row["type"], json.loads(row["data"])))
    for row in await admin.fetch("SELECT user_id, badges FROM silent_rewards"):
        told[row["user_id"]].silent_badges = row["badges"]
    for row in await admin.fetch("SELECT user_id, badges_earned, level FROM user_gamification"):
        told[row["user_id"]].badges = row["badges_earned"]
        told[row["user_id"]].level = row["level"]
    return list(told.values())


@dataclass(frozen=True, slots=True)
class Left:
    """What still waits after everything has been drained; all should be 0."""

    streams: int
    rollups: int
    outbox: int
    parked: int


async def read_left(admin: asyncpg.Connection[Any], redis: Redis) -> Left:
    """What waits, anywhere."""
    row = await admin.fetchrow(
        """
        SELECT (SELECT count(*) FROM rollup_queue) AS rollups,
            (SELECT count(*) FROM outbox WHERE sent_at IS NULL)
                + count(*) FILTER (WHERE parked_at IS NULL) AS waiting,
            count(parked_at) AS parked
        FROM failed_deliveries
        """
    )
    assert row is not None
    return Left(await backlog(redis), row["rollups"], row["waiting"], row["parked"])


async def read_letters(redis: Redis) -> dict[str, Counter[str]]:
    """Dead letters: reason → entry ids, each with its count."""
    letters: dict[str, Counter[str]] = defaultdict(Counter)
    for _, fields in await redis.xrange(DEAD_LETTER):
        letters[fields[b"reason"].decode()][fields[b"entry_id"].decode()] += 1
    return letters
