"""Addresses of one player."""

from __future__ import annotations

from uuid import UUID

from tbg.core import limits
from tbg.core.errors import NotFound
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.access import pages_changed
from tbg.domains.accounts.actions.api_keys import revoke_keys_of
from tbg.domains.accounts.actions.challenges import end_approvals, use_approval
from tbg.domains.accounts.actions.sessions import end_sessions
from tbg.domains.accounts.actions.users import admit_addresses, lock_user
from tbg.domains.accounts.errors import (
    AlreadyYours,
    CannotUnlink,
    FoundItsGame,
    TooManyAddresses,
)
from tbg.domains.accounts.queries import linked


async def link(
    tx: Tx, *, user_id: int, address: str, approval: UUID | None, merge: bool
) -> int | None:
    """Give a proved address to a user; return the user to merge, if it belonged to one.

    `approval`: signed by an address of the user. Without `merge` nobody may have the new address:
    FoundItsGame if it has just begun to mine.
    """
    await lock_user(tx, user_id)
    there = [one.address for one in await linked(tx, user_id)]
    if address in there:
        raise AlreadyYours("This address is already linked to your account.")
    if len(there) >= limits.ADDRESSES:
        raise TooManyAddresses(
            f"You have {len(there)} addresses and cannot link more.",
            addresses=len(there),
            most=limits.ADDRESSES,
        )
    await use_approval(tx, approval=approval, user_id=user_id, purpose="let_in", subject=address)
    linked_now = await tx.run(
        """
        INSERT INTO user_addresses (address, user_id, linked_at, proved_at)
        VALUES (:address, :user, :now, :now) ON CONFLICT DO NOTHING
        """,
        address=address,
        user=user_id,
        now=tx.now,
    )
    if linked_now:
        await pages_changed(tx, user_id)
        return None
    owner = (await admit_addresses(tx, [address]))[address]
    if not merge:
        raise FoundItsGame("It has just sent a share. Request a new message and sign that.")
    await tx.run(
        "UPDATE user_addresses SET proved_at = COALESCE(proved_at, :now) WHERE address = :address",
        now=tx.now,
        address=address,
    )
    return owner


async def unlink(tx: Tx, *, user_id: int, address: str, approval: UUID | None) -> None:
    """Take an address out of an account; what it mined stays, what it will mine does not.

    The address keeps the account's privacy. `approval`: signed by an address that stays. So a
    session alone cannot remove an address.
    """
    await lock_user(tx, user_id)
    own = [one.address for one in await linked(tx, user_id)]
    if address not in own:
        raise NotFound("This address is not linked to your account.")
    if len(own) == 1:
        raise CannotUnlink(
            "It is the only address with which you can sign in. Link another one first."
        )
    await use_approval(tx, approval=approval, user_id=user_id, purpose="unlink", subject=address)
    await pages_changed(tx, user_id)
    await tx.run("DELETE FROM user_addresses WHERE address = :address", address=address)
    await _keep_private(tx, address, like=user_id)
    # Somebody who signed in with it may be the reason for the removal: what they made ends with it.
    await end_sessions(tx, user_id=user_id, address=address, why="address unlinked")
    await revoke_keys_of(tx, user_id=user_id, address=address)
    await end_approvals(tx, user_id=user_id, address=address)


async def _keep_private(tx: Tx, address: str, *, like: int) -> None:
    """If a user hides anything, let the address that they had begin its own game the same way.

    Otherwise its next share would make a user whom everybody may see.
    """
    hides = await tx.value(
        """
        SELECT NOT (profile_public AND address_shown = 'whole' AND on_leaderboards)
        FROM users WHERE id = :id
        """,
        id=like,
    )
    if not hides:
        return
    began = (await admit_addresses(tx, [address]))[address]
    await tx.run(
        """
        UPDATE users b SET profile_public = a.profile_public, address_shown = a.address_shown,
            on_leaderboards = a.on_leaderboards
        FROM users a WHERE b.id = :began AND a.id = :like
        """,
        began=began,
        like=like,
    )
