"""What goals can be about: facts that domains supply, each measured over days of a user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from tbg.core.event import Event
from tbg.core.tx import Tx


class Span(NamedTuple):
    """The days of a user from `first` up to, but not including, `end` (UTC)."""

    user_id: int
    first: date
    end: date


class Crossing(NamedTuple):
    """A span in which a fact has reached a threshold."""

    span: Span
    threshold: float


class Reached(NamedTuple):
    """When the threshold was reached, and what is known of the fact that reached it."""

    at: datetime
    cause: Mapping[str, Any]


Measure: TypeAlias = Callable[[Tx, Sequence[Span]], Awaitable[Sequence[float]]]
"""`(tx, spans)`: the value of the fact in each span, in their order."""

FindCrossing: TypeAlias = Callable[[Tx, Sequence[Crossing]], Awaitable[Sequence[Reached]]]
"""`(tx, crossings)`: what reached each threshold first, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFact:
    """A fact of the game: a number that can only grow while facts are added."""

    measure: Measure
    crossing: FindCrossing
    changed_by: tuple[type[Event], ...] = ()
    """The events after which it may have grown; facts of mining grow with the rollups."""


GoalFacts: TypeAlias = Mapping[str, GoalFact]
"""Name → fact."""
