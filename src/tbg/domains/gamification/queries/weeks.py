"""Consecutive mined weeks as a goal of quests; the running week counts with its first share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from tbg.core.goals import Crossing, GoalFact, GoalFacts, Reached, Span
from tbg.core.tx import Tx
from tbg.domains.gamification.rules import WEEK, Streak, first_reaching, streaks
from tbg.domains.mining.queries.spans import FIRST_SHARE


class _Calendar(NamedTuple):
    """A user's mined weeks, and the weeks in which they switched freezes off or on."""

    mondays: list[date]
    switched: Sequence[date]

    def runs(self, span: Span) -> list[Streak]:
        """The runs of those weeks that begin in a span."""
        within = [week for week in self.mondays if span.first <= week < span.end]
        return streaks(within, switched=self.switched).runs


async def longest_runs(tx: Tx, spans: Sequence[Span]) -> list[float]:
    """The longest run of mined weeks that begin in each span."""
    calendars = await _calendars(tx, [span.user_id for span in spans])
    return [
        float(max((run.weeks for run in calendars[span.user_id].runs(span)), default=0))
        for span in spans
    ]


async def long_enough(tx: Tx, crossings: Sequence[Crossing]) -> list[Reached]:
    """The first share of the week that made a run long enough."""
    calendars = await _calendars(tx, [crossing.span.user_id for crossing in crossings])
    firsts = []
    for span, threshold in crossings:
        monday = first_reaching(calendars[span.user_id].runs(span), int(threshold)) or span.first
        firsts.append(Crossing(Span(span.user_id, monday, monday + WEEK), 1))
    return list(await FIRST_SHARE(tx, firsts))


async def _calendars(tx: Tx, users: Sequence[int]) -> dict[int, _Calendar]:
    rows = await tx.rows(
        """
        SELECT g.user_id, g.freezes_switched, array_remove(array_agg(c.week_start), NULL) AS weeks
        FROM user_gamification g
            LEFT JOIN streak_calendar c ON c.user_id = g.user_id AND c.is_active
        WHERE g.user_id = ANY(:users ::bigint[]) GROUP BY g.user_id, g.freezes_switched
        """,
        users=sorted(set(users)),
    )
    found: dict[int, _Calendar] = defaultdict(lambda: _Calendar([], ()))
    for row in rows:
        found[row.user_id] = _Calendar(row.weeks, row.freezes_switched or ())
    return found


GOAL_FACTS: GoalFacts = {
    "streak_weeks": GoalFact(measure=longest_runs, crossing=long_enough),
}
