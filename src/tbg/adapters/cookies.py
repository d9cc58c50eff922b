"""A browser's session in cookies that no script can read, but for the one that proves it is ours.

The names begin with `__Host-`: a browser accepts such a cookie only over HTTPS, and from exactly
this host. A pool without HTTPS, at home or on a developer's machine, gets plain names: some
browsers trust their own machine enough for the others, and some do not.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tbg.core import limits


class SessionCookies:
    """The three cookies of a session, named and set for one installation."""

    def __init__(self, public_url: str) -> None:
        self.secure = public_url.startswith("https://")
        prefix = "__Host-tbg" if self.secure else "tbg"
        self.access, self.refresh, self.csrf = (
            f"{prefix}_{name}" for name in ("access", "refresh", "csrf")
        )

    def set(self, response: Response, *, access: str, refresh: str, csrf: str) -> None:
        """Put a session into the browser; our scripts read `csrf` and send it back."""
        age = int(limits.SESSION_AGE.total_seconds())
        for name, value in ((self.access, access), (self.refresh, refresh), (self.csrf, csrf)):
            response.set_cookie(
                name,
                value,
                max_age=age,
                path="/",
                secure=self.secure,
                httponly=name != self.csrf,
                samesite="strict",
            )

    def clear(self, response: Response) -> None:
        """Take the session out of the browser."""
        for name in (self.access, self.refresh, self.csrf):
            response.delete_cookie(
                name, path="/", secure=self.secure, httponly=name != self.csrf, samesite="strict"
            )


class OwnCookies:
    """Removes all cookies but the session's from a request, before anything decodes them.

    Decoding can take seconds where a stranger chooses the value; no value of ours has a quote.
    """

    def __init__(self, app: ASGIApp, *, cookies: SessionCookies) -> None:
        self.app = app
        self._names = {name.encode() for name in (cookies.access, cookies.refresh, cookies.csrf)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if "headers" in scope:
            scope["headers"] = [*self._own(scope["headers"])]
        await self.app(scope, receive, send)

    def _own(self, headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
        for name, value in headers:
            if name != b"cookie":
                yield name, value
                continue
            parts = [part.strip() for part in value.split(b";")]
            own = [part for part in parts if part.partition(b"=")[0] in self._names]
            if own and b'"' not in b"".join(own):
                yield name, b"; ".join(own)
