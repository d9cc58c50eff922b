"""Which events have been seen: the first statement of every batch makes effects happen once.

A plain table, never a hypertable: its unique key is the producer's identity alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tbg.core import limits
from tbg.core.tx import Tx


@dataclass(frozen=True, slots=True)
class Claimed:
    """`fresh`: keys never seen before; `conflicting`: keys seen with another payload."""

    fresh: frozenset[UUID]
    conflicting: frozenset[UUID]


async def claim(tx: Tx, digests: Mapping[UUID, int]) -> Claimed:
    """Record event keys (key → digest of the payload, 64 bit) and return which are new.

    One sorted multi-row insert: two consumers holding the same keys wait for each other in the
    same order, so they cannot deadlock.
    """
    keys = sorted(digests)
    rows = await tx.rows(
        """
        INSERT INTO event_keys (key, digest, seen_on)
        SELECT key, digest, :today FROM unnest(:keys ::uuid[], :digests ::bigint[])
            AS t (key, digest)
        ON CONFLICT DO NOTHING RETURNING key
        """,
        today=tx.now.date(),
        keys=keys,
        digests=[digests[key] for key in keys],
    )
    if len(rows) == len(keys):
        return Claimed(frozenset(keys), frozenset())
    fresh = frozenset(row.key for row in rows)
    seen = [key for key in keys if key not in fresh]
    known = await tx.rows(
        "SELECT key, digest FROM event_keys WHERE key = ANY(:keys ::uuid[])", keys=seen
    )
    return Claimed(fresh, frozenset(row.key for row in known if row.digest != digests[row.key]))


async def prune(tx: Tx) -> int:
    """Delete keys older than any live event may be late; return how many."""
    await tx.take_as_long_as_needed()
    return await tx.run(
        "DELETE FROM event_keys WHERE seen_on < :before",
        before=(tx.now - limits.KEY_AGE).date(),
    )
