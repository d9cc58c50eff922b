"""Announces what history earned, once it has been read completely."""

from __future__ import annotations

from collections.abc import Sequence

from tbg.core import limits
from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.gamification.events import SilentRewards


async def tell_silent(database: Database) -> int:
    """Announce one summary for each user whose history has gone quiet; how many."""
    return sum(await serve_users(database, "silent_summaries", find=_find_quiet, work=_tell))


async def _find_quiet(tx: Tx, after: int, most: int) -> list[int]:
    rows = await tx.rows(
        """
        SELECT user_id FROM silent_rewards WHERE last_at <= :before AND user_id > :after
        ORDER BY user_id LIMIT :most
        """,
        before=tx.now - limits.SILENT_FOR,
        after=after,
        most=most,
    )
    return [row.user_id for row in rows]


async def _tell(tx: Tx, users: Sequence[int]) -> int:
    # The process that deletes a row announces it; a row that history has touched again keeps
    # waiting.
    rows = await tx.rows(
        """
        DELETE FROM silent_rewards WHERE user_id = ANY(:users ::bigint[]) AND last_at <= :before
        RETURNING user_id, badges, xp
        """,
        users=list(users),
        before=tx.now - limits.SILENT_FOR,
    )
    for row in sorted(rows, key=lambda row: row.user_id):
        tx.announce(SilentRewards(user_id=row.user_id, badges=row.badges, xp=row.xp))
    return len(rows)
