"""Users made of addresses."""

from __future__ import annotations

from collections.abc import Sequence

from tbg.core.errors import SignInRequired
from tbg.core.tx import Tx


async def admit_addresses(tx: Tx, addresses: Sequence[str]) -> dict[str, int]:
    """The user of each address; one never seen before becomes an unclaimed user."""
    users = await _known(tx, addresses)
    unknown = [address for address in addresses if address not in users]
    if not unknown:
        return users
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
    users |= {row.address: row.user_id for row in added}
    # Those left were admitted by another transaction between the two statements.
    late = [address for address in unknown if address not in users]
    return users | (await _known(tx, late) if late else {})


async def lock_user(tx: Tx, user_id: int) -> None:
    """Lock a user's row; SignInRequired if they have been merged or erased."""
    there = await tx.value(
        """
        SELECT 1 FROM users WHERE id = :id AND merged_into IS NULL AND erased_at IS NULL
        FOR UPDATE
        """,
        id=user_id,
    )
    if there is None:
        raise SignInRequired("This account no longer exists. Sign in again.")


async def _known(tx: Tx, addresses: Sequence[str]) -> dict[str, int]:
    rows = await tx.rows(
        "SELECT address, user_id FROM user_addresses WHERE address = ANY(:addresses ::text[])",
        addresses=addresses,
    )
    return dict(rows)
