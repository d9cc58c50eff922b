"""The weekly diff champion: the user with the highest difficulty of a closed week."""

from __future__ import annotations

from datetime import timedelta

from tbg.core.tx import Database, Tx
from tbg.domains.gamification.actions.events import record_event
from tbg.domains.gamification.rules import get_week_iso, running_week, week_end, week_start_of
from tbg.domains.mining.actions import roll_up_all

CHAMPION_EVENT = "weekly_diff_champion"
"""The event that is recorded for a champion; the registry says which badge it earns."""


async def crown_champions(database: Database) -> list[str]:
    """Crown a champion for every closed week without one; return the weeks."""
    await roll_up_all(database)
    async with database.transaction() as tx:
        monday = running_week(tx.now)
        weeks = [row.week for row in await tx.rows(_WEEKS, running=get_week_iso(monday))]
    crowned = []
    for week in weeks:
        async with database.transaction(owners="shared") as tx:
            silent = week != get_week_iso(monday - timedelta(weeks=1))
            if await _crown(tx, week, silent=silent):
                crowned.append(week)
    return crowned


# One index probe per week; a DISTINCT would read every week of every user.
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
