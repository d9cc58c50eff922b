"""Awards badges that are new to the registry to users who had already reached them.

Silent, in chunks of users, under the usual keys: a batch that awards the same badge at the same
time, or a second backfill, changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from tbg.core import limits
from tbg.core.tx import AnyRow, Database, Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.reward import Award, lock, reward
from tbg.domains.gamification.actions.streaks import streak_awards
from tbg.domains.gamification.queries import BadgeDefinition


async def backfill_badges(database: Database) -> int:
    """Award every new badge to users who had already reached it; return the badges."""
    async with database.transaction() as tx:
        waiting = [
            item.badge
            for item in await queries.every_badge(tx)
            if item.is_active and not item.backfilled
        ]
    given = 0
    for badge in waiting:
        after: int | None = 0
        while after is not None:
            async with database.transaction(owners="shared") as tx:
                count, after = await _chunk(tx, badge, after)
                given += count
                if after is None:
                    await tx.run(
                        "UPDATE badge_definitions SET backfilled_at = :now WHERE slug = :slug",
                        now=tx.now,
                        slug=badge.slug,
                    )
    return given


async def _chunk(tx: Tx, badge: BadgeDefinition, after: int) -> tuple[int, int | None]:
    if badge.trigger_type not in _AWARDS:  # events were not kept: there is nothing to go by
        return 0, None
    rows = await tx.rows(
        """
        SELECT g.user_id FROM user_gamification g
        WHERE g.user_id > :after AND CASE CAST(:trigger AS text)
                WHEN 'share_count' THEN g.total_shares >= CAST(:threshold AS float8)
                WHEN 'best_diff' THEN g.best_difficulty >= CAST(:threshold AS float8)
                WHEN 'streak' THEN g.longest_streak >= CAST(:threshold AS float8)
                ELSE g.blocks_found > 0 END
            AND NOT EXISTS (SELECT 1 FROM user_badges u
                WHERE u.user_id = g.user_id AND u.badge_slug = :slug)
        ORDER BY g.user_id LIMIT :most
        """,
        after=after,
        trigger=badge.trigger_type,
        threshold=badge.threshold or 0.0,
        slug=badge.slug,
        most=limits.JOB_USERS,
    )
    if not rows:
        return 0, None
    users = [row.user_id for row in rows]
    await lock(tx, users)
    awards = await _AWARDS[badge.trigger_type](tx, badge, users)
    marked = [
        award._replace(metadata=award.metadata | {"backfilled": True}, silent=True)
        for award in awards
    ]
    await reward(tx, awards=marked)
    return len(marked), users[-1]


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
            FROM daily_shares WHERE user_id = ANY(:users ::bigint[]) GROUP BY user_id, day) d
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
