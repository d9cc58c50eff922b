"""Signing in with an address, staying signed in, signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tbg.adapters import bitcoin
from tbg.adapters.cookies import SessionCookies
from tbg.adapters.http import (
    AppCookies,
    AppDatabase,
    AppKeys,
    AppSettings,
    Asker,
    ClientIp,
    OwnersTransaction,
    SignedIn,
    Transaction,
    idempotent,
    problems,
)
from tbg.adapters.keys import KeyRing
from tbg.adapters.rate_limit import CHANGES, RateLimit, client
from tbg.core import limits
from tbg.core.errors import SignInRequired
from tbg.core.settings import Settings
from tbg.domains.accounts import queries
from tbg.domains.accounts.actions import challenges, sessions
from tbg.domains.accounts.actions.activity import note, note_own
from tbg.domains.accounts.errors import NotAnAddress, SessionEnded
from tbg.domains.accounts.routes.users import me_of
from tbg.domains.accounts.rules import told_ending
from tbg.domains.accounts.schemas import (
    Approval,
    Challenge,
    ChallengeWish,
    KeySet,
    Proof,
    RefreshWish,
    SignedInAs,
    SignIn,
    Tokens,
)

BY_ADDRESS = RateLimit("address", limits.RATE_AUTH_ADDRESS)
SIGNING_IN = RateLimit("auth", "strict", per=client)
KEY_SETS = RateLimit("jwks", "strict", per=client)

router = APIRouter(
    prefix="/auth",
    tags=["authentication"],
    dependencies=[Depends(SIGNING_IN), Depends(CHANGES), Depends(idempotent)],
)
well_known = APIRouter(tags=["authentication"])

_SECONDS = int(limits.ACCESS_TOKEN_AGE.total_seconds())


async def _challenged(
    request: Request, settings: AppSettings, client_ip: ClientIp, wish: ChallengeWish
) -> str:
    """The address that is to sign, counted by who asks for it.

    By asker too: else anybody could keep an address that they know from signing in.
    """
    address = address_of(settings, wish.address)
    if not bitcoin.has_key(address):
        raise NotAnAddress("Addresses of this kind have no key, so nothing can sign for them.")
    await BY_ADDRESS.take(request, f"{address} {client_ip}")
    return address


@router.post(
    "/challenge",
    status_code=201,
    summary="A message to sign with an address",
    operation_id="challenge",
    responses=problems(401, 409),
)
async def challenge(
    address: Annotated[str, Depends(_challenged)],
    settings: AppSettings,
    principal: Asker,
    tx: OwnersTransaction,
    wish: ChallengeWish,
) -> Challenge:
    """A message that a wallet can sign: to sign in, to be linked, or to approve something."""
    person = None
    if wish.purpose != "sign_in":
        if principal is None or principal.key_id is not None:
            raise SignInRequired("This concerns an account: sign in with one of its addresses.")
        person = await queries.person(tx, principal.user_id)
    made = await challenges.challenge(
        tx,
        address=address,
        network=settings.network,
        public_url=settings.public_url,
        purpose=wish.purpose,
        person=person,
        subject=address_of(settings, wish.subject) if wish.subject is not None else None,
    )
    return Challenge.model_validate(made)


@router.post("/approve", summary="Approve something with a signed message",
             operation_id="approve", responses=problems(401, 409))  # fmt: skip
async def approve(tx: OwnersTransaction, who: SignedIn, proof: Proof) -> Approval:
    """Hand in the signature of an approval; its id goes into the request that it approves."""
    made = await challenges.approve(tx, **proof.model_dump(), user_id=who.user_id)
    return Approval.model_validate(made)


@router.post(
    "/verify",
    summary="Sign in with a signed message",
    operation_id="verify",
    responses=problems(401),
)
async def verify(
    request: Request, response: Response, keys: AppKeys, cookies: AppCookies, tx: OwnersTransaction,
    proof: SignIn,
) -> SignedInAs:  # fmt: skip
    """Open a session for the user whose address signed; creates a user who never mined."""
    address = await challenges.spend(
        tx, challenge_id=proof.challenge_id, signature=proof.signature, purpose="sign_in"
    )
    agent = request.headers.get("user-agent", "")
    opened = await sessions.sign_in(tx, address=address, kind=proof.session, agent=agent)
    user = me_of(await queries.person(tx, opened.user_id))
    tokens = _hand_out(response, opened, keys=keys, cookies=cookies)
    # Last, because others who sign in at the same moment wait for this entry's commit.
    await note_own(
        tx, opened.user_id, "session.begin", session_id=opened.id, session=str(opened.id)
    )
    return SignedInAs(**tokens.model_dump(), user=user, claimed=opened.claimed)


@router.post(
    "/refresh",
    summary="New tokens for a session",
    operation_id="refresh",
    responses=problems(401),
)
async def refresh(
    request: Request, response: Response, keys: AppKeys, cookies: AppCookies,
    database: AppDatabase, wish: RefreshWish,
) -> Tokens:  # fmt: skip
    """Exchange a refresh token, once; one that was exchanged before ends its session."""
    token = wish.refresh_token or request.cookies.get(cookies.refresh)
    if not token:
        raise SessionEnded("There is no session. Sign in.")
    # A separate transaction, because the end of a session must be stored although it is refused.
    async with database.transaction() as tx:
        opened = await sessions.refresh(tx, token=token)
    if opened is None:
        raise SessionEnded(told_ending("refresh token reused"), ended="refresh token reused")
    return _hand_out(response, opened, keys=keys, cookies=cookies)


@router.post("/logout", status_code=204, summary="Sign out here", operation_id="logout")
async def logout(cookies: AppCookies, tx: Transaction, who: SignedIn) -> Response:
    """End this session."""
    assert who.session_id is not None  # SignedIn lets no keys in
    await sessions.end_session(tx, user_id=who.user_id, session_id=who.session_id, why="signed out")
    await note(tx, who, "session.end", session=str(who.session_id))
    return _gone(cookies)


@router.post("/logout-all", status_code=204, summary="Sign out everywhere",
             operation_id="logout_all")  # fmt: skip
async def logout_all(cookies: AppCookies, tx: Transaction, who: SignedIn) -> Response:
    """End all sessions of this user."""
    await sessions.end_sessions(tx, user_id=who.user_id, why="signed out everywhere")
    await note(tx, who, "session.end_all")
    return _gone(cookies)


@well_known.get(
    "/.well-known/jwks.json",
    summary="The public keys of access tokens",
    operation_id="jwks",
    dependencies=[Depends(KEY_SETS)],
)
async def jwks(response: Response, keys: AppKeys) -> KeySet:
    """The keys that sign now and those whose tokens still hold."""
    response.headers["Cache-Control"] = f"public, max-age={limits.JWKS_SECONDS}"
    return KeySet(keys=keys.published())


def address_of(settings: Settings, text: str) -> str:
    """An address of this pool's network, in one spelling; NotAnAddress else."""
    try:
        return bitcoin.normalise(text.strip(), settings.network)
    except bitcoin.AddressRefused as error:
        raise NotAnAddress(f"This is {error}.") from None


def _hand_out(
    response: Response, opened: sessions.OpenSession, *, keys: KeyRing, cookies: SessionCookies
) -> Tokens:
    access = keys.sign(user_id=opened.user_id, session_id=opened.id.hex)
    response.headers["Cache-Control"] = "no-store"
    if opened.kind == "bearer":
        return Tokens(
            access_token=access,
            refresh_token=opened.refresh_token,
            token_type="Bearer",  # noqa: S106 - a kind of token, not one
            expires_in=_SECONDS,
        )
    cookies.set(
        response,
        access=access,
        refresh=opened.refresh_token,
        csrf=keys.csrf_token(opened.id.hex),
    )
    return Tokens(access_token=None, refresh_token=None, token_type="cookie", expires_in=_SECONDS)  # noqa: S106


def _gone(cookies: SessionCookies) -> Response:
    response = Response(status_code=204)
    cookies.clear(response)
    return response
