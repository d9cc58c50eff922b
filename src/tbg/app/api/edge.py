"""The outermost layer of every request: its id, its limits, its log line, its last resort."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tbg.app.api.problems import problem, route_of
from tbg.core import limits
from tbg.core.event import uuid7
from tbg.core.settings import Settings
from tbg.core.telemetry import LATENCY_BUCKETS, Seldom, log
from tbg.core.tx import is_passing

REQUESTS = Counter("tbg_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "tbg_http_request_seconds",
    "From the request to the complete answer",
    ["route"],
    buckets=LATENCY_BUCKETS,
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = frozenset({"/health", "/health/ready"})
_REFUSED_UNCOUNTED = frozenset({413, 429})
"""Refusals that no rate limit bounds, so that their lines in the log must be bounded."""

_log = log(__name__)


class Edge:
    """Gives a request its id and an answer its headers, counts both, and answers what broke."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = _security_headers(settings)
        self.refusals = Seldom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid7().hex
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await _Exchange(self, scope, receive, send, request_id).run()


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, edge: Edge, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> None:
        self.edge = edge
        self.scope = scope
        self._receive = receive
        self._send = send
        self.request_id = request_id
        self.status = 0
        self.taken = 0

    async def run(self) -> None:
        begun = time.perf_counter()
        try:
            if _declared_length(self.scope) > limits.REQUEST_BYTES:
                await problem(self.scope, 413)(self.scope, self._receive, self.send)
            else:
                await self.edge.app(self.scope, self.receive, self.send)
        except Exception as error:
            await self._answer_for(error)
        finally:
            self._note(begun, time.perf_counter() - begun)

    async def receive(self) -> Message:
        """The next piece of the request, while it stays within the limit."""
        message = await self._receive()
        self.taken += len(message.get("body", b""))
        if self.taken > limits.REQUEST_BYTES:
            raise HTTPException(413)
        return message

    async def send(self, message: Message) -> None:
        """The next piece of the answer, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers["x-request-id"] = self.request_id
            for name, value in self.edge.headers.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def _answer_for(self, error: Exception) -> None:
        """Answer that a server is down or that we failed; details go only to the log."""
        if isinstance(error, HTTPException) and not self.status:
            # The limit of receive(), reached in a middleware instead of a route.
            answer = problem(self.scope, error.status_code)
            return await answer(self.scope, self._receive, self.send)
        passing = is_passing(error)
        if passing:
            _log.warning("servers_away", error=str(error)[:300])
        else:
            _log.exception("request_failed", path=self.scope["path"])
        if self.status:
            raise error  # an answer has begun: the server cuts it off
        if passing:
            answer = problem(
                self.scope,
                503,
                detail="The database does not answer at the moment. Please try again.",
                headers={"Retry-After": "5"},
            )
        else:
            answer = problem(
                self.scope,
                500,
                detail="Something went wrong on the server. Give the operator the request id.",
            )
        await answer(self.scope, self._receive, self.send)

    def _note(self, begun: float, seconds: float) -> None:
        route = route_of(self.scope)
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        REQUESTS.labels(method, route, str(self.status)).inc()
        SECONDS.labels(route).observe(seconds)
        tell = _log.debug if route in _QUIET else _log.info
        ms = round(seconds * 1000, 2)
        said = {"method": method, "route": route, "status": self.status, "ms": ms}
        if self.status in _REFUSED_UNCOUNTED:
            said["count"] = self.edge.refusals.due(f"{self.status} {method} {route}", begun)
            if not said["count"]:
                return
        tell("request", **said)


def _declared_length(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _security_headers(settings: Settings) -> dict[str, str]:
    host = urlsplit(settings.public_url).netloc
    policy = (
        "default-src 'self'",
        f"connect-src 'self' ws://{host} wss://{host}",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
    headers = {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin",
    }
    if settings.public_url.startswith("https://"):
        headers["strict-transport-security"] = "max-age=31536000"
    return headers
