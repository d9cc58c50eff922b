"""A browser's session in cookies that no script can read, but for the one that proves it is ours.

The names begin with `__Host-`: a browser takes such a cookie over HTTPS (or from this machine)
alone, and from this very host. A pool in a home network without HTTPS gets plain names.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.responses import Response

from tbg.core import limits


class SessionCookies:
    """The three cookies of a session, named and set for one installation."""

    def __init__(self, public_url: str) -> None:
        self.secure = public_url.startswith("https://") or _is_this_machine(public_url)
        prefix = "__Host-tbg" if self.secure else "tbg"
        self.access, self.refresh, self.csrf = (
            f"{prefix}_{name}" for name in ("access", "refresh", "csrf")
        )

    def set(self, response: Response, *, access: str, refresh: str, csrf: str) -> None:
        """Put a session into the browser; scripts of ours read `csrf` and send it back."""
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


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
