"""What a player says of himself, and what he wants."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy.exc import IntegrityError

from tbg.core import limits
from tbg.core.tx import Tx
from tbg.domains.accounts.errors import HandleRefused, HandleTaken
from tbg.domains.accounts.queries import settings
from tbg.domains.accounts.rules import handle_key, merged_settings, why_no_handle

_COLUMNS = {
    "display_name", "country", "bio", "profile_public", "address_shown", "on_leaderboards",
}  # fmt: skip


async def change_profile(tx: Tx, *, user_id: int, change: dict[str, Any]) -> None:
    """Change some of a profile; `change` has the columns to change, and `handle`."""
    values = {name: value for name, value in change.items() if name in _COLUMNS}
    if "handle" in change:
        values |= _handle(change["handle"])
    if not values:
        return
    columns = ", ".join(f"{name} = :{name}" for name in sorted(values))
    try:
        await tx.run(f"UPDATE users SET {columns} WHERE id = :id", id=user_id, **values)  # noqa: S608 - names of ours
    except IntegrityError as error:
        if "users_handle_key" not in str(error.orig):
            raise
        raise HandleTaken("Somebody has it, or one that looks like it.") from None


def _handle(handle: str | None) -> dict[str, str | None]:
    if handle is None:
        return {"handle": None, "handle_key": None}
    if (why := why_no_handle(handle)) is not None:
        raise HandleRefused(why)
    return {"handle": handle, "handle_key": handle_key(handle)}


async def change_settings(tx: Tx, *, user_id: int, change: dict[str, Any]) -> dict[str, Any]:
    """Lay a change over what a user has set; the whole of it."""
    await tx.run("SELECT 1 FROM users WHERE id = :id FOR UPDATE", id=user_id)
    kept = merged_settings(await settings(tx, user_id), change)
    await tx.run(
        "UPDATE users SET settings = CAST(:settings AS jsonb) WHERE id = :id",
        id=user_id,
        settings=orjson.dumps(kept).decode(),
    )
    return kept


async def ask_for_deletion(tx: Tx, *, user_id: int) -> None:
    """Have the account erased in a week; asking again does not put it off."""
    await tx.run(
        "UPDATE users SET deletion_at = COALESCE(deletion_at, :at) WHERE id = :id",
        id=user_id,
        at=tx.now + limits.DELETION_AFTER,
    )


async def restore(tx: Tx, *, user_id: int) -> None:
    """Take the deletion back."""
    await tx.run("UPDATE users SET deletion_at = NULL WHERE id = :id", id=user_id)
