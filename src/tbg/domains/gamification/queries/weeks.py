"""Consecutive mined weeks as a goal of quests; the running week counts with its first share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from tbg.core.goals import Crossing, GoalFact, GoalFacts, Reached, Span
from tbg.core.tx import Tx
from tbg.domains.gamification.rules import first_reaching, streaks
from tbg.domains.mining.queries.spans import FIRST_SHARE

_WEEK = timedelta(weeks=1)


async def longest_runs(tx: Tx, spans: Sequence[Span]) -> list[float]:
    """The longest run of mined weeks that begin in each span."""
    weeks = await _weeks(tx, [span.user_id for span in spans])
    return [
        float(max((run.weeks for run in streaks(_within(weeks, span))), default=0))
        for span in spans
    ]


async def long_enough(tx: Tx, crossings: Sequence[Crossing]) -> list[Reached]:
    """The first share of the week that made a run long enough."""
    weeks = await _weeks(tx, [crossing.span.user_id for crossing in crossings])
    firsts = []
    for span, threshold in crossings:
        runs = streaks(_within(weeks, span))
        monday = first_reaching(runs, int(threshold)) or span.first
        firsts.append(Crossing(Span(span.user_id, monday, monday + _WEEK), 1))
    return list(await FIRST_SHARE(tx, firsts))


async def _weeks(tx: Tx, users: Sequence[int]) -> dict[int, list[date]]:
    rows = await tx.rows(
        """
        SELECT user_id, week_start FROM streak_calendar
        WHERE user_id = ANY(:users ::bigint[]) AND is_active
        """,
        users=sorted(set(users)),
    )
    found: dict[int, list[date]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(row.week_start)
    return found


def _within(weeks: dict[int, list[date]], span: Span) -> list[date]:
    return [week for week in weeks.get(span.user_id, []) if span.first <= week < span.end]


GOAL_FACTS: GoalFacts = {
    "streak_weeks": GoalFact(measure=longest_runs, crossing=long_enough),
}
