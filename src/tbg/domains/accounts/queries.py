"""Who is who."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tbg.core.tx import Tx


class Miner(NamedTuple):
    """A user as the public may know him: `address` is the first one he mined with."""

    id: int
    address: str
    claimed: bool
    created_at: datetime


async def miner(tx: Tx, handle: str) -> Miner | None:
    """The miner behind a handle; an address serves as one."""
    row = await tx.row(
        """
        SELECT u.id, a.address, u.claimed_at IS NOT NULL AS claimed, u.created_at
        FROM user_addresses a JOIN users u ON u.id = a.user_id WHERE a.address = :handle
        """,
        handle=handle,
    )
    return None if row is None else Miner(*row)


async def addresses(tx: Tx, user_ids: Sequence[int]) -> dict[int, str]:
    """The name shown for each user: the address linked first, before those a merge brought."""
    rows = await tx.rows(
        """
        SELECT DISTINCT ON (user_id) user_id, address FROM user_addresses
        WHERE user_id = ANY(:ids) ORDER BY user_id, merged_at NULLS FIRST, linked_at, address
        """,
        ids=list(user_ids),
    )
    return {row.user_id: row.address for row in rows}
