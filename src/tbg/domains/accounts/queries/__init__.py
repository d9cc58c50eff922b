"""Reads users and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from tbg.core import limits
from tbg.core.errors import SignInRequired
from tbg.core.principal import Role, Scope
from tbg.core.tx import AnyRow, Tx
from tbg.domains.accounts.rules import EndedWhy, Purpose, shown_address, tile_seed
from tbg.domains.accounts.schemas import kept_settings


class KnownMiner(NamedTuple):
    """A user as the public may see them.

    `address` is the first one that they mined with or proved, only for themselves and for drawing;
    `address_shown` is what others may see of it, `seed` determines their tile.
    """

    id: int
    address: str
    claimed: bool
    created_at: datetime
    handle: str | None
    display_name: str | None
    country: str | None
    bio: str | None
    profile_public: bool
    address_shown: str | None
    seed: str = ""


async def miner(
    tx: Tx, handle: str, *, own: int | None = None, anybody: bool = False
) -> KnownMiner | None:
    """The miner behind a handle or an address; None if there is none.

    A user who does not show the whole address is found by it only by themselves (`own`) and by
    operators (`anybody`); otherwise anybody who knows the address would learn who they are.
    """
    row = await tx.row(
        """
        SELECT u.id, (SELECT address FROM user_addresses WHERE user_id = u.id
                ORDER BY merged_at NULLS FIRST, linked_at, address LIMIT 1) AS address,
            u.claimed_at IS NOT NULL AS claimed, u.created_at, u.handle, u.display_name,
            u.country, u.bio, u.profile_public, u.address_shown
        FROM users u WHERE u.id = COALESCE(
            (SELECT a.user_id FROM user_addresses a JOIN users o ON o.id = a.user_id
                WHERE a.address = :handle
                    AND (o.address_shown = 'whole' OR o.id = CAST(:own AS bigint)
                        OR CAST(:anybody AS boolean))),
            (SELECT id FROM users WHERE lower(handle) = lower(:handle)))
        """,
        handle=handle,
        own=own,
        anybody=anybody,
    )
    if row is None or row.address is None:
        return None
    found = KnownMiner(*row)
    how = row.address_shown
    return found._replace(
        address_shown=shown_address(row.address, how),
        seed=tile_seed(row.id, row.address, row.handle, how),
    )


class Name(NamedTuple):
    """A user's public name, by which their page is found; `seed` determines their tile."""

    name: str
    seed: str


async def names(tx: Tx, user_ids: Sequence[int]) -> dict[int, Name]:
    """The names of users in the pool's lists: the handle, or else the address.

    Users who are not public, show neither, or are not on leaderboards have no name here: what they
    did counts in every sum, but no list says whose it is.
    """
    rows = await tx.rows(
        """
        SELECT DISTINCT ON (a.user_id) a.user_id, u.handle, a.address, u.address_shown
        FROM user_addresses a JOIN users u ON u.id = a.user_id
        WHERE a.user_id = ANY(:ids) AND u.profile_public AND u.on_leaderboards
            AND (u.handle IS NOT NULL OR u.address_shown = 'whole')
        ORDER BY a.user_id, a.merged_at NULLS FIRST, a.linked_at, a.address
        """,
        ids=list(user_ids),
    )
    return {
        row.user_id: Name(
            row.handle or row.address,
            tile_seed(row.user_id, row.address, row.handle, row.address_shown),
        )
        for row in rows
    }


async def page_name(tx: Tx, user_id: int) -> str | None:
    """The handle or whole address under which anybody finds a user's page; None if nobody does."""
    found: str | None = await tx.value(
        """
        SELECT COALESCE(u.handle, CASE WHEN u.address_shown = 'whole' THEN
            (SELECT address FROM user_addresses WHERE user_id = u.id
                ORDER BY merged_at NULLS FIRST, linked_at, address LIMIT 1) END)
        FROM users u WHERE u.id = :id AND u.profile_public
        """,
        id=user_id,
    )
    return found


async def addresses(tx: Tx, user_ids: Sequence[int]) -> dict[int, list[str]]:
    """The addresses of users, in the order they were linked."""
    rows = await tx.rows(
        """
        SELECT user_id,
            array_agg(address ORDER BY merged_at NULLS FIRST, linked_at, address) AS addresses
        FROM user_addresses WHERE user_id = ANY(:ids) GROUP BY user_id
        """,
        ids=list(user_ids),
    )
    return {row.user_id: row.addresses for row in rows}


class Person(NamedTuple):
    """A user as they see themselves."""

    id: int
    handle: str | None
    display_name: str | None
    country: str | None
    bio: str | None
    role: Role
    address: str
    addresses: int
    profile_public: bool
    address_shown: str
    on_leaderboards: bool
    created_at: datetime
    claimed_at: datetime | None
    deletion_at: datetime | None


async def person(tx: Tx, user_id: int) -> Person:
    """A user who is signed in."""
    row = await tx.row(
        """
        SELECT u.id, u.handle, u.display_name, u.country, u.bio, u.role,
            (array_agg(a.address ORDER BY a.merged_at NULLS FIRST, a.linked_at, a.address))[1],
            count(*), u.profile_public, u.address_shown, u.on_leaderboards, u.created_at,
            u.claimed_at, u.deletion_at
        FROM users u JOIN user_addresses a ON a.user_id = u.id WHERE u.id = :id GROUP BY u.id
        """,
        id=user_id,
    )
    if row is None:  # merged or erased since the session was read
        raise SignInRequired("This account no longer exists. Sign in again.")
    return Person(*row)


async def some_address(tx: Tx) -> str | None:
    """Any address of any user: all are of one network."""
    found: str | None = await tx.value("SELECT address FROM user_addresses LIMIT 1")
    return found


async def known_addresses(tx: Tx, addresses: Sequence[str]) -> list[str]:
    """Those of these addresses that belong to somebody, in the order given."""
    rows = await tx.rows(
        "SELECT address FROM user_addresses WHERE address = ANY(:addresses)",
        addresses=list(addresses),
    )
    known = {row.address for row in rows}
    return [address for address in addresses if address in known]


class Followable(NamedTuple):
    """A user whose frames somebody asks for, with their addresses in the order of linking."""

    id: int
    public: bool
    addresses: list[str]


async def followable(
    tx: Tx, handles: Sequence[str], *, own: int | None
) -> tuple[dict[str, Followable], set[str]]:
    """Handle or address → the miner behind it, as `miner` finds them; and the known addresses."""
    by_address = await tx.rows(
        """
        SELECT a.address, u.id, u.profile_public, u.address_shown
        FROM user_addresses a JOIN users u ON u.id = a.user_id WHERE a.address = ANY(:handles)
        """,
        handles=list(handles),
    )
    by_handle = await tx.rows(
        "SELECT lower(handle) AS handle, id, profile_public FROM users"
        " WHERE lower(handle) = ANY(:handles)",
        handles=[handle.lower() for handle in handles],
    )
    users = {row.handle: (row.id, row.profile_public) for row in by_handle}
    found = {handle: users[handle.lower()] for handle in handles if handle.lower() in users}
    for row in by_address:
        if row.address_shown == "whole" or row.id == own:
            found[row.address] = (row.id, row.profile_public)
    owned = await addresses(tx, [user_id for user_id, _ in found.values()])
    players = {
        handle: Followable(user_id, public, owned[user_id])
        for handle, (user_id, public) in found.items()
        if user_id in owned
    }
    return players, {row.address for row in by_address}


class OpenChallenge(NamedTuple):
    """A message that waits for its signature, or (`signed_at`) for what it approves.

    `for_user`: whose account it is about; None to sign in.
    """

    address: str
    for_user: int | None
    purpose: Purpose
    message: str
    signed_at: datetime | None


async def open_challenge(tx: Tx, challenge_id: UUID) -> OpenChallenge | None:
    """A challenge that was not used and holds; None else."""
    row = await tx.row(
        """
        SELECT address, for_user, purpose, message, signed_at FROM auth_challenges
        WHERE id = :id AND used_at IS NULL AND expires_at > :now
        """,
        id=challenge_id,
        now=tx.now,
    )
    return None if row is None else OpenChallenge(*row)


async def activity(tx: Tx, user_id: int, *, before: int | None, most: int) -> Sequence[AnyRow]:
    """What was done to an account, newest first; with `before`, only earlier entries."""
    return await tx.rows(
        """
        SELECT id, at, action, about, session_id, device, signed_in_with FROM account_activity
        WHERE user_id = :user AND id < COALESCE(CAST(:before AS bigint), 9223372036854775807)
        ORDER BY id DESC LIMIT :most
        """,
        user=user_id,
        before=before,
        most=most,
    )


async def session_role(tx: Tx, user_id: int, session_id: UUID) -> Role | None:
    """The role of a user whose session holds; None when it has ended."""
    role: Role | None = await tx.value(
        """
        SELECT u.role FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.user_id = :user AND s.id = :session AND s.ended_at IS NULL AND s.expires_at > :now
        """,
        user=user_id,
        session=session_id,
        now=tx.now,
    )
    return role


async def session_end(tx: Tx, user_id: int, session_id: UUID) -> EndedWhy | None:
    """Why a session is over; None if there is none, or it still runs."""
    why: EndedWhy | None = await tx.value(
        """
        SELECT COALESCE(ended_why, CASE WHEN expires_at <= :now THEN 'expired' END)
        FROM sessions WHERE user_id = :user AND id = :session
        """,
        user=user_id,
        session=session_id,
        now=tx.now,
    )
    return why


class StoredKey(NamedTuple):
    """A valid API key, as it is stored."""

    role: Role
    scope: Scope
    mac: bytes
    hash: str
    last_used_at: datetime | None
    expires_at: datetime | None


async def api_key(tx: Tx, user_id: int, key_id: str) -> StoredKey | None:
    """An API key that holds; None for one that is revoked, expired or not there.

    A service's key holds for as long as its owner is an admin.
    """
    row = await tx.row(
        """
        SELECT u.role, k.scope, k.mac, k.hash, k.last_used_at, k.expires_at
        FROM api_keys k JOIN users u ON u.id = k.user_id
        WHERE k.user_id = :user AND k.id = :id AND k.revoked_at IS NULL
            AND (k.expires_at IS NULL OR k.expires_at > :now)
            AND (k.scope <> 'service' OR u.role = 'admin')
        """,
        user=user_id,
        id=key_id,
        now=tx.now,
    )
    return None if row is None else StoredKey(*row)


async def api_keys(tx: Tx, user_id: int) -> Sequence[AnyRow]:
    """A user's keys, newest first, without those that were revoked."""
    return await tx.rows(
        """
        SELECT id, name, scope, created_at, last_used_at, expires_at FROM api_keys
        WHERE user_id = :user AND revoked_at IS NULL ORDER BY created_at DESC, id
        """,
        user=user_id,
    )


async def count_api_keys(tx: Tx) -> int:
    """How many keys of all users hold."""
    return int(
        await tx.value(
            "SELECT count(*) FROM api_keys"
            " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)",
            now=tx.now,
        )
    )


async def sessions(tx: Tx, user_id: int) -> Sequence[AnyRow]:
    """A user's sessions that hold, used last first."""
    return await tx.rows(
        """
        SELECT id, kind, device, address, created_at, last_used_at, expires_at FROM sessions
        WHERE user_id = :user AND ended_at IS NULL AND expires_at > :now
        ORDER BY last_used_at DESC, id
        """,
        user=user_id,
        now=tx.now,
    )


async def ended_sessions(tx: Tx, user_id: int) -> Sequence[AnyRow]:
    """A user's recently ended sessions, latest first."""
    return await tx.rows(
        """
        SELECT id, kind, device, address, created_at, ended_at, ended_why FROM sessions
        WHERE user_id = :user AND ended_at > :since ORDER BY ended_at DESC, id LIMIT :most
        """,
        user=user_id,
        since=tx.now - limits.SESSION_TOLD,
        most=limits.SESSIONS,
    )


class LinkedAddress(NamedTuple):
    """An address of a user; `can_unlink`: another one stays that can sign in."""

    address: str
    linked_at: datetime
    proved_at: datetime | None
    first: bool
    merged: bool
    can_unlink: bool


async def linked(tx: Tx, user_id: int) -> list[LinkedAddress]:
    """A user's addresses, in the order they were linked."""
    rows = await tx.rows(
        """
        SELECT address, linked_at, proved_at, merged_at FROM user_addresses
        WHERE user_id = :user ORDER BY merged_at NULLS FIRST, linked_at, address
        """,
        user=user_id,
    )
    return [
        LinkedAddress(
            row.address,
            row.linked_at,
            row.proved_at,
            number == 0,
            row.merged_at is not None,
            len(rows) > 1,
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip


async def settings(tx: Tx, user_id: int) -> dict[str, Any]:
    """The settings that a user has changed, as far as they still exist."""
    return kept_settings(
        orjson.loads(await tx.value("SELECT settings::text FROM users WHERE id = :id", id=user_id))
    )


async def everybody(tx: Tx) -> list[int]:
    """All users who were neither merged nor erased."""
    rows = await tx.rows(
        "SELECT id FROM users WHERE merged_into IS NULL AND erased_at IS NULL ORDER BY id"
    )
    return [row.id for row in rows]


async def with_roles(tx: Tx) -> Sequence[AnyRow]:
    """Users with a role, by id."""
    return await tx.rows("SELECT id, handle, role FROM users WHERE role <> 'user' ORDER BY id")
