"""A player's profile and settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.exc import IntegrityError

from tbg.core import limits
from tbg.core.principal import Role
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.access import pages_changed, sessions_changed
from tbg.domains.accounts.actions.challenges import use_approval
from tbg.domains.accounts.actions.handles import rest, rests_for_another
from tbg.domains.accounts.actions.users import lock_user
from tbg.domains.accounts.errors import HandleRefused, HandleTaken
from tbg.domains.accounts.queries import settings
from tbg.domains.accounts.rules import handle_key, merged_settings, why_no_handle
from tbg.domains.accounts.schemas import PlayerSettings

# These decide who may watch a page, and under which name.
_FOUND_BY = {"handle", "profile_public", "address_shown"}


async def change_profile(tx: Tx, *, user_id: int, change: dict[str, Any]) -> set[str]:
    """Change parts of a profile: `change` has new values by column, None clears; return changes."""
    await lock_user(tx, user_id)
    kept = await tx.row(
        """
        SELECT handle, handle_key, display_name, country, bio, profile_public, address_shown,
            on_leaderboards FROM users WHERE id = :id
        """,
        id=user_id,
    )
    assert kept is not None  # a signed-in user exists
    if "handle" in change:
        change = change | _handle(change["handle"], kept.handle, kept.handle_key)
        if change["handle_key"] != kept.handle_key:
            await rest(tx, ids=[user_id], former=user_id)
    try:
        await tx.run(
            """
            UPDATE users SET handle = :handle, handle_key = :handle_key,
                display_name = :display_name, country = :country, bio = :bio,
                profile_public = :profile_public, address_shown = :address_shown,
                on_leaderboards = :on_leaderboards
            WHERE id = :id
            """,
            id=user_id,
            **(kept._asdict() | change),
        )
    except IntegrityError as error:
        if not any(name in str(error.orig) for name in ("users_handle_key", "users_handle_lower")):
            raise
        raise HandleTaken("Somebody has this handle, or one that looks like it.") from None
    # Checked after the name is written: a concurrent release has finished by now.
    key: str = change.get("handle_key") or ""
    taken = key not in ("", kept.handle_key)
    if taken and await rests_for_another(tx, handle_key=key, user_id=user_id):
        raise HandleTaken(
            "Somebody had this handle, or one like it, until recently. It is reserved for them."
        )
    changed = {name for name, value in change.items() if value != getattr(kept, name)}
    if changed & _FOUND_BY:
        await pages_changed(tx, user_id)
    return changed


def _handle(handle: str | None, kept: str | None, kept_key: str | None) -> dict[str, str | None]:
    if handle is None:
        return {"handle": None, "handle_key": None}
    if kept is not None and handle.lower() == kept.lower():
        # It stays theirs, whatever has come to look like it since.
        return {"handle": handle, "handle_key": kept_key}
    if (why := why_no_handle(handle)) is not None:
        raise HandleRefused(why)
    return {"handle": handle, "handle_key": handle_key(handle)}


async def change_settings(tx: Tx, *, user_id: int, change: dict[str, Any]) -> dict[str, Any]:
    """Apply a change to a user's settings; return all of them."""
    await lock_user(tx, user_id)
    kept = merged_settings(await settings(tx, user_id), change)
    kept["version"] = PlayerSettings().version
    await tx.run(
        "UPDATE users SET settings = CAST(:settings AS jsonb) WHERE id = :id",
        id=user_id,
        settings=orjson.dumps(kept).decode(),
    )
    return kept


async def ask_for_deletion(tx: Tx, *, user_id: int, approval: UUID | None) -> bool:
    """Have the account erased in a week; asking again does not put it off, and gives False."""
    await lock_user(tx, user_id)
    await use_approval(tx, approval=approval, user_id=user_id, purpose="delete_account")
    asked = await tx.run(
        "UPDATE users SET deletion_at = :at WHERE id = :id AND deletion_at IS NULL",
        id=user_id,
        at=tx.now + limits.DELETION_AFTER,
    )
    return asked > 0


async def restore(tx: Tx, *, user_id: int) -> bool:
    """Take the deletion back; whether there was one."""
    restored = await tx.run(
        "UPDATE users SET deletion_at = NULL WHERE id = :id AND deletion_at IS NOT NULL", id=user_id
    )
    return restored > 0


async def grant_role(tx: Tx, *, user_id: int, role: Role) -> Role:
    """Give a user a role; return the previous one."""
    before: Role = await tx.value("SELECT role FROM users WHERE id = :id FOR UPDATE", id=user_id)
    await tx.run("UPDATE users SET role = :role WHERE id = :id", id=user_id, role=role)
    sessions_changed(tx, user_id)  # keys of services hold while their owner is an operator
    return before
