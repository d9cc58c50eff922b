"""Credentials, for everybody who checks them and for their players."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response

from tbg.adapters.credentials import Issuer, baked_png, baked_svg
from tbg.adapters.http import (
    AppDatabase,
    AppIssuer,
    AppStudio,
    Asker,
    OwnersTransaction,
    SignedIn,
    Transaction,
    idempotent,
    problems,
)
from tbg.adapters.pictures import badge_picture
from tbg.adapters.rate_limit import CHANGES, RateLimit, client
from tbg.core import page_limits
from tbg.core.errors import NotFound
from tbg.core.principal import Principal, reader
from tbg.core.tx import Tx
from tbg.domains.credentials import actions, queries
from tbg.domains.credentials.queries import ShownCredential, StoredCredential
from tbg.domains.credentials.schemas import (
    CredentialCheck,
    CredentialWish,
    OwnCredential,
    OwnCredentials,
)

CREDENTIALS_READ = RateLimit("credentials", page_limits.RATE_CREDENTIALS, per=client)

CredentialId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

router = APIRouter(tags=["credentials"])
_public = APIRouter(prefix="/credentials", dependencies=[Depends(CREDENTIALS_READ)])
_own = APIRouter(prefix="/users/me/credentials")

_JSON_LD: dict[int | str, dict[str, Any]] = {200: {"content": {"application/ld+json": {}}}}
_TOKEN: dict[int | str, dict[str, Any]] = {200: {"content": {"application/jwt": {}}}}
_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}
_SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}


@_public.get("/issuer", summary="The pool as an issuer, with its keys",
             operation_id="credential_issuer", response_class=Response,
             responses=_JSON_LD)  # fmt: skip
async def get_issuer(issuer: AppIssuer) -> Response:
    """What proofs refer to: every key that ever signed a credential."""
    return _answer(orjson.dumps(issuer.description()), "application/ld+json")


@_public.get("/keys/{kid}", summary="The key of a credential's token",
             operation_id="credential_key", response_class=Response,
             responses={200: {"content": {"application/jwk+json": {}}}})  # fmt: skip
async def get_key(
    issuer: AppIssuer, kid: Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
) -> Response:
    """A public key as a JWK."""
    found = [key.jwk for key in issuer.keys.all() if key.kid == kid]
    if not found:
        raise NotFound("This pool has no such key.")
    return _answer(orjson.dumps(found[0]), "application/jwk+json")


@_public.get("/revocations", summary="A list of revoked credentials, as bits",
             operation_id="credential_revocations", response_class=Response,
             responses=_JSON_LD | problems(404))  # fmt: skip
async def get_revocations(
    tx: Transaction,
    issuer: AppIssuer,
    number: Annotated[int, Query(alias="list", ge=1, le=10_000)] = 1,
) -> Response:
    """A signed Bitstring Status List; a credential names its list and its place in it."""
    made = await actions.list_of_revocations(tx, issuer, number)
    return _answer(orjson.dumps(made), "application/ld+json")


@_public.get("/{credential_id}", summary="A badge as an Open Badges 3.0 credential",
             operation_id="get_credential", response_class=Response,
             responses=_JSON_LD)  # fmt: skip
async def get_credential(tx: Transaction, asker: Asker, credential_id: CredentialId) -> Response:
    """The document with its proof; 404 if it was revoked or its player's page is not public."""
    found = await _shown(tx, asker, credential_id)
    return _answer(found.credential.document.encode(), "application/ld+json")


@_public.get("/{credential_id}/jwt", summary="The same credential as a token",
             operation_id="get_credential_token", response_class=Response,
             responses=_TOKEN)  # fmt: skip
async def get_token(tx: Transaction, asker: Asker, credential_id: CredentialId) -> Response:
    """A VC-JWT (RS256)."""
    found = await _shown(tx, asker, credential_id)
    return _answer(found.credential.token.encode(), "application/jwt")


@_public.get("/{credential_id}/verify", summary="Whether a credential is valid",
             operation_id="verify_credential")  # fmt: skip
async def verify_credential(
    tx: Transaction, asker: Asker, issuer: AppIssuer, credential_id: CredentialId
) -> CredentialCheck:
    """Checks the proof and the list; 404 where the player's page is not public."""
    at = await queries.revoked_at(tx, credential_id)
    if at is not None:
        return CredentialCheck(
            id=credential_id, valid=False, revoked_at=at, issuer=issuer.id,
            badge=None, earner=None, credential=None,
        )  # fmt: skip
    return _checked(issuer, await _shown(tx, asker, credential_id))


@_public.get("/{credential_id}/badge.png", summary="A picture that carries the credential",
             operation_id="credential_png", response_class=Response,
             responses=_PNG)  # fmt: skip
async def get_png(
    database: AppDatabase, asker: Asker, studio: AppStudio, issuer: AppIssuer,
    credential_id: CredentialId,
) -> Response:  # fmt: skip
    """The badge, baked."""
    async with database.transaction() as tx:
        found = await _shown(tx, asker, credential_id)
    png = await studio.draw(_drawn(issuer, found.credential))
    return _answer(baked_png(png, found.credential.document), "image/png")


@_public.get("/{credential_id}/badge.svg", summary="A drawing that carries the credential",
             operation_id="credential_svg", response_class=Response,
             responses=_SVG)  # fmt: skip
async def get_svg(
    tx: Transaction, asker: Asker, issuer: AppIssuer, credential_id: CredentialId
) -> Response:
    """The badge, baked."""
    found = await _shown(tx, asker, credential_id)
    svg = baked_svg(_drawn(issuer, found.credential), found.credential.document)
    return _answer(svg.encode(), "image/svg+xml")


@_own.get("", summary="The player's credentials", operation_id="own_credentials")
async def own_credentials(tx: Transaction, who: SignedIn, issuer: AppIssuer) -> OwnCredentials:
    """Those that the player asked for and did not revoke, newest first."""
    found = await queries.own_credentials(tx, who.user_id)
    return OwnCredentials(credentials=[_own_one(issuer, one) for one in found])


@_own.post("", status_code=201, summary="Make a credential of a badge",
           operation_id="issue_credential", responses=problems(409),
           dependencies=[Depends(CHANGES), Depends(idempotent)])  # fmt: skip
async def issue_credential(
    tx: OwnersTransaction, who: SignedIn, issuer: AppIssuer, wish: CredentialWish
) -> OwnCredential:
    """Sign a badge that the player has; the same badge gives the same credential again."""
    made = await actions.issue(tx, issuer, user_id=who.user_id, slug=wish.badge)
    return _own_one(issuer, made)


@_own.delete("/{credential_id}", status_code=204, summary="Revoke a credential",
             operation_id="revoke_credential", dependencies=[Depends(CHANGES)])  # fmt: skip
async def revoke_credential(
    tx: OwnersTransaction, who: SignedIn, credential_id: CredentialId
) -> Response:
    """Revoke it for good; the player may make another one."""
    await actions.revoke(tx, credential_id, why="player", user_id=who.user_id)
    return Response(status_code=204)


router.include_router(_public)
router.include_router(_own)


async def _shown(tx: Tx, asker: Principal | None, credential_id: str) -> ShownCredential:
    found = await queries.shown_credential(tx, credential_id, own=reader(asker))
    if found is None:
        raise NotFound("There is no such credential, or its player's page is not public.")
    return found


def _checked(issuer: Issuer, found: ShownCredential) -> CredentialCheck:
    verdict = actions.check(issuer, found.credential)
    return CredentialCheck(
        id=found.credential.id,
        valid=verdict.why is None,
        revoked_at=None,
        issuer=issuer.id,
        badge=found.credential.badge_slug,
        earner=found.page,
        credential=verdict.document,
    )


def _own_one(issuer: Issuer, found: StoredCredential) -> OwnCredential:
    return OwnCredential(
        id=found.id,
        badge=found.badge_slug,
        issued_at=found.issued_at,
        url=f"{issuer.base}/{found.id}",
    )


def _drawn(issuer: Issuer, found: StoredCredential) -> str:
    name = str(orjson.loads(found.document)["name"])
    return badge_picture(name, seed=found.badge_slug, pool=issuer.pool)


def _answer(body: bytes, media_type: str) -> Response:
    """For pages of other sites too: validators run in browsers."""
    return Response(body, media_type=media_type, headers={"Access-Control-Allow-Origin": "*"})
