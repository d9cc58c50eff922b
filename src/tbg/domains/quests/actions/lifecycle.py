"""Quests, when users are merged, leave, or export their data."""

from __future__ import annotations

from collections.abc import Iterator

from tbg.core.section import Section
from tbg.core.tx import Tx
from tbg.domains.mining.queries import has_rolled_up
from tbg.domains.quests.actions.evaluating import EVERY_DAY, note_changes, note_roll_ups


async def merge(tx: Tx, *, gone: int, kept: int) -> None:
    """The completions of both are `kept`'s, who is evaluated again for all days; silent.

    Their XP was granted to `kept` with the ledger. Of a quest that both completed in the same
    period, `kept`'s completion stays, as does what it paid.
    """
    while await has_rolled_up(tx):
        await note_roll_ups(tx)  # what waits names the user it was mined for
    await tx.run(
        """
        WITH moved AS (DELETE FROM quest_completions WHERE user_id = :gone RETURNING *)
        INSERT INTO quest_completions (user_id, quest, period, at, written_at, xp, reported_by,
            request, cause)
        SELECT CAST(:kept AS bigint), quest, period, at, written_at, xp, reported_by, request,
            cause
        FROM moved ON CONFLICT (user_id, quest, period) DO NOTHING
        """,
        gone=gone,
        kept=kept,
    )
    await tx.run("DELETE FROM quest_waiting WHERE user_id = :gone", gone=gone)
    await note_changes(tx, [(kept, EVERY_DAY)], silent=True)


async def erase(tx: Tx, *, user_id: int) -> None:
    """Completions forget which device they are owed to, and stay; nobody is evaluated any more."""
    await tx.run(
        "UPDATE quest_completions SET cause = cause - 'worker', request = NULL WHERE user_id = :id",
        id=user_id,
    )
    await tx.run("DELETE FROM quest_waiting WHERE user_id = :id", id=user_id)


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """The quests that were completed."""
    sql = """
        SELECT quest, period, at, written_at, xp, reported_by, cause FROM quest_completions
        WHERE user_id = :id ORDER BY at, quest, period
    """
    about = "The quests you completed, in which period, when, and with what."
    yield Section("quests", about, tx.pages(sql, id=user_id))
