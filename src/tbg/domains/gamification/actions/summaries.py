"""Announces what history earned, once it has been read completely."""

from __future__ import annotations

from tbg.core import limits
from tbg.core.tx import Tx
from tbg.domains.gamification.events import SilentRewards


async def tell_silent(tx: Tx) -> int:
    """Announce one summary for each user whose history has gone quiet; how many."""
    before = tx.now - limits.SILENT_FOR
    quiet = await tx.rows(
        """
        SELECT user_id FROM silent_rewards WHERE last_at <= :before
        ORDER BY user_id LIMIT :most
        """,
        before=before,
        most=limits.JOB_USERS,
    )
    # The process that deletes a row announces it; a row that history has touched again keeps
    # waiting.
    rows = await tx.rows(
        """
        DELETE FROM silent_rewards WHERE user_id = ANY(:users ::bigint[]) AND last_at <= :before
        RETURNING user_id, badges, xp
        """,
        users=[row.user_id for row in quiet],
        before=before,
    )
    for row in sorted(rows, key=lambda row: row.user_id):
        tx.announce(SilentRewards(user_id=row.user_id, badges=row.badges, xp=row.xp))
    return len(rows)
