"""How often a route may be asked, declared at the route: `Depends(RateLimit(…))`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from starlette.requests import Request

from tbg.adapters.limiter import Limiter, Policy, QuotaState
from tbg.core import limits
from tbg.core.principal import Principal
from tbg.core.settings import RateClass, Settings

Counted: TypeAlias = Callable[[Request], str | None]
"""Whose quota a request uses; None if it uses nobody's."""


def client(request: Request) -> str | None:
    """The IP address (an IPv6 /64) that a request comes from."""
    address: str = request.state.client_ip
    return address


def user(request: Request) -> str | None:
    """The user who asks; no quota for callers who are not signed in."""
    principal: Principal | None = request.state.principal
    return None if principal is None else str(principal.user_id)


class RateLimit:
    """A dependency that uses one of the caller's quota, and refuses with 429 if none is left.

    `quota`: the name of a class of the settings (`strict`, `standard`, `relaxed`), or a bound of
    a `limits` module (requests, seconds). Dependencies run in their order: declared at the route
    (`dependencies=[…]`), it counts before a transaction is begun and before the body is looked at.
    """

    def __init__(
        self, name: str, quota: RateClass | tuple[int, int], *, per: Counted = user
    ) -> None:
        self.name = name
        self.quota = quota
        self.per = per

    def policy(self, settings: Settings) -> Policy:
        """The policy in force with these settings."""
        quota = self.quota
        return Policy(self.name, *(settings.rate(quota) if isinstance(quota, str) else quota))

    async def __call__(self, request: Request) -> None:
        """Count a request."""
        who = self.per(request)
        if who is not None:
            await self.take(request, who)

    async def take(self, request: Request, who: str) -> None:
        """Take one for `who`, and let the answer state what is left."""
        limiter: Limiter = request.app.state.limiter
        verdict = await limiter.require((self.policy(request.app.state.settings), who))
        state = request.scope["state"]
        state["rate"] = tightest(state.get("rate"), verdict)


CHANGES = RateLimit("changes", limits.RATE_WRITE)
"""For every route that changes something of a user's."""


def tightest(*verdicts: QuotaState | None) -> QuotaState | None:
    """The verdict that leaves the least; None where nothing was counted."""
    counted = [verdict for verdict in verdicts if verdict is not None]
    return min(counted, key=lambda one: one.remaining / one.policy.quota, default=None)
