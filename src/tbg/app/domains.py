"""All domains, in order: each may call those listed before it, and every service runs them so.

A new domain is one line here; what it contributes is in its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tbg.core.domain import Domain, Handler
from tbg.core.event import Event
from tbg.core.frames import Presenters
from tbg.domains import accounts, credentials, gamification, mining, public, realtime

DOMAINS: tuple[Domain, ...] = (
    accounts.DOMAIN,
    mining.DOMAIN,
    gamification.DOMAIN,
    credentials.DOMAIN,
    realtime.DOMAIN,
    public.DOMAIN,
)


def presenters_of(domains: Iterable[Domain]) -> Presenters:
    """How each event looks."""
    return {event: look for domain in domains for event, look in domain.presenters.items()}


def badge_events_of(domains: Iterable[Domain]) -> frozenset[str]:
    """The events that can earn somebody a badge, with these domains installed."""
    return frozenset().union(*(domain.badge_events for domain in domains))


def handlers_of(domains: Sequence[Domain]) -> dict[type[Event], tuple[Handler, ...]]:
    """Who handles which event, in the order of the domains."""
    found: dict[type[Event], tuple[Handler, ...]] = {}
    presenters = presenters_of(domains)
    for domain in domains:
        handlers = dict(domain.handlers)
        if domain.presented is not None:
            every = domain.presented(presenters)
            handlers |= {event: (*handlers.get(event, ()), every) for event in presenters}
        for event, some in handlers.items():
            found[event] = (*found.get(event, ()), *some)
    return found


HANDLERS = handlers_of(DOMAINS)
"""Who handles which event: each handler is given all events of its kinds that are delivered
together, in the transaction that marks them as sent."""
