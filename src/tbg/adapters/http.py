"""What every domain needs for HTTP: the caller, the page, a transaction, the shape of refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

from fastapi import Depends, Header
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection, Request

from tbg.adapters.cookies import SessionCookies
from tbg.adapters.credentials import Issuer
from tbg.adapters.hashing import Hashing
from tbg.adapters.keys import KeyRing
from tbg.adapters.pictures import Studio
from tbg.core import limits
from tbg.core.domain import Causes
from tbg.core.errors import NotAllowed, SignInRequired
from tbg.core.frames import Params
from tbg.core.fresh import Fresh
from tbg.core.goals import GoalFacts
from tbg.core.principal import Principal, Scope
from tbg.core.settings import Settings
from tbg.core.telemetry import Once, log
from tbg.core.tx import Database, Tx

PROBLEM_JSON = "application/problem+json"

# Kept for names in a home network, by RFC 6762, 6761 and 8375 and by ICANN: public DNS has none.
_NOBODY_S = (".local", ".localhost", ".home.arpa", ".internal")

_TOLD_CHARS = 100
"""As much of a stranger's header as a log line quotes."""

T = TypeVar("T")

_PAGES = Once()
_log = log(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one field: `field` is its path, such as `query.limit`.

    `message` says in English what `code` and `params` (`{"max_length": 128}`) say to programs.
    """

    field: str
    code: str
    message: str
    params: Params = {}


class Problem(BaseModel):
    """A refusal (RFC 9457). `type` is stable; `request_id` is what to quote to an operator.

    Values that the sentence in `detail` contains are members of their own as well.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    request_id: str = ""
    errors: list[FieldProblem] = Field(default_factory=list)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that refuses with these statuses."""
    return {status: {"model": Problem, "description": "Problem"} for status in statuses}


def from_our_page(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether the request comes from a page of this game, as browsers report; other clients do not.

    Our pages are those at the public URL's host, and at any requested name of this machine that no
    stranger can own: the owner of a public DNS name can point it here (rebinding), and then their
    page has the name that it requests. Refused pages are logged: they may be the operator's own,
    opened under a name that is not configured.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    asked = connection.headers.get("host", "")
    if _is_ours(origin, asked.lower(), urlsplit(settings.public_url)):
        return True
    if _PAGES.is_first(page := origin[:_TOLD_CHARS]):
        _log.warning(
            "page_not_ours",
            page=page,
            host=asked[:_TOLD_CHARS],
            hint="it cannot sign in, change anything or receive live updates: if it is yours, set "
            "TBG_PUBLIC_URL to the address under which it is opened",
        )
    return False


def _is_ours(origin: str, asked: str, ours: SplitResult) -> bool:
    if origin.lower() == f"{ours.scheme}://{ours.netloc}".lower():
        return True
    if origin.partition("://")[2].lower() != asked:
        return False
    try:
        name = urlsplit(f"//{asked}").hostname or ""
    except ValueError:
        return False
    return bool(name) and (name == ours.hostname or _is_no_stranger_s(name))


def _is_no_stranger_s(name: str) -> bool:
    """IP addresses, names without a dot, and names under a domain that nobody can register."""
    if "." not in name or name.endswith(_NOBODY_S):
        return True
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


# What the application provides to routes. Only this module reads `app.state`: a route says by a
# type what it needs, and a domain does not know where that comes from.


async def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


async def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


async def _keys(request: Request) -> KeyRing:
    found: KeyRing = request.app.state.keys
    return found


async def _hashing(request: Request) -> Hashing:
    found: Hashing = request.app.state.hashing
    return found


async def _cookies(request: Request) -> SessionCookies:
    found: SessionCookies = request.app.state.cookies
    return found


async def _badge_events(request: Request) -> frozenset[str]:
    found: frozenset[str] = request.app.state.badge_events
    return found


async def _goal_facts(request: Request) -> GoalFacts:
    found: GoalFacts = request.app.state.goal_facts
    return found


async def _causes(request: Request) -> Mapping[str, Causes]:
    found: Mapping[str, Causes] = request.app.state.causes
    return found


async def _studio(request: Request) -> Studio:
    found: Studio = request.app.state.studio
    return found


async def _issuer(request: Request) -> Issuer:
    found: Issuer = request.app.state.issuer
    return found


async def _asker(request: Request) -> Principal | None:
    found: Principal | None = request.state.principal
    return found


async def _client_ip(request: Request) -> str:
    found: str = request.state.client_ip
    return found


AppSettings = Annotated[Settings, Depends(_settings)]
"""The settings of this process."""

AppDatabase = Annotated[Database, Depends(_database)]
"""The database, for a route that opens its transactions itself, each as late as possible."""

AppKeys = Annotated[KeyRing, Depends(_keys)]
"""The keys of this installation."""

AppHashing = Annotated[Hashing, Depends(_hashing)]
"""The pool of threads that compute argon2."""

AppCookies = Annotated[SessionCookies, Depends(_cookies)]
"""How a browser's session is kept in cookies."""

BadgeEvents = Annotated[frozenset[str], Depends(_badge_events)]
"""The events that can earn somebody a badge, with the domains that are installed."""

AppGoalFacts = Annotated[GoalFacts, Depends(_goal_facts)]
"""What goals of quests can be about, with the domains that are installed."""

AppCauses = Annotated[Mapping[str, Causes], Depends(_causes)]
"""Who knows what caused the grants of a source of XP."""

AppStudio = Annotated[Studio, Depends(_studio)]
"""Where pictures are drawn."""

AppIssuer = Annotated[Issuer, Depends(_issuer)]
"""The pool as an issuer of credentials."""

Asker = Annotated[Principal | None, Depends(_asker)]
"""The caller, where nobody has to be signed in."""

ClientIp = Annotated[str, Depends(_client_ip)]
"""The IP address (an IPv6 /64) that the request comes from."""


async def no_deadline(request: Request) -> None:
    """A dependency of routes whose answer takes as long as the client takes to fetch it."""
    time: asyncio.Timeout = request.state.time
    time.reschedule(None)


async def idempotent(request: Request) -> None:
    """A dependency of routes that do work with the same `Idempotency-Key` only once."""
    await request.app.state.idempotency.begin(request)


async def required_key(
    idempotency_key: Annotated[str, Header(min_length=1, max_length=limits.IDEMPOTENCY_CHARS)],
) -> str:
    """A dependency of routes that keep the `Idempotency-Key` themselves, with what they did."""
    return idempotency_key


RequiredKey = Annotated[str, Depends(required_key)]
"""The request's `Idempotency-Key`."""


class SharedAnswer(Generic[T]):
    """A dependency: an answer that is computed once for all who ask within some seconds.

    `share`: the part of the time that computing it may take at most (see `Fresh`).
    """

    def __init__(
        self, compute: Callable[[Database], Awaitable[T]], *, seconds: float, share: float
    ) -> None:
        self.compute = compute
        self.seconds = seconds
        self.share = share

    async def __call__(self, request: Request, database: AppDatabase) -> T:
        """The answer, fresh enough."""
        shared: dict[SharedAnswer[T], Fresh[T]] = request.app.state.shared_answers
        if self not in shared:
            shared[self] = Fresh(
                lambda: self.compute(database), seconds=self.seconds, share=self.share
            )
        return await shared[self].get()


async def _transaction(database: AppDatabase) -> AsyncIterator[Tx]:
    async with database.transaction() as tx:
        yield tx


# scope="function": the connection is given back before the answer is sent, however slowly the
# client takes it. For writing, that also means: committed before the answer says so.
Transaction = Annotated[Tx, Depends(_transaction, scope="function")]
"""A handler's transaction."""


async def _owners_transaction(database: AppDatabase) -> AsyncIterator[Tx]:
    async with database.transaction(owners="shared") as tx:
        yield tx


OwnersTransaction = Annotated[Tx, Depends(_owners_transaction, scope="function")]
"""A route's transaction during which no users are merged (`core/owners.py`)."""


Letter = Literal["U", "K", "S", "A"]

SCHEMES: dict[Letter, str] = {
    "U": "session",
    "K": "session_or_key",
    "S": "service_key",
    "A": "admin_session",
}
"""Their names in the OpenAPI document."""


class Allowed(SecurityBase):
    """A dependency that admits permitted callers, by the letters of the API document.

    P is no dependency at all, U a session, K a session or an API key, S a service's key, A an
    admin's session. The guard has identified the caller before any route is matched.
    """

    def __init__(self, letter: Letter, *, scope: Scope | None = None) -> None:
        self.letter = letter
        self.scope = scope
        self.scheme_name = SCHEMES[letter]
        self.model = HTTPBearer()

    async def __call__(self, request: Request) -> Principal:
        """The caller; 401 if there is none, 403 if they may not do this."""
        principal: Principal | None = request.state.principal
        if principal is None:
            raise SignInRequired(request.state.why_nobody or "This requires a session or a key.")
        if self.scope is not None:
            if not principal.may(self.scope):
                raise NotAllowed(f"This requires an API key with the scope `{self.scope}`.")
        elif principal.key_id is not None:
            raise NotAllowed("API keys cannot do this: sign in with an address.")
        if self.letter == "A" and principal.role != "admin":
            raise NotAllowed("Only the operators of this pool can do this.")
        return principal


SignedIn = Annotated[Principal, Depends(Allowed("U"))]
"""A user with a session."""

Reader = Annotated[Principal, Depends(Allowed("K", scope="read"))]
"""A user by a session or by a key that reads."""

Service = Annotated[Principal, Depends(Allowed("S", scope="service"))]
"""A service that posts what happened elsewhere."""

Admin = Annotated[Principal, Depends(Allowed("A"))]
"""An operator with a session."""
