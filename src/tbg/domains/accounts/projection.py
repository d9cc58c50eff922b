"""Who a batch is about: every address that mines is a user, before anybody signs in."""

from __future__ import annotations

from tbg.adapters.streams import Batch
from tbg.core.tx import Tx


async def admit(tx: Tx, batch: Batch) -> None:
    """Fill in `batch.users`; an address never seen before becomes an unclaimed user."""
    addresses = sorted({fact.address for fact in batch.all()})
    batch.users |= await _known(tx, addresses)
    unknown = [address for address in addresses if address not in batch.users]
    if not unknown:
        return
    added = await tx.rows(
        """
        WITH added AS (
            INSERT INTO user_addresses (address, user_id, linked_at)
            SELECT address, nextval(pg_get_serial_sequence('users', 'id')), :now
            FROM unnest(:addresses ::text[]) AS t (address)
            ON CONFLICT DO NOTHING RETURNING address, user_id
        ), made AS (
            INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE
            SELECT user_id, :now FROM added
        )
        SELECT address, user_id FROM added
        """,
        addresses=unknown,
        now=tx.now,
    )
    batch.users |= {row.address: row.user_id for row in added}
    # Those left were admitted by another consumer between the two statements.
    late = [address for address in unknown if address not in batch.users]
    if late:
        batch.users |= await _known(tx, late)


async def _known(tx: Tx, addresses: list[str]) -> dict[str, int]:
    rows = await tx.rows(
        "SELECT address, user_id FROM user_addresses WHERE address = ANY(:addresses ::text[])",
        addresses=addresses,
    )
    return {row.address: row.user_id for row in rows}
