"""What was mined in spans of days, from the rollups; and which share reached a threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

from tbg.core.goals import Crossing, GoalFact, GoalFacts, Reached, Span
from tbg.core.tx import Tx

Sum: TypeAlias = Literal["accepted_shares", "work", "best_sdiff", "active_days"]


async def days_mined(tx: Tx, user_ids: Sequence[int]) -> list[tuple[int, date]]:
    """The users and days of which there are rollups."""
    rows = await tx.rows(
        """
        SELECT DISTINCT user_id, day FROM owned_daily_shares
        WHERE user_id = ANY(:users ::bigint[])
        """,
        users=list(user_ids),
    )
    return [(row.user_id, row.day) for row in rows]


@dataclass(frozen=True, slots=True)
class MinedSum:
    """A sum over the days of a span, or (`best_sdiff`) the best of them."""

    of: Sum

    async def measure(self, tx: Tx, spans: Sequence[Span]) -> list[float]:
        """The sum in each span."""
        rows = await tx.rows(_SUMS, of=self.of, **_spans(spans))
        found = {row.n: float(row.value) for row in rows}
        return [found.get(n, 0.0) for n in range(1, len(spans) + 1)]

    async def crossing(self, tx: Tx, crossings: Sequence[Crossing]) -> list[Reached]:
        """The share that reached each threshold, in the order of the shares' own times.

        Where raw shares are no longer kept, the end of its day.
        """
        found: dict[int, Reached] = {}
        thresholds = [crossing.threshold for crossing in crossings]
        spans = _spans([crossing.span for crossing in crossings])
        days = await tx.rows(_DAYS, of=self.of, thresholds=thresholds, **spans)
        shares = await tx.rows(
            _SHARES,
            of=self.of,
            users=[crossings[row.n - 1].span.user_id for row in days],
            numbers=[row.n for row in days],
            days=[row.day for row in days],
            befores=[float(row.before) for row in days],
            thresholds=[thresholds[row.n - 1] for row in days],
        )
        for row in days:
            found[row.n] = Reached(min(_end_of(row.day), tx.now), {})
        for row in shares:
            cause = {"share_id": str(row.id), "sdiff": row.sdiff, "worker": row.worker}
            found[row.n] = Reached(row.at, cause)
        return [found.get(n, Reached(tx.now, {})) for n in range(1, len(crossings) + 1)]


# Here and below, a subquery for each span: PostgreSQL looks up a user in the views `owned_…` by an
# index in a subquery, and would read them whole to join them.
_SUMS = """
SELECT s.n, f.value
FROM unnest(:users ::bigint[], :firsts ::date[], :ends ::date[])
    WITH ORDINALITY AS s (user_id, first, until, n)
CROSS JOIN LATERAL (
    SELECT CASE :of ::text
        WHEN 'accepted_shares' THEN sum(d.accepted)
        WHEN 'work' THEN sum(d.work)
        WHEN 'active_days' THEN count(DISTINCT d.day) FILTER (WHERE d.accepted > 0)
        ELSE max(d.best_sdiff)::numeric END AS value
    FROM owned_daily_shares d
    WHERE d.user_id = s.user_id AND d.day >= s.first AND d.day < s.until
) f
WHERE f.value IS NOT NULL
"""

# The first day at whose end the threshold was reached, and how much there was before that day.
_DAYS = """
WITH by_day AS (
    SELECT s.n, s.threshold, f.day, f.value
    FROM unnest(:users ::bigint[], :firsts ::date[], :ends ::date[], :thresholds ::float8[])
        WITH ORDINALITY AS s (user_id, first, until, threshold, n)
    CROSS JOIN LATERAL (
        SELECT d.day, CASE :of ::text
            WHEN 'accepted_shares' THEN sum(d.accepted)
            WHEN 'work' THEN sum(d.work)
            WHEN 'active_days' THEN CASE WHEN sum(d.accepted) > 0 THEN 1 ELSE 0 END
            ELSE max(d.best_sdiff)::numeric END AS value
        FROM owned_daily_shares d
        WHERE d.user_id = s.user_id AND d.day >= s.first AND d.day < s.until
        GROUP BY d.day
    ) f
), risen AS (
    SELECT n, threshold, day, CASE WHEN :of ::text = 'best_sdiff' THEN value
            ELSE sum(value) OVER (PARTITION BY n ORDER BY day) END AS after, value
    FROM by_day
)
SELECT DISTINCT ON (n) n, day, CASE WHEN :of ::text = 'best_sdiff' THEN 0
    ELSE after - value END AS before
FROM risen WHERE after >= threshold::numeric ORDER BY n, day
"""

# Of that day, the first share with which the threshold was reached.
_SHARES = """
WITH risen AS (
    SELECT t.n, t.threshold, f.*
    FROM unnest(:users ::bigint[], :numbers ::bigint[], :days ::date[], :befores ::float8[],
        :thresholds ::float8[]) AS t (user_id, n, day, before, threshold)
    CROSS JOIN LATERAL (
        SELECT s.at, s.id, s.sdiff, s.worker_id, s.user_id, CASE :of ::text
            WHEN 'work' THEN t.before::numeric + sum(s.diff::numeric) OVER (ORDER BY s.at, s.id)
            WHEN 'best_sdiff' THEN s.sdiff::numeric
            ELSE t.before::numeric + row_number() OVER (ORDER BY s.at, s.id) END AS value
        FROM owned_shares s
        WHERE s.user_id = t.user_id AND s.accepted
            AND s.at >= t.day::timestamp AT TIME ZONE 'UTC'
            AND s.at < (t.day + 1)::timestamp AT TIME ZONE 'UTC'
    ) f
), first AS (
    SELECT DISTINCT ON (n) n, at, id, sdiff, worker_id, user_id FROM risen
    WHERE value >= threshold::numeric ORDER BY n, at, id
)
SELECT f.n, f.at, f.id, f.sdiff, w.name AS worker
FROM first f LEFT JOIN workers w ON w.user_id = f.user_id AND w.id = f.worker_id
"""


_WORKERS = """
SELECT s.n, f.hour, f.workers
FROM unnest(:users ::bigint[], :firsts ::date[], :ends ::date[])
    WITH ORDINALITY AS s (user_id, first, until, n)
CROSS JOIN LATERAL (
    SELECT h.hour, count(DISTINCT h.worker_id) AS workers FROM owned_hourly_shares h
    WHERE h.user_id = s.user_id AND h.accepted > 0
        AND h.hour >= s.first::timestamp AT TIME ZONE 'UTC'
        AND h.hour < s.until::timestamp AT TIME ZONE 'UTC'
    GROUP BY h.hour
) f
"""


async def most_workers(tx: Tx, spans: Sequence[Span]) -> list[float]:
    """The most workers of a user that had accepted shares in the same hour of each span."""
    found = await _workers_by_hour(tx, spans)
    return [max((count for _, count in found[n]), default=0.0) for n in range(1, len(spans) + 1)]


async def enough_workers(tx: Tx, crossings: Sequence[Crossing]) -> list[Reached]:
    """The end of the first hour in which there were enough workers."""
    found = await _workers_by_hour(tx, [crossing.span for crossing in crossings])
    ends = []
    for n, crossing in enumerate(crossings, 1):
        hours = [hour for hour, count in found[n] if count >= crossing.threshold]
        end = min(hours, default=tx.now) + timedelta(hours=1)
        ends.append(Reached(min(end, tx.now), {}))
    return ends


async def _workers_by_hour(tx: Tx, spans: Sequence[Span]) -> dict[int, list[tuple[datetime, int]]]:
    rows = await tx.rows(_WORKERS, **_spans(spans))
    found: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for row in rows:
        found[row.n].append((row.hour, row.workers))
    return found


def _spans(spans: Sequence[Span]) -> dict[str, list[Any]]:
    return {
        "users": [span.user_id for span in spans],
        "firsts": [span.first for span in spans],
        "ends": [span.end for span in spans],
    }


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)


def _summed(of: Sum) -> GoalFact:
    return GoalFact(measure=MinedSum(of).measure, crossing=MinedSum(of).crossing)


FIRST_SHARE = MinedSum("accepted_shares").crossing
"""With a threshold of 1: the first accepted share of each span."""

GOAL_FACTS: GoalFacts = {
    "accepted_shares": _summed("accepted_shares"),
    "work": _summed("work"),
    "best_sdiff": _summed("best_sdiff"),
    "active_days": _summed("active_days"),
    "workers_online": GoalFact(measure=most_workers, crossing=enough_workers),
}
