"""Frames, when two users turn out to be one, leave, or take their data along."""

from __future__ import annotations

from collections.abc import Iterator

from tbg.core.section import Section
from tbg.core.tx import Tx


async def merge(tx: Tx, *, gone: int, kept: int) -> None:  # noqa: ARG001 - as every domain's
    """Delete the frames of `gone`: their totals no longer belong to anybody."""
    await erase(tx, user_id=gone)


async def erase(tx: Tx, *, user_id: int) -> None:
    """The user's frames and their numbers go."""
    await tx.run("DELETE FROM frames WHERE user_id = :id", id=user_id)
    await tx.run("DELETE FROM frame_counters WHERE user_id = :id", id=user_id)


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """What was recently sent to your browser."""
    sql = """
        SELECT id, channel, type, data, created_at FROM frames
        WHERE user_id = :id ORDER BY id
    """
    yield Section("frames", "What was recently sent to your browser.", tx.pages(sql, id=user_id))
