"""The books, compared with each other: ledger, totals, badges, calendars, rollups, raw shares.

Every check is one statement over all users, all of them on one snapshot, so it may run while
shares come in: what still waits in the rollups' queue is counted with the rollups.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from prometheus_client import Counter

from tbg.core import limits
from tbg.core.telemetry import log
from tbg.core.tx import Database, Tx
from tbg.domains.gamification.actions.checks import CHECKS, FIND, SUM_UP
from tbg.domains.gamification.actions.reward import lock
from tbg.domains.gamification.actions.streaks import recount_runs
from tbg.domains.gamification.rules import LEVELS, SHARES_PER_XP, STREAK_XP, compute_level
from tbg.domains.mining.actions import roll_up_all

MISMATCHES = Counter("tbg_xp_mismatches_total", "Totals of XP that were not the ledger's sum")

_log = log(__name__)


class Check(NamedTuple):
    """One check: rows compared, those that disagree, and some of the users they belong to."""

    rows: int
    mismatches: int
    users: list[int]


class Verdict(NamedTuple):
    """What all the books say; `shares` accepted and rejected."""

    users: int
    shares: int
    ledger_rows: int
    ledger_bytes: int
    checks: dict[str, Check]

    @property
    def mismatches(self) -> int:
        """Rows that disagree, over all checks."""
        return sum(check.mismatches for check in self.checks.values())


async def verify(database: Database) -> Verdict:
    """Compare all books of all users; changes nothing but to bring the rollups up to date."""
    await roll_up_all(database)
    async with database.transaction() as tx:
        await tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await tx.take_as_long_as_needed()
        checks = {}
        for name, sql in SUM_UP.items():
            row = await tx.row(sql, **_values(tx, name), most=limits.MISMATCHES_NAMED)
            assert row is not None
            checks[name] = Check(row.rows, row.mismatches, list(row.users or ()))
        return Verdict(
            users=await tx.value("SELECT count(*) FROM user_gamification"),
            shares=int(
                await tx.value("SELECT COALESCE(sum(accepted + rejected), 0) FROM daily_shares")
            ),
            ledger_rows=await tx.value("SELECT count(*) FROM xp_ledger"),
            ledger_bytes=await tx.value("SELECT pg_total_relation_size('xp_ledger')"),
            checks=checks,
        )


def _values(tx: Tx, name: str) -> dict[str, Any]:
    """What a check's statement binds."""
    whole = (tx.now - limits.RAW_SHARE_AGE).date() + timedelta(days=1)
    known = {
        "cumulative": [threshold.cumulative for threshold in LEVELS],
        "levels": [threshold.level for threshold in LEVELS],
        "titles": [threshold.title for threshold in LEVELS],
        "shares_per_xp": SHARES_PER_XP,
        "streak_xp": STREAK_XP,
        "first_day": whole,
        "first_moment": datetime.combine(whole, time(), UTC),
    }
    return {key: value for key, value in known.items() if f":{key}" in CHECKS[name]}


REPAIRABLE = ("ledger_total", "level", "badges_earned", "streak_columns")
"""Checks whose one side is derived from the other: it is simply derived again."""


async def repair(database: Database, *, checks: Sequence[str] = REPAIRABLE) -> int:
    """Derive again what disagrees with what it is derived from; the users repaired."""
    repaired = 0
    for name in checks:
        after = 0
        while True:
            async with database.transaction() as tx:
                users = await _disagreeing(tx, name, after=after)
                if not users:
                    break
                await _repair(tx, users)
                repaired += len(users)
                if name in ("ledger_total", "level"):
                    MISMATCHES.inc(len(users))
                _log.error("mismatch_repaired", check=name, users=users[:10], count=len(users))
            after = users[-1]
    return repaired


async def _disagreeing(tx: Tx, name: str, *, after: int) -> list[int]:
    await tx.take_as_long_as_needed()
    values = _values(tx, name)
    rows = await tx.rows(FIND[name], **values, after=after, most=limits.JOB_USERS)
    return [row.user_id for row in rows]


async def _repair(tx: Tx, users: Sequence[int]) -> None:
    """Everything derived of these users, under their locks: what was read before may be old."""
    await lock(tx, users)
    rows = await tx.rows(
        """
        UPDATE user_gamification g SET total_xp = t.xp, badges_earned = t.badges,
            updated_at = :now
        FROM (SELECT u.id AS user_id,
                (SELECT COALESCE(sum(amount), 0) FROM xp_ledger WHERE user_id = u.id) AS xp,
                (SELECT count(*) FROM user_badges WHERE user_id = u.id) AS badges
            FROM unnest(:users ::bigint[]) AS u (id)) t
        WHERE g.user_id = t.user_id AND t.xp >= 0
        RETURNING g.user_id, g.total_xp
        """,
        now=tx.now,
        users=list(users),
    )
    levels = [compute_level(row.total_xp) for row in rows]
    await tx.run(
        """
        UPDATE user_gamification g SET level = t.level, level_title = t.title,
            level_told = GREATEST(g.level_told, t.level)
        FROM unnest(:users ::bigint[], :levels ::smallint[], :titles ::text[])
            AS t (user_id, level, title)
        WHERE g.user_id = t.user_id
        """,
        users=[row.user_id for row in rows],
        levels=[level.level for level in levels],
        titles=[level.title for level in levels],
    )
    await recount_runs(tx, users)


async def verify_xp(database: Database) -> int:
    """Hourly: totals and levels against the ledger, repaired, logged and counted."""
    return await repair(database, checks=("ledger_total", "level"))
