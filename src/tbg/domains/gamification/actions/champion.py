"""The weekly diff champion: who reached the highest difficulty of a closed week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.gamification.actions.events import record_event
from tbg.domains.gamification.actions.reward import lock
from tbg.domains.gamification.rules import get_week_iso, running_week, week_end, week_start_of
from tbg.domains.mining.actions import roll_up_all

CHAMPION_EVENT = "weekly_diff_champion"
"""What is recorded for a champion; which badge that earns stands in the registry."""


async def crown_champions(database: Database) -> list[str]:
    """Crown every closed week that has none yet, among what has arrived; the weeks crowned."""
    await roll_up_all(database)
    async with database.transaction() as tx:
        monday = running_week(tx.now)
        weeks = [row.week for row in await tx.rows(_WEEKS, running=get_week_iso(monday))]
    crowned = await serve_users(
        database,
        "weekly_diff_champion",
        find=partial(_find_best, weeks=weeks),
        work=partial(_crown_users, weeks=weeks, last=get_week_iso(monday - timedelta(weeks=1))),
    )
    return sorted(week for some in crowned for week in some)


async def _find_best(tx: Tx, after: int, most: int, *, weeks: Sequence[str]) -> list[int]:
    best = await _best_of(tx, weeks)
    return sorted({user for user in best.values() if user > after})[:most]


async def _crown_users(
    tx: Tx, users: Sequence[int], *, weeks: Sequence[str], last: str
) -> list[str]:
    """Crown the weeks whose best is one of these users; `last` alone is news."""
    await lock(tx, users)  # at once: in the order of the weeks, others would wait in a circle
    best = await _best_of(tx, weeks)
    theirs = [week for week in weeks if best.get(week) in users]
    return [week for week in theirs if await _crown(tx, week, silent=week != last)]


async def _best_of(tx: Tx, weeks: Sequence[str]) -> dict[str, int]:
    """Who is the champion of each of these weeks."""
    found = {week: await tx.row(_BEST, week=week) for week in weeks}
    return {week: row.user_id for week, row in found.items() if row is not None}


_BEST = """
SELECT user_id FROM personal_bests WHERE timeframe = 'week' AND period_key = :week
ORDER BY best_difficulty DESC, at, user_id LIMIT 1
"""

# One index probe a week, where a DISTINCT would read every user's every week.
_WEEKS = """
WITH RECURSIVE weeks (week) AS (
    SELECT min(period_key) FROM personal_bests WHERE timeframe = 'week'
    UNION ALL
    SELECT (SELECT min(period_key) FROM personal_bests
        WHERE timeframe = 'week' AND period_key > weeks.week)
    FROM weeks WHERE weeks.week IS NOT NULL
)
SELECT week FROM weeks
WHERE week < :running AND NOT EXISTS (SELECT 1 FROM weekly_champions WHERE week_iso = week)
ORDER BY week
"""


async def _crown(tx: Tx, week: str, *, silent: bool) -> bool:
    crowned = await tx.row(
        """
        WITH best AS (
            SELECT period_key, user_id, best_difficulty, share_id FROM personal_bests
            WHERE timeframe = 'week' AND period_key = :week
            ORDER BY best_difficulty DESC, at, user_id LIMIT 1
        ), crowned AS (
            INSERT INTO weekly_champions (week_iso, user_id, best_difficulty, crowned_at)
            SELECT period_key, user_id, best_difficulty, :now FROM best
            ON CONFLICT DO NOTHING RETURNING user_id, best_difficulty
        ) SELECT crowned.*, best.share_id FROM crowned, best
        """,
        now=tx.now,
        week=week,
    )
    if crowned is None:
        return False
    await record_event(
        tx,
        event=CHAMPION_EVENT,
        user_ids=[crowned.user_id],
        at=week_end(week_start_of(week)),
        metadata={
            "week": week,
            "sdiff": crowned.best_difficulty,
            "share_id": str(crowned.share_id),
        },
        silent=silent,
    )
    return True
