"""The record by which a domain declares what it contributes to every service.

`app/domains.py` lists the records in order; the services, the lifecycle of accounts, the verifier
and the repository's tests collect from that list and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from tbg.core.event import Event
from tbg.core.frames import FrameData, Presenters
from tbg.core.goals import GoalFact, GoalFacts
from tbg.core.outbox import Delivery
from tbg.core.personal import Personal
from tbg.core.schedule import Cron
from tbg.core.section import Section
from tbg.core.tx import Tx

Projection: TypeAlias = Callable[[Tx, Any], Awaitable[Any]]
"""`(tx, batch)`: a batch of mining facts → the domain's tables, and the batch for the projections
after it: the same, or one with what they need."""

Handler: TypeAlias = Callable[[Tx, Sequence[Delivery]], Awaitable[None]]
"""`(tx, deliveries)`: all events of its kinds that are delivered together."""

Merge: TypeAlias = Callable[..., Awaitable[None]]
"""`(tx, *, gone, kept)`: move everything of user `gone` in a domain to user `kept`."""

Erase: TypeAlias = Callable[..., Awaitable[None]]
"""`(tx, *, user_id)`: remove the person from a domain; the numbers stay, without a person."""

Export: TypeAlias = Callable[..., Iterator[Section]]
"""`(tx, *, user_id)`: all that a domain keeps about a user."""

Causes: TypeAlias = Callable[[Tx, int, Sequence[str]], Awaitable[Mapping[str, Mapping[str, Any]]]]
"""`(tx, user_id, source_ids)`: what is known of the causes of grants, by what they were for."""


def _no_values(now: datetime) -> Mapping[str, Any]:  # noqa: ARG001 - as every check's values
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A comparison that the verifier makes: each fact belongs to one user and is right or wrong.

    `sum_up` is a whole statement: (rows, mismatches, users), of which `most` are named. `find`
    lists users of whom something disagrees, `after` one, `most` at once. Both bind what `values`
    gives for the time of the run as well.
    """

    sum_up: str
    find: str
    values: Callable[[datetime], Mapping[str, Any]] = _no_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What one domain contributes. Everything but the name is optional.

    A domain that keeps facts about users has `personal`, `merge`, `erase` and `export`; a test says
    so where one is missing.
    """

    name: str
    """The name of its folder in `tbg/domains`."""

    router: str | None = None
    """`module:attribute` of the APIRouter below /api/v1. It is imported by the API alone: no
    other service needs the web framework."""

    well_known: str | None = None
    """`module:attribute` of the APIRouter for paths that standards fix, such as /.well-known."""

    jobs: tuple[Cron, ...] = ()
    """Scheduled work, in the order in which overdue jobs are run."""

    projection: Projection | None = None

    handlers: Mapping[type[Event], tuple[Handler, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """The events that this domain handles, whichever domain announces them."""

    presenters: Presenters = field(default_factory=lambda: MappingProxyType({}))
    """How this domain's events look: frame, notification and feed line of each."""

    presented: Callable[[Presenters], Handler] | None = None
    """Creates a handler for every event that any domain presents."""

    frames: tuple[type[FrameData], ...] = ()
    """The types of frames that this domain shows; the WebSocket's documents are made from them."""

    badge_events: frozenset[str] = frozenset()
    """The events of badges that this domain records; a badge of another event is not open yet."""

    goal_facts: Mapping[str, GoalFact] = field(default_factory=lambda: MappingProxyType({}))
    """The facts of this domain that goals of quests may be about, by name."""

    measuring: Callable[[GoalFacts], tuple[Cron, ...]] | None = None
    """Creates the jobs that measure the facts of all domains; they run after the domain's own."""

    measured: Handler | None = None
    """Handles every event after which a fact of any domain may have grown."""

    causes: Mapping[str, Causes] = field(default_factory=lambda: MappingProxyType({}))
    """Sources of XP → what caused the grants that this domain has made of them."""

    personal: Personal = field(default_factory=lambda: MappingProxyType({}))
    """What `merge`, `erase` and `export` do with each column that may refer to a user."""

    merge: Merge | None = None
    erase: Erase | None = None
    export: Export | None = None

    checks: Mapping[str, Check] = field(default_factory=lambda: MappingProxyType({}))
    """Comparisons for the verifier; their names are unique over all domains."""
