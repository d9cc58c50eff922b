"""All domains, in order: each may call those listed before it, and every service runs them so.

A new domain is one line here; what it contributes is in its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tbg.core.domain import Causes, Domain, Handler
from tbg.core.event import Event
from tbg.core.frames import Presenters
from tbg.core.goals import GoalFacts
from tbg.core.schedule import Cron
from tbg.domains import accounts, credentials, gamification, mining, public, quests, realtime

DOMAINS: tuple[Domain, ...] = (
    accounts.DOMAIN,
    mining.DOMAIN,
    gamification.DOMAIN,
    credentials.DOMAIN,
    quests.DOMAIN,
    realtime.DOMAIN,
    public.DOMAIN,
)


def presenters_of(domains: Iterable[Domain]) -> Presenters:
    """How each event looks."""
    return {event: look for domain in domains for event, look in domain.presenters.items()}


def badge_events_of(domains: Iterable[Domain]) -> frozenset[str]:
    """The events that can earn somebody a badge, with these domains installed."""
    return frozenset().union(*(domain.badge_events for domain in domains))


def goal_facts_of(domains: Iterable[Domain]) -> GoalFacts:
    """What goals of quests can be about, with these domains installed."""
    return {name: fact for domain in domains for name, fact in domain.goal_facts.items()}


def causes_of(domains: Iterable[Domain]) -> dict[str, Causes]:
    """Who knows what caused the grants of a source of XP."""
    return {source: causes for domain in domains for source, causes in domain.causes.items()}


def jobs_of(domains: Sequence[Domain]) -> tuple[Cron, ...]:
    """The jobs of these domains, in their order."""
    facts = goal_facts_of(domains)
    return tuple(
        job
        for domain in domains
        for job in (*domain.jobs, *(domain.measuring(facts) if domain.measuring else ()))
    )


def handlers_of(domains: Sequence[Domain]) -> dict[type[Event], tuple[Handler, ...]]:
    """Who handles which event, in the order of the domains."""
    found: dict[type[Event], tuple[Handler, ...]] = {}
    presenters = presenters_of(domains)
    growing = {event for fact in goal_facts_of(domains).values() for event in fact.changed_by}
    for domain in domains:
        handlers = dict(domain.handlers)
        if domain.presented is not None:
            every = domain.presented(presenters)
            handlers |= {event: (*handlers.get(event, ()), every) for event in presenters}
        if domain.measured is not None:
            measured = domain.measured
            handlers |= {event: (*handlers.get(event, ()), measured) for event in growing}
        for event, some in handlers.items():
            found[event] = (*found.get(event, ()), *some)
    return found


HANDLERS = handlers_of(DOMAINS)
"""Who handles which event: each handler is given all events of its kinds that are delivered
together, in the transaction that marks them as sent."""
