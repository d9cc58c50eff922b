"""The user's own account."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ValidationError
from starlette.responses import Response

from tbg.adapters.http import (
    AppDatabase,
    AppHashing,
    AppKeys,
    OwnersTransaction,
    SignedIn,
    Transaction,
    idempotent,
    problems,
)
from tbg.adapters.rate_limit import CHANGES, RateLimit
from tbg.core import limits
from tbg.core.errors import Invalid, NotAllowed, NotFound
from tbg.core.principal import Principal
from tbg.core.tx import Tx
from tbg.domains.accounts import queries
from tbg.domains.accounts.actions import addresses, api_keys, profile, sessions
from tbg.domains.accounts.actions.activity import note
from tbg.domains.accounts.rules import merged_settings, shown_address
from tbg.domains.accounts.schemas import (
    ActivityEntry,
    ActivityList,
    Address,
    AddressList,
    ApiKey,
    ApiKeyList,
    ApiKeyWish,
    EndedSession,
    Me,
    NewApiKey,
    PlayerSettings,
    Privacy,
    ProfileChange,
    Session,
    SessionList,
    SettingsChange,
)

KEYS_MADE = RateLimit("keys_made", limits.RATE_KEYS_MADE)

router = APIRouter(prefix="/users/me", tags=["users"])


@router.get("", summary="The signed-in player", operation_id="get_me")
async def get_me(tx: Transaction, who: SignedIn) -> Me:
    """The signed-in user, as they see themselves and as others see them."""
    return me_of(await queries.person(tx, who.user_id))


@router.patch("", summary="Change the profile", operation_id="change_me",
              responses=problems(409), dependencies=[Depends(CHANGES)])  # fmt: skip
async def change_me(tx: OwnersTransaction, who: SignedIn, wish: ProfileChange) -> Me:
    """Change the given fields; null clears."""
    change = wish.model_dump(exclude_unset=True)
    privacy = change.pop("privacy", None) or {}
    change |= {name: value for name, value in privacy.items() if value is not None}
    changed = await profile.change_profile(tx, user_id=who.user_id, change=change)
    if "handle" in changed:  # not which: entries outlive the people
        await note(tx, who, "handle.change")
    if seen := {name: change[name] for name in Privacy.model_fields if name in changed}:
        await note(tx, who, "privacy.change", **seen)
    return me_of(await queries.person(tx, who.user_id))


@router.get("/activity", summary="Recent activity of the account", operation_id="list_activity")
async def list_activity(
    tx: Transaction,
    who: SignedIn,
    limit: Annotated[int, Query(ge=1, le=limits.ACTIVITY_ROWS_MOST)] = limits.ACTIVITY_ROWS,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,18}$")] = None,
) -> ActivityList:
    """Newest first, so that actions of an intruder can be found."""
    before = None if cursor is None else int(cursor)
    rows = await queries.activity(tx, who.user_id, before=before, most=limit + 1)
    more = len(rows) > limit
    return ActivityList(
        activity=[
            ActivityEntry.model_validate(
                row._asdict() | {"current": row.session_id == who.session_id}
            )
            for row in rows[:limit]
        ],
        next_cursor=str(rows[limit - 1].id) if more else None,
    )


@router.get("/settings", summary="The player's settings", operation_id="get_settings")
async def get_settings(tx: Transaction, who: SignedIn) -> PlayerSettings:
    """The stored settings, and defaults for the rest."""
    return PlayerSettings.model_validate(await queries.settings(tx, who.user_id))


@router.patch("/settings", summary="Change settings", operation_id="change_settings",
              dependencies=[Depends(CHANGES)])  # fmt: skip
async def change_settings(tx: Transaction, who: SignedIn, wish: SettingsChange) -> PlayerSettings:
    """Change the given settings, at any depth; the rest stays."""
    change = wish.model_dump(exclude_none=True)
    _checked(merged_settings(await queries.settings(tx, who.user_id), change))
    kept = await profile.change_settings(tx, user_id=who.user_id, change=change)
    return PlayerSettings.model_validate(kept)


@router.get("/sessions", summary="The player's sessions", operation_id="list_sessions")
async def list_sessions(tx: Transaction, who: SignedIn) -> SessionList:
    """All current sessions, most recently used first, and recently ended ones."""
    rows = await queries.sessions(tx, who.user_id)
    ended = await queries.ended_sessions(tx, who.user_id)
    return SessionList(
        sessions=[
            Session.model_validate(row._asdict() | {"current": row.id == who.session_id})
            for row in rows
        ],
        ended=[EndedSession.model_validate(row) for row in ended],
    )


@router.delete("/sessions/{session_id}", status_code=204, summary="End a session",
               operation_id="end_session", dependencies=[Depends(CHANGES)])  # fmt: skip
async def end_session(tx: Transaction, who: SignedIn, session_id: UUID) -> Response:
    """Sign out elsewhere (or here)."""
    if not await sessions.end_session(
        tx, user_id=who.user_id, session_id=session_id, why="ended by the player"
    ):
        raise NotFound("There is no such session in your account.")
    await note(tx, who, "session.end", session=str(session_id))
    return Response(status_code=204)


@router.get("/api-keys", summary="The player's API keys", operation_id="list_api_keys")
async def list_api_keys(tx: Transaction, who: SignedIn) -> ApiKeyList:
    """All that were not revoked, newest first; without their secrets."""
    rows = await queries.api_keys(tx, who.user_id)
    return ApiKeyList(api_keys=[ApiKey.model_validate(row) for row in rows])


@router.post("/api-keys", status_code=201, summary="Create an API key",
             operation_id="make_api_key",
             dependencies=[Depends(CHANGES), Depends(KEYS_MADE), Depends(idempotent)])  # fmt: skip
async def make_api_key(
    who: SignedIn, keys: AppKeys, hashing: AppHashing, database: AppDatabase, wish: ApiKeyWish
) -> NewApiKey:
    """Make a key; its secret is in this answer and nowhere else."""
    if wish.scope == "service" and who.role != "admin":
        raise NotAllowed("Only the operators of this pool can create service keys.")
    assert who.session_id is not None  # SignedIn lets no keys in
    key_id = api_keys.new_id(who.user_id)
    secret = keys.new_api_key(key_id)
    # Before the transaction: argon2 takes its time, and others would wait for the connection.
    hash_ = await hashing.hash(secret)
    digests = api_keys.Digests(keys.mac("api-key-at-rest", secret.encode()), hash_)
    async with database.transaction(owners="shared") as tx:
        made = await api_keys.make_key(
            tx, user_id=who.user_id, session_id=who.session_id, key_id=key_id, digests=digests,
            **wish.model_dump(),
        )  # fmt: skip
        await note(tx, who, "api_key.make", about=wish.name, key=key_id, scope=wish.scope)
    return NewApiKey(api_key=ApiKey.model_validate(made), key=secret)


@router.delete("/api-keys/{key_id}", status_code=204, summary="Revoke an API key",
               operation_id="revoke_api_key", dependencies=[Depends(CHANGES)])  # fmt: skip
async def revoke_api_key(
    tx: Transaction, who: SignedIn, key_id: Annotated[str, Path(pattern="^[0-9]+k[0-9a-f]{8}$")]
) -> Response:
    """Revoke a key, from the next request on."""
    name = await api_keys.revoke_key(tx, user_id=who.user_id, key_id=key_id)
    await note(tx, who, "api_key.revoke", about=name, key=key_id)
    return Response(status_code=204)


@router.get("/addresses", summary="The player's addresses", operation_id="list_addresses")
async def list_addresses(tx: Transaction, who: SignedIn) -> AddressList:
    """All addresses linked to the account."""
    return AddressList(addresses=await addresses_of(tx, who))


@router.delete("/addresses/{address}", status_code=204, summary="Remove an address",
               operation_id="unlink_address",
               responses=problems(403, 409), dependencies=[Depends(CHANGES)])  # fmt: skip
async def unlink_address(
    tx: OwnersTransaction, who: SignedIn, address: Annotated[str, Path(max_length=100)],
    approval: UUID | None = None,
) -> Response:  # fmt: skip
    """Take an address out of the account; what it has mined stays, what it will mine does not.

    What it will mine is shown to others as the account is now. `approval`: of purpose `unlink`,
    for this address, signed by one that stays. Sessions begun with it end, and so do the API keys
    that were made in them.
    """
    await addresses.unlink(tx, user_id=who.user_id, address=address, approval=approval)
    await note(tx, who, "address.unlink", about=address)
    return Response(status_code=204)


def me_of(person: queries.Person) -> Me:
    """A person on the wire."""
    shown = shown_address(person.address, person.address_shown)
    privacy = Privacy.model_validate(person)
    name = person.handle or shown or "hidden"
    return Me.model_validate({**person._asdict(), "name": name, "privacy": privacy})


async def addresses_of(tx: Tx, who: Principal) -> list[Address]:
    """A player's addresses on the wire."""
    return [Address.model_validate(one) for one in await queries.linked(tx, who.user_id)]


def _checked(settings: dict[str, Any]) -> None:
    """Refuse a change that would leave settings we could not read."""
    try:
        PlayerSettings.model_validate(settings)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Invalid(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
