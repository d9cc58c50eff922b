"""Measures how far users are in the periods of quests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tbg.core.goals import Crossing, GoalFacts, Reached, Span
from tbg.core.tx import Tx
from tbg.domains.quests.queries import Key
from tbg.domains.quests.rules import Period, Quest


class Attempt(NamedTuple):
    """A user in one period of a quest."""

    user_id: int
    quest: Quest
    period: Period

    @property
    def key(self) -> Key:
        """What decides that it is completed once."""
        return self.user_id, self.quest.slug, self.period.key

    @property
    def span(self) -> Span:
        """The days that count."""
        return Span(self.user_id, self.period.first, self.period.end)


async def progress(tx: Tx, facts: GoalFacts, attempts: Sequence[Attempt]) -> dict[Key, float]:
    """How far each is; one whose fact no domain supplies is at 0."""
    found = {attempt.key: 0.0 for attempt in attempts}
    for name, some in _by_fact(facts, attempts).items():
        spans = list(dict.fromkeys(attempt.span for attempt in some))
        values = dict(zip(spans, await facts[name].measure(tx, spans), strict=True))
        found |= {attempt.key: values[attempt.span] for attempt in some}
    return found


async def crossings(
    tx: Tx, facts: GoalFacts, attempts: Sequence[Attempt]
) -> list[tuple[Attempt, Reached]]:
    """Attempts that have reached their thresholds, with what reached each."""
    found: list[tuple[Attempt, Reached]] = []
    for name, some in _by_fact(facts, attempts).items():
        asked = [Crossing(attempt.span, attempt.quest.threshold) for attempt in some]
        found += zip(some, await facts[name].crossing(tx, asked), strict=True)
    return found


def _by_fact(facts: GoalFacts, attempts: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.quest.fact in facts:
            found[attempt.quest.fact].append(attempt)
    return found
