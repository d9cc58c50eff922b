"""The weekly diff champion: the user with the highest difficulty of a closed week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.gamification.actions.events import Occurrence, record_occurrences
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
    last = get_week_iso(monday - timedelta(weeks=1))
    crowned = await serve_users(
        database,
        "weekly_diff_champion",
        find=partial(_find_best, weeks=weeks),
        work=partial(_crown, weeks=weeks, last=last),
    )
    return sorted(week for some in crowned for week in some)


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


_BEST = """
SELECT best.* FROM unnest(:weeks ::text[]) AS asked (week) CROSS JOIN LATERAL (
    SELECT period_key, user_id, best_difficulty, share_id FROM personal_bests
    WHERE timeframe = 'week' AND period_key = asked.week
    ORDER BY best_difficulty DESC, at, user_id LIMIT 1
) AS best
"""

_CROWN = f"""
WITH best AS ({_BEST} WHERE user_id = ANY(:users ::bigint[])), crowned AS (
    INSERT INTO weekly_champions (week_iso, user_id, best_difficulty, crowned_at)
    SELECT period_key, user_id, best_difficulty, :now FROM best ORDER BY period_key
    ON CONFLICT DO NOTHING RETURNING week_iso
)
SELECT best.* FROM crowned JOIN best ON best.period_key = crowned.week_iso ORDER BY period_key
"""  # noqa: S608 - of constants alone


async def _find_best(tx: Tx, after: int, most: int, *, weeks: Sequence[str]) -> list[int]:
    """Users who had the best share of one of these weeks."""
    best = await tx.rows(_BEST, weeks=list(weeks))
    return sorted({row.user_id for row in best if row.user_id > after})[:most]


async def _crown(tx: Tx, users: Sequence[int], *, weeks: Sequence[str], last: str) -> list[str]:
    """Crown the weeks whose best is one of these users; those before the `last` one silently."""
    crowned = await tx.rows(_CROWN, now=tx.now, weeks=list(weeks), users=list(users))
    occurrences = [
        Occurrence(
            row.user_id,
            week_end(week_start_of(row.period_key)),
            {
                "week": row.period_key,
                "sdiff": row.best_difficulty,
                "share_id": str(row.share_id),
            },
            silent=row.period_key != last,
        )
        for row in crowned
    ]
    await record_occurrences(tx, event=CHAMPION_EVENT, occurrences=occurrences)
    return [row.period_key for row in crowned]
