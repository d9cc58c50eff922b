"""Which requests are the API's: the one place where a path decides what a request passes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

API = "/api/v1"
"""Where the routes of the domains are."""

_FIRST = API.split("/")[1]


def in_api(path: str) -> bool:
    """Whether a path is below the API's first segment, whatever its version."""
    return path.split("/", 2)[1:2] == [_FIRST]


class ApiMiddleware:
    """Passes requests to the API through middleware of their own, and all others by it."""

    def __init__(self, app: ASGIApp, *, middleware: Sequence[Middleware]) -> None:
        self.app = app
        self.api = app
        for layer in reversed(middleware):
            self.api = layer.cls(self.api, *layer.args, **layer.kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_api = scope["type"] == "http" and in_api(scope["path"])
        await (self.api if is_api else self.app)(scope, receive, send)
