"""A handle as a goal of quests."""

from __future__ import annotations

from collections.abc import Sequence

from tbg.core.goals import Crossing, GoalFact, GoalFacts, Reached, Span
from tbg.core.tx import Tx
from tbg.domains.accounts.events import AccountChanged


async def has_handle(tx: Tx, spans: Sequence[Span]) -> list[float]:
    """1 for users who have a handle, whichever days are asked for; 0 for others."""
    rows = await tx.rows(
        "SELECT id FROM users WHERE id = ANY(:ids ::bigint[]) AND handle IS NOT NULL",
        ids=sorted({span.user_id for span in spans}),
    )
    named = {row.id for row in rows}
    return [float(span.user_id in named) for span in spans]


async def handle_claimed(tx: Tx, crossings: Sequence[Crossing]) -> list[Reached]:
    """When they first took a handle, as far as their activity reaches back; now if it does not."""
    rows = await tx.rows(
        """
        SELECT user_id, min(at) AS at FROM account_activity
        WHERE user_id = ANY(:ids ::bigint[]) AND action = 'handle.change' GROUP BY user_id
        """,
        ids=sorted({crossing.span.user_id for crossing in crossings}),
    )
    known = {row.user_id: row.at for row in rows}
    return [Reached(known.get(crossing.span.user_id, tx.now), {}) for crossing in crossings]


GOAL_FACTS: GoalFacts = {
    "handle_claimed": GoalFact(
        measure=has_handle, crossing=handle_claimed, changed_by=(AccountChanged,)
    ),
}
