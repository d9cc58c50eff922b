"""Routes that involve all domains: linking an address, leaving, exporting data."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from tbg.adapters.http import (
    AppDatabase,
    OwnersTransaction,
    SignedIn,
    idempotent,
    no_deadline,
    problems,
)
from tbg.adapters.rate_limit import CHANGES, RateLimit
from tbg.app import lifecycle
from tbg.core import limits
from tbg.core.principal import Principal
from tbg.core.tx import Database, Tx
from tbg.domains.accounts import queries
from tbg.domains.accounts.actions import addresses, challenges, profile
from tbg.domains.accounts.actions.activity import note
from tbg.domains.accounts.routes.users import addresses_of, me_of
from tbg.domains.accounts.schemas import Linked, LinkWish, Me, Privacy

router = APIRouter(prefix="/users/me", tags=["users"])

LINKS = RateLimit("links", limits.RATE_LINKS)
EXPORTS = RateLimit("exports", limits.RATE_EXPORTS)

_EXPORT_BYTES_IN_MEMORY = 4 * 1024 * 1024
"""An export that grows larger goes on in a temporary file."""

_CHUNK_BYTES = 64 * 1024
"""As much of an export as is sent at once."""


async def _exporting(request: Request) -> asyncio.Semaphore:
    found: asyncio.Semaphore = request.app.state.exporting
    return found


Exporting = Annotated[asyncio.Semaphore, Depends(_exporting)]
"""Held while an export is read: few at once."""


@router.delete("", status_code=202, summary="Delete the account in a week",
               operation_id="delete_me", dependencies=[Depends(CHANGES)])  # fmt: skip
async def delete_me(tx: OwnersTransaction, who: SignedIn, approval: UUID | None = None) -> Me:
    """Erase the account in a week; until then this can be cancelled.

    `approval`: of purpose `delete_account`.
    """
    asked = await profile.ask_for_deletion(tx, user_id=who.user_id, approval=approval)
    person = await queries.person(tx, who.user_id)
    if asked:
        await note(tx, who, "account.delete")
    return me_of(person)


@router.post("/restore", summary="Cancel the deletion of the account", operation_id="restore_me",
             dependencies=[Depends(CHANGES), Depends(idempotent)])  # fmt: skip
async def restore_me(tx: OwnersTransaction, who: SignedIn) -> Me:
    """Take a deletion back, if there is one."""
    restored = await profile.restore(tx, user_id=who.user_id)
    person = await queries.person(tx, who.user_id)
    if restored:
        await note(tx, who, "account.restore")
    return me_of(person)


@router.post("/addresses", status_code=201, summary="Link a further address",
             operation_id="link_address", responses=problems(403, 409),
             dependencies=[Depends(CHANGES), Depends(LINKS), Depends(idempotent)])  # fmt: skip
async def link_address(who: SignedIn, database: AppDatabase, wish: LinkWish) -> Linked:
    """Link the address of a challenge of purpose `link`; its game becomes part of this one.

    `approval`: of purpose `let_in`, for this address. If the two differ in privacy, the stricter
    choice of each kind holds afterwards.
    """
    given = wish.model_dump(include={"challenge_id", "signature"})
    proof = given | {"purpose": "link", "for_user": who.user_id}
    address, merges = await _address_and_effect(database, proof)
    # Everybody else waits only where two become one.
    async with database.transaction(owners="exclusive" if merges else "shared") as tx:
        await challenges.spend(tx, **proof)
        other = await addresses.link(
            tx, user_id=who.user_id, address=address, approval=wish.approval, merge=merges
        )
        await note(tx, who, "address.link", about=address, merged=other)
        if other is not None:
            await _merge(tx, who, other)
        linked, privacy = await addresses_of(tx, who), await _privacy(tx, who)
        return Linked(addresses=linked, merged=other is not None, privacy=privacy)


async def _merge(tx: Tx, who: Principal, other: int) -> None:
    """Merge another user's account into this one, and note what that does to its privacy."""
    before = await _privacy(tx, who)
    await lifecycle.unite_and_rest(tx, gone=other, kept=who.user_id)
    privacy = await _privacy(tx, who)
    if privacy != before:
        await note(tx, who, "privacy.change", **privacy.model_dump())


async def _privacy(tx: Tx, who: Principal) -> Privacy:
    return Privacy.model_validate(await queries.person(tx, who.user_id))


async def _address_and_effect(database: Database, proof: dict[str, Any]) -> tuple[str, bool]:
    """The address that a proof is of, and whether linking it merges two accounts."""
    async with database.transaction() as tx:
        address = await challenges.check(tx, **proof)
        merges = bool(await queries.known_addresses(tx, [address]))
        if merges:
            await lifecycle.refuse_while_merges_rest(tx)  # before it waits for the lock
        return address, merges


@router.get(
    "/export",
    summary="Everything that is stored about the player",
    operation_id="export_me",
    response_class=StreamingResponse,
    dependencies=[Depends(EXPORTS), Depends(no_deadline)],
    responses={200: {"content": {"application/zip": {}}, "description": "A ZIP of JSON files"}},
)
async def export_me(
    who: SignedIn, exporting: Exporting, database: AppDatabase
) -> StreamingResponse:
    """A ZIP with a file for each kind of data, and one that describes them."""
    out = tempfile.SpooledTemporaryFile(_EXPORT_BYTES_IN_MEMORY)  # noqa: SIM115 - closed once it is sent
    async with exporting, database.transaction() as tx:
        await lifecycle.export(tx, user_id=who.user_id, out=out)
    async with database.transaction(owners="shared") as tx:  # no merge waits for the reading
        await note(tx, who, "account.export")
    headers = {
        "Content-Disposition": f'attachment; filename="tbg-{tx.now:%Y-%m-%d}.zip"',
        "Content-Length": str(out.tell()),
        "Content-Encoding": "identity",  # it is compressed already
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_pieces(out), media_type="application/zip", headers=headers)


def _pieces(out: IO[bytes]) -> Iterator[bytes]:
    out.seek(0)
    with out:
        yield from iter(lambda: out.read(_CHUNK_BYTES), b"")
