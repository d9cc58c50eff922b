"""Ringing, and what becomes of bells when accounts unite, leave or take their data along."""

from __future__ import annotations

from collections.abc import Iterator

from tbg.core.section import Section
from tbg.core.tx import Tx
from tests.toy.events import BellRung


async def ring(tx: Tx, *, user_id: int, heard_by: int | None = None) -> int:
    """Ring a player's next bell; its number."""
    number = await tx.value(
        """
        INSERT INTO bells (user_id, number, rung_at)
        SELECT :id, COALESCE(max(number), 0) + 1, :now FROM bells WHERE user_id = :id
        RETURNING number
        """,
        id=user_id,
        now=tx.now,
    )
    tx.announce(BellRung(user_id=user_id, number=number, at=tx.now, heard_by=heard_by))
    return int(number)


async def merge(tx: Tx, *, gone: int, kept: int) -> None:
    """The bells of `gone` come after those of `kept`."""
    await tx.run(
        """
        WITH moved AS (DELETE FROM bells WHERE user_id = :gone RETURNING number, rung_at),
            last AS (SELECT COALESCE(max(number), 0) AS number FROM bells WHERE user_id = :kept)
        INSERT INTO bells (user_id, number, rung_at)
        SELECT :kept, last.number + moved.number, moved.rung_at FROM moved CROSS JOIN last
        """,
        gone=gone,
        kept=kept,
    )


async def erase(tx: Tx, *, user_id: int) -> None:
    """The player's bells go."""
    await tx.run("DELETE FROM bells WHERE user_id = :id", id=user_id)


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """The player's bells."""
    sql = "SELECT number, rung_at FROM bells WHERE user_id = :id ORDER BY number"
    yield Section("bells", "Bells that you rang.", tx.pages(sql, id=user_id))
