"""Awards badges that are new to the registry to users who had already reached them.

Silent, in chunks of users, under the usual keys: a batch that awards the same badge at the same
time, or a second backfill, changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from tbg.core import user_jobs
from tbg.core.tx import AnyRow, Database, Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.reward import Award, lock, reward
from tbg.domains.gamification.actions.streaks import streak_awards
from tbg.domains.gamification.queries import BadgeDefinition

_JOB = "registry_backfill"


async def backfill_badges(database: Database) -> int:
    """Award every new badge to users who had already reached it; return the badges."""
    async with database.transaction() as tx:
        active = [item for item in await queries.every_badge(tx) if item.is_active]
        retried = await user_jobs.are_retried(tx, _JOB)
    waiting = [item.badge for item in active if not item.backfilled]
    if not waiting and not retried:
        return 0
    # A retried user may lack badges whose backfill is complete for everybody else.
    tried = [item.badge for item in active] if retried else waiting
    given = await user_jobs.serve_users(
        database,
        _JOB,
        find=partial(_find_lacking, badges=_given_later(waiting)),
        work=partial(_give, badges=_given_later(tried)),
    )
    async with database.transaction() as tx:
        await tx.run(
            """
            UPDATE badge_definitions SET backfilled_at = :now
            WHERE slug = ANY(:slugs ::text[]) AND backfilled_at IS NULL
            """,
            now=tx.now,
            slugs=[badge.slug for badge in waiting],
        )
    return sum(given)


def _given_later(badges: Sequence[BadgeDefinition]) -> list[BadgeDefinition]:
    """Without those for events: these were not kept, so that there is nothing to go by."""
    return [badge for badge in badges if badge.trigger_type in _AWARDS]


async def _find_lacking(
    tx: Tx, after: int, most: int, *, badges: Sequence[BadgeDefinition]
) -> list[int]:
    """Users who have reached one of the badges and lack it."""
    users: set[int] = set()
    for badge in badges:
        found = await tx.rows(_LACKING_AFTER, **_reaching(badge), after=after, most=most)
        users |= {row.user_id for row in found}
    return sorted(users)[:most]


async def _give(tx: Tx, users: Sequence[int], *, badges: Sequence[BadgeDefinition]) -> int:
    """Give these users the badges that they have reached and lack; how many."""
    await lock(tx, users)
    awards: list[Award] = []
    for badge in badges:
        found = await tx.rows(_LACKING_OF, **_reaching(badge), users=list(users))
        lacking = [row.user_id for row in found]
        awards += await _AWARDS[badge.trigger_type](tx, badge, lacking)
    marked = [
        award._replace(metadata=award.metadata | {"backfilled": True}, silent=True)
        for award in awards
    ]
    await reward(tx, awards=marked)
    return len(marked)


_LACKING = """
SELECT g.user_id FROM user_gamification g
WHERE CASE CAST(:trigger AS text)
        WHEN 'share_count' THEN g.total_shares >= CAST(:threshold AS float8)
        WHEN 'best_diff' THEN g.best_difficulty >= CAST(:threshold AS float8)
        WHEN 'streak' THEN g.longest_streak >= CAST(:threshold AS float8)
        ELSE g.blocks_found > 0 END
    AND NOT EXISTS (SELECT 1 FROM user_badges u
        WHERE u.user_id = g.user_id AND u.badge_slug = :slug)
"""
_LACKING_AFTER = _LACKING + "AND g.user_id > :after ORDER BY g.user_id LIMIT :most"
_LACKING_OF = _LACKING + "AND g.user_id = ANY(:users ::bigint[]) ORDER BY g.user_id"


def _reaching(badge: BadgeDefinition) -> dict[str, Any]:
    return {
        "trigger": badge.trigger_type,
        "threshold": badge.threshold or 0.0,
        "slug": badge.slug,
    }


async def reached(tx: Tx, user_id: int) -> list[Award]:
    """The badges that one (locked) user has reached but does not have; silent."""
    rows = await tx.rows(
        """
        SELECT b.slug FROM user_gamification g JOIN badge_definitions b ON b.is_active
            AND CASE b.trigger_type
                WHEN 'share_count'
                    THEN g.total_shares >= (b.trigger_config ->> 'threshold')::float8
                WHEN 'best_diff'
                    THEN g.best_difficulty >= (b.trigger_config ->> 'threshold')::float8
                WHEN 'block_found' THEN g.blocks_found > 0 END
        WHERE g.user_id = :id AND NOT EXISTS (
            SELECT 1 FROM user_badges u WHERE u.user_id = g.user_id AND u.badge_slug = b.slug)
        ORDER BY b.slug
        """,
        id=user_id,
    )
    badges = await queries.badge_catalogue(tx)
    found: list[Award] = []
    for badge in (badges[row.slug] for row in rows):
        found += await _AWARDS[badge.trigger_type](tx, badge, [user_id])
    return [award._replace(silent=True) for award in found]


async def _by_shares(tx: Tx, badge: BadgeDefinition, users: Sequence[int]) -> list[Award]:
    """Earned on the day that reached the number (its end: the hour is not known)."""
    rows = await tx.rows(
        """
        SELECT user_id, min(day) AS day FROM (
            SELECT user_id, day, sum(sum(accepted)) OVER (PARTITION BY user_id ORDER BY day) AS n
            FROM owned_daily_shares WHERE user_id = ANY(:users ::bigint[]) GROUP BY user_id, day) d
        WHERE n >= CAST(:threshold AS float8) GROUP BY user_id
        """,
        users=list(users),
        threshold=badge.threshold,
    )
    days = {row.user_id: _end_of(row.day) for row in rows}
    metadata = {"total_shares": badge.trigger_config["threshold"]}
    return [Award(user, badge, min(days.get(user, tx.now), tx.now), metadata) for user in users]


async def _by_difficulty(tx: Tx, badge: BadgeDefinition, users: Sequence[int]) -> list[Award]:
    """Earned with the earliest known best that reaches it."""
    rows = await tx.rows(
        """
        SELECT DISTINCT ON (p.user_id) p.user_id, p.at, p.best_difficulty AS sdiff,
            p.share_id::text AS share_id, w.name AS worker
        FROM personal_bests p
            LEFT JOIN workers w ON w.user_id = p.user_id AND w.id = p.worker_id
        WHERE p.user_id = ANY(:users ::bigint[]) AND p.best_difficulty >= CAST(:threshold AS float8)
        ORDER BY p.user_id, p.at, p.share_id
        """,
        users=list(users),
        threshold=badge.threshold,
    )
    causes = {row.user_id: row for row in rows}
    return [_caused(badge, user, causes.get(user), "share_id sdiff worker", tx) for user in users]


async def _by_block(tx: Tx, badge: BadgeDefinition, users: Sequence[int]) -> list[Award]:
    rows = await tx.rows(
        """
        SELECT DISTINCT ON (b.user_id) b.user_id, b.found_at AS at, b.height, b.hash,
            w.name AS worker
        FROM blocks b
            LEFT JOIN workers w ON w.user_id = b.user_id AND w.id = b.worker_id
        WHERE b.user_id = ANY(:users ::bigint[]) AND b.confirmed_by IS NOT NULL
        ORDER BY b.user_id, b.found_at, b.hash
        """,
        users=list(users),
    )
    causes = {row.user_id: row for row in rows}
    return [_caused(badge, user, causes.get(user), "height hash worker", tx) for user in users]


async def _by_streak(tx: Tx, badge: BadgeDefinition, users: Sequence[int]) -> list[Award]:
    return [award for award in await streak_awards(tx, users) if award.badge.slug == badge.slug]


def _caused(badge: BadgeDefinition, user: int, row: AnyRow | None, names: str, tx: Tx) -> Award:
    """An award with its cause, if the rollups know it already."""
    if row is None:
        return Award(user, badge, tx.now, {})
    return Award(user, badge, row.at, {name: getattr(row, name) for name in names.split()})


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)


_AWARDS: dict[str, Callable[[Tx, BadgeDefinition, Sequence[int]], Awaitable[list[Award]]]] = {
    "share_count": _by_shares,
    "best_diff": _by_difficulty,
    "block_found": _by_block,
    "streak": _by_streak,
}
