"""What was mined, when users are merged, leave, or export their data."""

from __future__ import annotations

from collections.abc import Iterator

from tbg.core.owners import AccountsBusy
from tbg.core.section import Section
from tbg.core.tx import Tx
from tbg.domains.mining.actions.history import hand_over
from tbg.domains.mining.actions.rollups import roll_up
from tbg.domains.mining.actions.workers import OTHERS, room_for_workers

_ROLL_UPS = 5
"""Few batches wait, except after an outage: then nobody is made to wait for a merge as well."""


async def merge(tx: Tx, *, gone: int, kept: int) -> None:
    """Move everything that `gone` mined to `kept`, while no batch is running.

    Two workers of one name become one. The pool's totals stay as they are. Of the long tables only
    the newest rows are moved at once (`history.py`).
    """
    await _roll_up_the_rest(tx)
    workers = await _future_workers(tx, gone=gone, kept=kept)
    olds, news = list(workers), list(workers.values())
    for statement in _MERGE:
        await tx.run(statement, gone=gone, kept=kept, olds=olds, news=news)
    twins = {old: new for old, new in workers.items() if old != new}
    await tx.run(_TWINS, gone=gone, kept=kept, olds=list(twins), news=list(twins.values()))
    await tx.run(
        "DELETE FROM workers WHERE user_id = :gone AND id = ANY(:olds ::bigint[])",
        gone=gone,
        olds=list(twins),
    )
    await tx.run(_MOVE_WORKERS, gone=gone, kept=kept)
    await hand_over(tx, gone=gone, kept=kept, olds=olds, news=news)


async def _roll_up_the_rest(tx: Tx) -> None:
    """Fold in all that waits, because queued rows name the user they were mined for."""
    for _ in range(_ROLL_UPS):
        if not await roll_up(tx):
            return
    raise AccountsBusy("The pool is still adding up shares. Try again in a minute.")


async def _future_workers(tx: Tx, *, gone: int, kept: int) -> dict[int, int]:
    """Each worker of `gone`, and which of `kept` it will be: itself, or the one of its name.

    Those that would be too many, seen least recently, become the one that stands for all such.
    """
    workers = await tx.rows(_WORKERS, gone=gone, kept=kept)
    room = await room_for_workers(tx, [kept])
    surplus = [row.old for row in workers if row.twin is None][room[kept] :]
    if not surplus:
        return {row.old: row.twin or row.old for row in workers}
    others = await tx.value(_OTHERS, gone=gone, kept=kept, name=OTHERS)
    workers = await tx.rows(_WORKERS, gone=gone, kept=kept)
    return {row.old: row.twin or row.old for row in workers} | dict.fromkeys(surplus, others)


_WORKERS = """
SELECT w.id AS old, twin.id AS twin
FROM workers w LEFT JOIN workers twin ON twin.user_id = :kept AND twin.name_key = w.name_key
WHERE w.user_id = :gone ORDER BY w.last_seen DESC, w.id
"""

# Its times, and whether it is connected, come from those that become it.
_OTHERS = """
INSERT INTO workers AS w (user_id, name_key, name, source, first_seen, last_seen)
SELECT CAST(:kept AS bigint), CAST(:name AS text), CAST(:name AS text), source, first_seen,
    last_seen
FROM workers WHERE user_id = :gone ORDER BY last_seen, id LIMIT 1
ON CONFLICT (user_id, name_key) DO UPDATE SET name = w.name RETURNING id
"""

_MERGE = (
    """
    WITH moved AS (DELETE FROM blocks WHERE user_id = :gone RETURNING *)
    INSERT INTO blocks AS b (hash, height, user_id, worker_id, found_at, sdiff, reward_sats,
        source, confirmed_by)
    SELECT hash, height, CAST(:kept AS bigint), m.new, found_at, sdiff, reward_sats, source,
        confirmed_by
    FROM moved JOIN unnest(:olds ::bigint[], :news ::bigint[]) AS m (old, new)
        ON m.old = worker_id
    ON CONFLICT (user_id, hash) DO UPDATE SET
        confirmed_by = COALESCE(b.confirmed_by, excluded.confirmed_by)
    """,
    # Which of two is the better one is decided as the roll-up decides it.
    """
    WITH moved AS (DELETE FROM personal_bests WHERE user_id = :gone RETURNING *)
    INSERT INTO personal_bests AS p (user_id, timeframe, period_key, best_difficulty, at,
        share_id, worker_id)
    SELECT CAST(:kept AS bigint), timeframe, period_key, best_difficulty, at, share_id, m.new
    FROM moved JOIN unnest(:olds ::bigint[], :news ::bigint[]) AS m (old, new)
        ON m.old = worker_id
    ON CONFLICT (user_id, timeframe, period_key) DO UPDATE SET
        best_difficulty = excluded.best_difficulty, at = excluded.at,
        share_id = excluded.share_id, worker_id = excluded.worker_id
    WHERE (excluded.best_difficulty, p.at, p.share_id)
        > (p.best_difficulty, excluded.at, excluded.share_id)
    """,
)

# Whether it is online, and its agent, come from the worker that came or went last. Several may
# become one.
_TWINS = """
UPDATE workers w SET first_seen = LEAST(w.first_seen, old.first_seen),
    last_seen = GREATEST(w.last_seen, old.last_seen),
    (agent, connected, connected_at) = (SELECT
        CASE WHEN later THEN COALESCE(old.agent, w.agent) ELSE COALESCE(w.agent, old.agent) END,
        CASE WHEN later THEN old.connected ELSE w.connected END,
        CASE WHEN later THEN old.connected_at ELSE w.connected_at END
        FROM (VALUES (COALESCE(old.connected_at > w.connected_at, w.connected_at IS NULL)))
            AS v (later))
FROM (SELECT DISTINCT ON (m.new) m.new, agent, connected, connected_at,
        min(first_seen) OVER (PARTITION BY m.new) AS first_seen,
        max(last_seen) OVER (PARTITION BY m.new) AS last_seen
    FROM unnest(:olds ::bigint[], :news ::bigint[]) AS m (old, new)
    JOIN workers ON user_id = :gone AND id = m.old
    ORDER BY m.new, connected_at DESC NULLS LAST, last_seen DESC, id) old
WHERE w.user_id = :kept AND w.id = old.new
"""


# Their ids stay: rollups and shares name them. A serial number is inserted as it was.
_MOVE_WORKERS = """
WITH moved AS (DELETE FROM workers WHERE user_id = :gone RETURNING *)
INSERT INTO workers (id, user_id, name_key, name, agent, source, first_seen, last_seen, connected,
    connected_at) OVERRIDING SYSTEM VALUE
SELECT id, CAST(:kept AS bigint), name_key, name, agent, source, first_seen, last_seen, connected,
    connected_at FROM moved
"""


async def erase(tx: Tx, *, user_id: int) -> None:
    """Workers lose the names that a person gave them; everything they did stays."""
    # Keys are in lower case, so nobody can have chosen one in capitals.
    await tx.run(
        """
        UPDATE workers SET name = 'worker-' || id, name_key = 'WORKER-' || id, agent = NULL
        WHERE user_id = :id
        """,
        id=user_id,
    )


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """Workers, bests, sums by hour and day, rejects, blocks, and every raw share."""
    for name, (about, sql) in _EXPORTS.items():
        yield Section(name, about, tx.pages(sql, id=user_id), lines=name == "shares")


_EXPORTS = {
    "workers": (
        "Your mining devices.",
        """
        SELECT id, name, agent, source, first_seen, last_seen, connected, connected_at
        FROM workers WHERE user_id = :id ORDER BY id
        """,
    ),
    "personal_bests": (
        "The best difficulty of all time, of each month and of each week.",
        """
        SELECT timeframe, period_key, best_difficulty, at, share_id, worker_id
        FROM personal_bests WHERE user_id = :id ORDER BY timeframe, period_key
        """,
    ),
    "daily_shares": (
        "Shares by day and worker; work is the sum of the difficulties of accepted ones.",
        """
        SELECT day, worker_id, sum(accepted)::bigint AS accepted,
            sum(rejected)::bigint AS rejected, sum(work)::text AS work,
            max(best_sdiff) AS best_sdiff
        FROM owned_daily_shares WHERE user_id = :id GROUP BY day, worker_id ORDER BY day, worker_id
        """,
    ),
    "hourly_shares": (
        "Shares by hour and worker.",
        """
        SELECT hour, worker_id, sum(accepted)::bigint AS accepted,
            sum(rejected)::bigint AS rejected, sum(work)::text AS work,
            max(best_sdiff) AS best_sdiff
        FROM owned_hourly_shares WHERE user_id = :id
        GROUP BY hour, worker_id ORDER BY hour, worker_id
        """,
    ),
    "daily_rejects": (
        "Rejected shares by day, worker and ckpool's number for the reason (-1: none given).",
        """
        SELECT day, worker_id, errn, sum(rejected)::bigint AS rejected FROM owned_daily_rejects
        WHERE user_id = :id GROUP BY day, worker_id, errn ORDER BY day, worker_id, errn
        """,
    ),
    "blocks": (
        "The blocks you found; confirmed_by is null if only reported. Rewards in satoshi.",
        """
        SELECT hash, height, worker_id, found_at, sdiff, reward_sats, source, confirmed_by
        FROM blocks WHERE user_id = :id ORDER BY height, hash
        """,
    ),
    "shares": (
        "Every share of the last 90 days.",
        """
        SELECT id, at, worker_id, diff, sdiff, accepted, errn, reject_reason, height, workinfoid,
            hash, source
        FROM owned_shares WHERE user_id = :id ORDER BY at, id
        """,
    ),
}
