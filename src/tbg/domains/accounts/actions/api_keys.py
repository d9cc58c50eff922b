"""API keys: made, shown once, revoked."""

from __future__ import annotations

import secrets
from datetime import datetime

from tbg.core import limits
from tbg.core.errors import NotFound
from tbg.core.principal import Scope
from tbg.core.tx import AnyRow, Tx
from tbg.domains.accounts.actions.users import lock_user
from tbg.domains.accounts.errors import TooManyKeys


def new_id(user_id: int) -> str:
    """An id for a key; the user's is in it, so that keys are looked up by their owner."""
    return f"{user_id}k{secrets.token_hex(4)}"


async def require_room(tx: Tx, *, user_id: int) -> None:
    """Lock the user, and see that he may have one more key."""
    await lock_user(tx, user_id)
    there = await tx.value(
        """
        SELECT count(*) FROM api_keys WHERE user_id = :user AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > :now)
        """,
        user=user_id,
        now=tx.now,
    )
    if there >= limits.API_KEYS:
        raise TooManyKeys(f"You have {there} keys. Revoke one that you do not use any more.")


async def add_key(
    tx: Tx, *, user_id: int, key_id: str, name: str, scope: Scope, mac: bytes, hash_: str,
    expires_at: datetime | None,
) -> AnyRow:  # fmt: skip
    """Store a key's digests, once `require_room` has passed; the row without them."""
    made = await tx.row(
        """
        INSERT INTO api_keys (user_id, id, name, scope, mac, hash, created_at, expires_at)
        VALUES (:user, :id, :name, :scope, :mac, :hash, :now, :expires)
        RETURNING id, name, scope, created_at, last_used_at, expires_at
        """,
        user=user_id,
        id=key_id,
        name=name,
        scope=scope,
        mac=mac,
        hash=hash_,
        now=tx.now,
        expires=expires_at,
    )
    assert made is not None  # an INSERT of one row returns it
    return made


async def revoke_key(tx: Tx, *, user_id: int, key_id: str) -> None:
    """Revoke a key, from the next request on, everywhere."""
    revoked = await tx.run(
        """
        UPDATE api_keys SET revoked_at = :now
        WHERE user_id = :user AND id = :id AND revoked_at IS NULL
        """,
        now=tx.now,
        user=user_id,
        id=key_id,
    )
    if not revoked:
        raise NotFound("You have no such key.")


async def note_use(tx: Tx, *, user_id: int, key_id: str) -> None:
    """Remember that a key was used."""
    await tx.run(
        "UPDATE api_keys SET last_used_at = :now WHERE user_id = :user AND id = :id",
        now=tx.now,
        user=user_id,
        id=key_id,
    )
