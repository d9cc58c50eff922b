"""A bound on the workers of one user; those beyond it count as one.

Anybody can mine under any number of names, each of which costs rows by the hour and by the day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tbg.core.tx import Tx

MOST = 2_000
"""Workers of one user; somewhat more if two batches have new ones at the same time."""

OTHERS = "other workers"
"""The worker that stands for all that are too many."""


async def room_for_workers(tx: Tx, users: Iterable[int]) -> dict[int, int]:
    """How many more workers each of these users may have."""
    wanted = sorted(set(users))
    rows = await tx.rows(
        """
        SELECT user_id, count(*) AS n FROM workers WHERE user_id = ANY(:users ::bigint[])
        GROUP BY user_id
        """,
        users=wanted,
    )
    counts = {row.user_id: row.n for row in rows}
    return {user: max(MOST - counts.get(user, 0), 0) for user in wanted}


async def beyond_bound(tx: Tx, unknown: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of some new workers, by user and key, for which their users have no room."""
    if not unknown:
        return set()
    room = await room_for_workers(tx, [user for user, _ in unknown])
    new: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for user, key in unknown:
        if key != OTHERS:
            new[user].append((user, key))
    return {worker for user, workers in new.items() for worker in workers[room[user] :]}
