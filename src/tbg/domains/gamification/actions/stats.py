"""How many have each badge."""

from __future__ import annotations

from datetime import timedelta

from tbg.core.tx import Tx

EARNED_PER_SECOND = 1_500
"""Number of earned badges for which counting pauses one second: counting a hundred thousand takes a
fraction of a second and is followed by a minute's pause."""


async def count_badges(tx: Tx, *, anyway: bool = False) -> bool:
    """Count earners again if something was granted since the last count; return whether it did.

    The ledger's sequence shows this with one read, because every badge comes with a ledger row.
    Numbers drawn by a transaction that commits later are caught `anyway`, hourly. A count reads all
    earned badges, so the more there are, the longer it pauses.
    """
    drawn = await tx.value("SELECT last_value FROM xp_ledger_id_seq")
    known = await tx.row(
        """
        SELECT min(COALESCE(s.counted_to, -1)) AS counted_to, min(s.updated_at) AS at,
            sum(s.total_earned)::bigint AS earned
        FROM badge_definitions b LEFT JOIN badge_stats s ON s.badge_slug = b.slug
        """
    )
    assert known is not None
    if known.counted_to is None:
        return False
    new_badge = known.counted_to < 0
    if not anyway and not new_badge:
        rest = timedelta(seconds=known.earned // EARNED_PER_SECOND)
        if known.counted_to == drawn or tx.now - known.at < rest:
            return False
    await tx.run(
        """
        WITH miners AS (
            SELECT count(*) AS n FROM user_gamification WHERE total_shares > 0
        ), earned AS (
            SELECT u.badge_slug AS slug, count(*) AS n, max(u.earned_at) AS last,
                count(*) FILTER (WHERE g.total_shares > 0) AS miners
            FROM user_badges u JOIN user_gamification g USING (user_id) GROUP BY u.badge_slug
        )
        INSERT INTO badge_stats AS s (badge_slug, total_earned, percentage, last_earned_at,
            counted_to, updated_at)
        SELECT b.slug, COALESCE(e.n, 0),
            COALESCE(round(100.0 * e.miners / NULLIF(m.n, 0), 2), 0), e.last, :drawn, :now
        FROM badge_definitions b CROSS JOIN miners m LEFT JOIN earned e ON e.slug = b.slug
        ORDER BY b.slug
        ON CONFLICT (badge_slug) DO UPDATE SET total_earned = excluded.total_earned,
            percentage = excluded.percentage, last_earned_at = excluded.last_earned_at,
            counted_to = excluded.counted_to, updated_at = excluded.updated_at
        """,
        drawn=drawn,
        now=tx.now,
    )
    return True
