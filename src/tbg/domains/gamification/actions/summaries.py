"""What history earned, told once it has been read to its end."""

from __future__ import annotations

from tbg.core import limits
from tbg.core.tx import Tx
from tbg.domains.gamification.events import SilentRewards


async def tell_silent(tx: Tx) -> int:
    """Announce one summary for each user whose history has gone quiet; how many."""
    rows = await tx.rows(
        """
        DELETE FROM silent_rewards WHERE user_id IN (
            SELECT user_id FROM silent_rewards WHERE last_at <= :before
            ORDER BY user_id LIMIT :most FOR UPDATE SKIP LOCKED)
        RETURNING user_id, badges, xp
        """,
        before=tx.now - limits.SILENT_FOR,
        most=limits.JOB_USERS,
    )
    for row in sorted(rows, key=lambda row: row.user_id):
        tx.announce(SilentRewards(user_id=row.user_id, badges=row.badges, xp=row.xp))
    return len(rows)
