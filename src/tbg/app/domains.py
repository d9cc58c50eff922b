"""All domains, in order: each may call those listed before it, and every service runs them so.

A new domain is one line here; what it contributes is in its record.
"""

from __future__ import annotations

from collections.abc import Iterable

from tbg.core.domain import Domain, Handler
from tbg.core.event import Event
from tbg.domains import accounts, gamification, mining, public, realtime

DOMAINS: tuple[Domain, ...] = (
    accounts.DOMAIN,
    mining.DOMAIN,
    gamification.DOMAIN,
    realtime.DOMAIN,
    public.DOMAIN,
)


def handlers_of(domains: Iterable[Domain]) -> dict[type[Event], tuple[Handler, ...]]:
    """Who handles which event, in the order of the domains."""
    found: dict[type[Event], tuple[Handler, ...]] = {}
    for domain in domains:
        for event, handlers in domain.handlers.items():
            found[event] = (*found.get(event, ()), *handlers)
    return found
