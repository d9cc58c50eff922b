"""Addresses of one player."""

from __future__ import annotations

from tbg.core import limits
from tbg.core.errors import NotFound
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.people import hold_owners
from tbg.domains.accounts.actions.sessions import end_sessions
from tbg.domains.accounts.actions.users import admit_addresses, lock_user
from tbg.domains.accounts.errors import (
    AlreadyYours,
    CannotUnlink,
    FoundItsGame,
    TooManyAddresses,
)
from tbg.domains.accounts.queries import linked


async def link(tx: Tx, *, user_id: int, address: str, merge: bool) -> int | None:
    """Give a proved address to a user; the user it was until now, to be merged, if it was one.

    Without `merge` nobody may have it: FoundItsGame when it has begun to mine just now.
    """
    await lock_user(tx, user_id)
    there = len(await linked(tx, user_id))
    if there >= limits.ADDRESSES:
        raise TooManyAddresses(f"You have {there} addresses, and more cannot be linked.")
    there = await tx.run(
        """
        INSERT INTO user_addresses (address, user_id, linked_at, proved_at)
        VALUES (:address, :user, :now, :now) ON CONFLICT DO NOTHING
        """,
        address=address,
        user=user_id,
        now=tx.now,
    )
    if there:
        return None
    owner = (await admit_addresses(tx, [address]))[address]
    if owner == user_id:
        raise AlreadyYours("This address is linked to your account.")
    if not merge:
        raise FoundItsGame("A share of it came in just now. Ask for a message, and sign again.")
    await tx.run(
        "UPDATE user_addresses SET proved_at = COALESCE(proved_at, :now) WHERE address = :address",
        now=tx.now,
        address=address,
    )
    return owner


async def unlink(tx: Tx, *, user_id: int, address: str) -> None:
    """Part an address from a user; what it mined stays with him, what it will mine does not."""
    await hold_owners(tx)
    await lock_user(tx, user_id)
    mine = {one.address: one for one in await linked(tx, user_id)}
    if address not in mine:
        raise NotFound("You have no such address.")
    if not mine[address].can_unlink:
        raise CannotUnlink(
            "It is the address your account began with."
            if mine[address].first
            else "What it had mined is part of your game now, and cannot be told apart again."
        )
    await tx.run("DELETE FROM user_addresses WHERE address = :address", address=address)
    # Whoever came in by it may have been the reason to part with it.
    await end_sessions(tx, user_id=user_id, address=address, why="address unlinked")
