"""Repairs what is derived: totals, levels, badge counts and streaks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from prometheus_client import Counter

from tbg.core.telemetry import log
from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.gamification.actions.checks import CHECKS
from tbg.domains.gamification.actions.reward import lock
from tbg.domains.gamification.actions.streaks import recount_runs
from tbg.domains.gamification.rules import compute_level

MISMATCHES = Counter("tbg_xp_mismatches_total", "XP totals that differed from the ledger's sum")

_log = log(__name__)


REPAIRABLE = ("ledger_total", "level", "badges_earned", "streak_columns")
"""Checks whose one side is derived from the other: it is simply derived again."""


async def repair(database: Database, *, checks: Sequence[str] = REPAIRABLE) -> int:
    """Recalculate values that disagree with their sources; return the users repaired."""
    repaired = 0
    for name in checks:
        done = await serve_users(
            database,
            "xp_verifier",
            find=partial(_disagreeing, name),
            work=partial(_repair_found, name),
            owners=None,  # a check reads for minutes, and an exclusive lock would wait for it
        )
        repaired += sum(done)
    return repaired


async def _disagreeing(name: str, tx: Tx, after: int, most: int) -> list[int]:
    await tx.take_as_long_as_needed()
    check = CHECKS[name]
    rows = await tx.rows(check.find, **check.values(tx.now), after=after, most=most)
    return [row.user_id for row in rows]


async def _repair_found(name: str, tx: Tx, users: Sequence[int]) -> int:
    await _repair(tx, users)
    if name in ("ledger_total", "level"):
        MISMATCHES.inc(len(users))
    _log.error("mismatch_repaired", check=name, users=users[:10], count=len(users))
    return len(users)


async def _repair(tx: Tx, users: Sequence[int]) -> None:
    """Everything derived of these users, under their locks: what was read before may be old."""
    await lock(tx, users)
    rows = await tx.rows(
        """
        UPDATE user_gamification g SET total_xp = t.xp, xp_entries = t.entries,
            badges_earned = t.badges, updated_at = :now
        FROM (SELECT u.id AS user_id,
                (SELECT COALESCE(sum(amount), 0) FROM xp_ledger WHERE user_id = u.id) AS xp,
                (SELECT count(*) FROM xp_ledger WHERE user_id = u.id) AS entries,
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
