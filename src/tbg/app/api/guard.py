"""The one place that admits requests: how often, by whom, from which page, how long."""

from __future__ import annotations

import asyncio
import hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from uuid import UUID

from prometheus_client import Counter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tbg.adapters.cookies import SessionCookies
from tbg.adapters.hashing import Hashing
from tbg.adapters.http import from_our_page
from tbg.adapters.keys import KeyRing, TokenRefused
from tbg.adapters.limiter import Limiter, QuotaState
from tbg.adapters.rate_limit import RateLimit, client
from tbg.app.api.problems import problem, refusal
from tbg.core import limits
from tbg.core.errors import NotAllowed, Refused
from tbg.core.principal import Principal
from tbg.core.settings import Settings
from tbg.core.telemetry import Once, log
from tbg.core.tx import Database
from tbg.domains.accounts import queries
from tbg.domains.accounts.actions.api_keys import note_use
from tbg.domains.accounts.rules import told_ending

REFUSED = Counter("tbg_credentials_refused_total", "Refused tokens and keys, by reason", ["why"])

# The rate limits of every request to the API; routes declare further ones.
BY_IP = RateLimit("ip", "relaxed", per=client)
BY_USER = RateLimit("user", "standard")
BY_KEY = RateLimit("key", "standard")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_USE_NOTED = timedelta(minutes=1)

_PROXIES = Once()
_log = log(__name__)


class WrongPage(NotAllowed):
    """A change that was not requested by one of our pages."""

    code = "csrf"
    title = "This request did not come from a page of this pool"


class Guard:
    """Middleware before the API: counts, authenticates, and limits the time of every request.

    It refuses only requests that come too often or from a foreign page. The route decides whether
    the caller suffices (`adapters.http.Allowed`), from `state.principal`.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, gate: Gate, limiter: Limiter) -> None:
        self.app = app
        self.settings = settings
        self.limiter = limiter
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                rate: QuotaState | None = scope["state"].get("rate")
                for name, value in (rate.headers if rate else {}).items():
                    headers.setdefault(name, value)
                if scope["state"].get("principal") is not None:
                    if headers.get("cache-control", "no-cache") == "no-cache":
                        headers["cache-control"] = "private, no-cache"
                    headers.append("vary", "authorization, cookie")
            await send(message)

        try:
            async with asyncio.timeout(limits.REQUEST_SECONDS) as time:
                await self._admit(scope)
                scope["state"]["time"] = time  # for routes that declare another (`NoDeadline`)
                await self.app(scope, receive, told)
        except Refused as error:
            await refusal(scope, error)(scope, receive, told)
        except TimeoutError:
            if begun:
                raise
            late = f"This took longer than {limits.REQUEST_SECONDS} s."
            await problem(scope, 503, detail=late)(scope, receive, told)

    async def _admit(self, scope: Scope) -> None:
        state = scope.setdefault("state", {})
        state |= {"principal": None, "why_nobody": None}
        connection = HTTPConnection(scope)
        unsafe = scope["method"] not in _SAFE
        address = state["client_ip"]
        self._tell_of_proxy(scope)
        state["rate"] = await self.limiter.require((BY_IP.policy(self.settings), address))
        if unsafe:
            self._require_our_page(connection)
        principal = await self._gate.principal_of(connection)
        if isinstance(principal, str):
            state["why_nobody"] = principal
            return
        if principal is None:
            return
        if unsafe and principal.by_cookie:
            self._gate.require_proof(connection, principal)
        limit = BY_KEY if principal.key_id else BY_USER
        who = principal.key_id or str(principal.user_id)
        # Known callers see their own quota, not that of their household.
        state["rate"] = await self.limiter.require((limit.policy(self.settings), who))
        state["principal"] = principal

    def _tell_of_proxy(self, scope: Scope) -> None:
        """Log that a proxy is not trusted: all its visitors share one quota."""
        peer = (scope.get("client") or ("", 0))[0]
        if "x-forwarded-for" not in Headers(scope=scope) or not peer:
            return
        with suppress(ValueError):
            if not _is_proxy(_address(peer), self.settings) and _PROXIES.is_first(peer):
                _log.warning(
                    "proxy_not_trusted",
                    peer=peer,
                    hint="if this is your proxy, set TBG_TRUSTED_PROXIES: until then all its "
                    "visitors count as one",
                )

    def _require_our_page(self, connection: HTTPConnection) -> None:
        """Browsers name the page that a change comes from; only ours, and those allowed, may."""
        named = connection.headers.get("origin") in self.settings.origins
        if not named and not from_our_page(connection, self.settings):
            raise WrongPage("The page that sent it may not change anything here.")


class Gate:
    """Identifies the caller, from a cookie, a token or a key."""

    def __init__(
        self, database: Database, keys: KeyRing, hashing: Hashing, cookies: SessionCookies
    ) -> None:
        self.database = database
        self.keys = keys
        self.hashing = hashing
        self.cookies = cookies

    async def principal_of(self, connection: HTTPConnection) -> Principal | str | None:
        """The caller; None for nobody, a reason if the credential is not valid."""
        scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
        try:
            if credential:
                if scheme.lower() != "bearer":
                    return "Send `Authorization: Bearer` with a token or key."
                if credential.startswith("tbg_"):
                    return await self._by_key(credential)
                return await self._by_token(credential, by_cookie=False)
            cookie = connection.cookies.get(self.cookies.access)
            return await self._by_token(cookie, by_cookie=True) if cookie else None
        except TokenRefused as error:
            REFUSED.labels("token").inc()
            return f"The access token is not valid: {error}."

    def require_proof(self, connection: HTTPConnection, principal: Principal) -> None:
        """Refuse a change by cookie without the token that only our pages can read."""
        assert principal.session_id is not None
        expected = self.keys.csrf_token(principal.session_id.hex)
        given = connection.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise WrongPage(f"Send the value of the cookie {self.cookies.csrf} as X-CSRF-Token.")

    async def _by_token(self, token: str, *, by_cookie: bool) -> Principal | str:
        claims = self.keys.verify(token)
        try:
            user_id, session_id = int(claims["sub"]), UUID(claims["sid"])
        except (ValueError, TypeError, AttributeError):
            raise TokenRefused("it names no session") from None
        # The token identifies the caller. The session is looked up each time, so its end counts at
        # once.
        async with self.database.transaction() as tx:
            role = await queries.session_role(tx, user_id, session_id)
            why = None if role else await queries.session_end(tx, user_id, session_id)
        if role is None:
            REFUSED.labels("session").inc()
            return told_ending(why)
        until = datetime.fromtimestamp(claims["exp"], UTC)
        return Principal(user_id, role, session_id=session_id, by_cookie=by_cookie, until=until)

    async def _by_key(self, key: str) -> Principal | str:
        owner = self.keys.owner_of(key)
        if owner is None:
            REFUSED.labels("forged_key").inc()
            return "This is not an API key of this pool. Was it copied completely?"
        user_id, key_id = owner
        async with self.database.transaction() as tx:
            stored = await queries.api_key(tx, user_id, key_id)
            if stored is not None and (
                stored.last_used_at is None or tx.now - stored.last_used_at >= _USE_NOTED
            ):
                await note_use(tx, user_id=user_id, key_id=key_id)
        mac = self.keys.mac("api-key-at-rest", key.encode())
        if (
            stored is None
            or not hmac.compare_digest(mac, stored.mac)
            or not await self.hashing.verify(stored.hash, key, mac=mac)
        ):
            REFUSED.labels("key").inc()
            return "This API key was revoked, or has expired."
        return Principal(
            user_id, stored.role, key_id=key_id, scope=stored.scope, until=stored.expires_at
        )


def client_ip(scope: Scope, settings: Settings) -> str:
    """The client's address: the nearest hop that is not one of our proxies.

    `X-Forwarded-For` grows to the right at each proxy; what a stranger wrote is to the left of what
    our trusted proxies have added, or in an earlier line. Networks of IPv6 count as one (/64).
    """
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    hops = [part.strip() for part in ",".join(lines).split(",")]
    peer = (scope.get("client") or ("", 0))[0]
    for hop in reversed([*hops, peer]):
        try:
            address = _address(hop)
        except ValueError:
            return peer or "unknown"
        if not _is_proxy(address, settings):
            return _network(hop)
    return peer or "unknown"


def counted_as(peer: str, settings: Settings) -> str:
    """The address that a connection counts towards; "" for a trusted proxy, which is many."""
    with suppress(ValueError):
        if _is_proxy(_address(peer), settings):
            return ""
    return _network(peer)


def _network(host: str) -> str:
    """The address, or the network of IPv6, that counts as one."""
    try:
        address = _address(host)
    except ValueError:
        return host or "unknown"
    if address.version == 6:
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)


def _address(hop: str) -> IPv4Address | IPv6Address:
    """The address in a hop (ValueError); one of IPv4 in IPv6 clothes is of IPv4."""
    address = ip_address(_bare(hop))
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _is_proxy(address: IPv4Address | IPv6Address, settings: Settings) -> bool:
    return any(address in network for network in settings.proxies)


def _bare(hop: str) -> str:
    """A hop without brackets and port, which some proxies write."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.partition(":")
    return host if colon and port.isdigit() else hop
