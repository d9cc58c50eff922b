"""The numbered frames recently sent to a player, from which a browser resumes."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from tbg.adapters.broadcast import Packet, body_of
from tbg.core import limits
from tbg.core.tx import Tx


class Numbers(NamedTuple):
    """A player's frames: the oldest that is kept (`last` + 1: none is) and the last there was."""

    first: int
    last: int


async def numbers(tx: Tx, user_id: int) -> Numbers:
    """From where to where this user's frames can be had."""
    row = await tx.row(
        """
        SELECT COALESCE((SELECT min(id) FROM frames WHERE user_id = :id), last_id + 1), last_id
        FROM frame_counters WHERE user_id = :id
        """,
        id=user_id,
    )
    return Numbers(*row) if row else Numbers(1, 0)


async def frames_after(tx: Tx, user_id: int, *, after: int) -> list[Packet]:
    """Frames sent to this user after a number, in order; as many as a socket's queue holds."""
    rows = await tx.rows(
        """
        SELECT id, channel, type, created_at, data::text AS data FROM frames
        WHERE user_id = :id AND id > :after ORDER BY id LIMIT :most
        """,
        id=user_id,
        after=after,
        most=limits.SOCKET_QUEUE,
    )
    return [
        Packet(
            f"me:{user_id}",
            row.id,
            body_of(
                channel=row.channel,
                type_=row.type,
                at=row.created_at,
                data=orjson.Fragment(row.data),
            ),
        )
        for row in rows
    ]
