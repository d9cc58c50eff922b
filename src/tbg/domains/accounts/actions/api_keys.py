"""API keys: made, shown once, revoked."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from tbg.core import limits
from tbg.core.errors import NotFound, SignInRequired
from tbg.core.principal import Scope
from tbg.core.tx import AnyRow, Tx
from tbg.domains.accounts.actions.access import sessions_changed
from tbg.domains.accounts.actions.challenges import use_approval
from tbg.domains.accounts.actions.users import lock_user
from tbg.domains.accounts.errors import TooManyKeys


class Digests(NamedTuple):
    """What is stored of a key's secret: a keyed digest to look it up by, and argon2's hash."""

    mac: bytes
    hash: str


def new_id(user_id: int) -> str:
    """An id for a key; the user's is in it, so that keys are looked up by their owner."""
    return f"{user_id}k{secrets.token_hex(4)}"


async def require_room(tx: Tx, *, user_id: int, session_id: UUID) -> str:
    """Lock the user, and see that they may have one more key; the address of their session.

    A session that ended while it waited for the lock makes no key: nothing would end that one.
    """
    await lock_user(tx, user_id)
    address: str | None = await tx.value(
        "SELECT address FROM sessions WHERE user_id = :user AND id = :id AND ended_at IS NULL",
        user=user_id,
        id=session_id,
    )
    if address is None:
        raise SignInRequired("This session has just ended. Sign in again.")
    there = await tx.value(
        """
        SELECT count(*) FROM api_keys WHERE user_id = :user AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > :now)
        """,
        user=user_id,
        now=tx.now,
    )
    if there >= limits.API_KEYS:
        raise TooManyKeys(f"You have {there} keys. Revoke one that you no longer use.", keys=there)
    return address


async def make_key(
    tx: Tx, *, user_id: int, session_id: UUID, key_id: str, digests: Digests, name: str,
    scope: Scope, expires_in_days: int | None, approval: UUID | None,
) -> AnyRow:  # fmt: skip
    """Store a key's digests; the row without them. A key of scope `service` takes an approval.

    It ends with the address of the session that it is made in.
    """
    address = await require_room(tx, user_id=user_id, session_id=session_id)
    if scope == "service":
        await use_approval(tx, approval=approval, user_id=user_id, purpose="make_service_key")
    made = await tx.row(
        """
        INSERT INTO api_keys (user_id, id, name, scope, mac, hash, created_at, expires_at,
            address)
        VALUES (:user, :id, :name, :scope, :mac, :hash, :now, :expires, :address)
        RETURNING id, name, scope, created_at, last_used_at, expires_at
        """,
        user=user_id,
        id=key_id,
        name=name,
        scope=scope,
        mac=digests.mac,
        hash=digests.hash,
        now=tx.now,
        expires=tx.now + timedelta(days=expires_in_days) if expires_in_days else None,
        address=address,
    )
    assert made is not None  # an INSERT of one row returns it
    return made


async def revoke_key(tx: Tx, *, user_id: int, key_id: str) -> str:
    """Revoke a key, from the next request on, everywhere; its name."""
    revoked: str | None = await tx.value(
        """
        UPDATE api_keys SET revoked_at = :now
        WHERE user_id = :user AND id = :id AND revoked_at IS NULL RETURNING name
        """,
        now=tx.now,
        user=user_id,
        id=key_id,
    )
    if revoked is None:
        raise NotFound("There is no such key in your account.")
    sessions_changed(tx, user_id)
    return revoked


async def revoke_keys_of(tx: Tx, *, user_id: int, address: str) -> None:
    """Revoke the keys made in sessions of an address, and those of which that is not known."""
    sessions_changed(tx, user_id)
    await tx.run(
        """
        UPDATE api_keys SET revoked_at = :now
        WHERE user_id = :user AND revoked_at IS NULL
            AND COALESCE(address, :address) = CAST(:address AS text)
        """,
        now=tx.now,
        user=user_id,
        address=address,
    )


async def revoke_all_keys(tx: Tx) -> int:
    """Revoke the keys of everybody; how many."""
    return await tx.run(
        "UPDATE api_keys SET revoked_at = :now"
        " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)",
        now=tx.now,
    )


async def note_use(tx: Tx, *, user_id: int, key_id: str) -> None:
    """Remember that a key was used."""
    await tx.run(
        "UPDATE api_keys SET last_used_at = :now WHERE user_id = :user AND id = :id",
        now=tx.now,
        user=user_id,
        id=key_id,
    )
