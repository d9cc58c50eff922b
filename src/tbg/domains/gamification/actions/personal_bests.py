"""XP for personal bests: paid when the day has closed, so that arrival order does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from tbg.core import limits, marks
from tbg.core.tx import AnyRow, Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.gamification.actions.reward import Grant, lock, reward
from tbg.domains.gamification.rules import PERSONAL_BEST_XP
from tbg.domains.mining.actions import roll_up_all

_MARK = "personal_bests_paid"


async def pay_personal_bests(database: Database) -> int:
    """Reward each closed day whose best beat all earlier days; return the days rewarded.

    Checks all days of users with changes since the last run, because a late share can turn an old
    day into a personal best. Rewards are never taken back.
    """
    await roll_up_all(database)
    async with database.transaction() as tx:
        mark, begun = await marks.read(tx, _MARK), tx.now
    since = (mark or datetime.min.replace(year=1970, tzinfo=UTC)) - limits.JOB_OVERLAP
    paid = await serve_users(
        database,
        "personal_bests",
        find=partial(_find_touched, since=since),
        work=partial(pay_days, today=begun.date()),
    )
    async with database.transaction() as tx:
        await marks.move(tx, _MARK, to=begun)
    return sum(paid)


async def _find_touched(tx: Tx, after: int, most: int, *, since: datetime) -> list[int]:
    rows = await tx.rows(
        """
        SELECT user_id FROM user_gamification
        WHERE user_id > :after AND updated_at >= :since AND best_difficulty > 0
        ORDER BY user_id LIMIT :most
        """,
        after=after,
        since=since,
        most=most,
    )
    return [row.user_id for row in rows]


async def pay_days(tx: Tx, users: Sequence[int], *, today: date, silent: bool = False) -> int:
    """Pay these users' days before `today` that are not paid; how many there were."""
    days = await tx.rows(
        """
        WITH days AS (
            SELECT user_id, day, max(best_sdiff) AS best FROM owned_daily_shares
            WHERE user_id = ANY(:users ::bigint[]) AND day < :today AND best_sdiff > 0
            GROUP BY user_id, day
        ), compared AS (
            SELECT user_id, day, best, max(best) OVER (PARTITION BY user_id ORDER BY day
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM days
        )
        SELECT user_id, day, best FROM compared c
        WHERE best > before AND NOT EXISTS (SELECT 1 FROM xp_ledger x WHERE x.user_id = c.user_id
            AND x.idempotency_key = 'personal_best:' || c.user_id || ':' || c.day)
        ORDER BY user_id, day
        """,
        users=list(users),
        today=today,
    )
    if not days:
        return 0
    await lock(tx, {row.user_id for row in days})
    yesterday = today - timedelta(days=1)
    grants = [_grant(row, silent=silent or row.day < yesterday) for row in days]
    return len(await reward(tx, grants=grants))


def _grant(row: AnyRow, *, silent: bool) -> Grant:
    end = datetime.combine(row.day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
    return Grant(
        row.user_id,
        f"personal_best:{row.user_id}:{row.day}",
        PERSONAL_BEST_XP,
        "personal_best",
        row.day.isoformat(),
        f"Personal best of {row.day}",
        end,
        silent,
    )
