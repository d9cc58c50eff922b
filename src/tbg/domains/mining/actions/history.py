"""The long tables of a user who became part of another: moved in steps, newest first.

A merge itself moves a first step of them, which is all that most users have. The rest follows in
transactions of its own, because nobody can mine or sign in while accounts are merged. Until then
`moved_workers` says whose each row is, and the views `owned_…` have each row under who owns it.
"""

from __future__ import annotations

from tbg.core.tx import Database, Tx
from tbg.domains.mining.actions.partitions import hold_partitions

STEP_ROWS = 5_000
"""Rows of each table that one transaction moves, somewhat more if many are of the same moment: a
fraction of a second, also for those who wait for the merge, which makes the first step."""

# (the moment at which a step ends, unless it reaches the oldest row; what moves all since then)
_STEPS = (
    (
        """
        SELECT at FROM shares WHERE user_id = :gone ORDER BY at DESC OFFSET :most LIMIT 1
        """,
        """
        WITH moved AS (
            DELETE FROM shares WHERE user_id = :gone
                AND at >= COALESCE(CAST(:since AS timestamptz), '-infinity') RETURNING *
        )
        INSERT INTO shares (user_id, at, id, worker_id, diff, sdiff, accepted, errn,
            reject_reason, height, workinfoid, hash, source)
        SELECT w.to_user_id, at, id, w.to_worker_id, diff, sdiff, accepted, errn,
            reject_reason, height, workinfoid, hash, source
        FROM moved JOIN moved_workers w USING (user_id, worker_id)
        """,
    ),
    (
        """
        SELECT hour FROM hourly_shares WHERE user_id = :gone ORDER BY hour DESC
        OFFSET :most LIMIT 1
        """,
        # In the order in which the roll-up locks the same rows.
        """
        WITH moved AS (
            DELETE FROM hourly_shares WHERE user_id = :gone
                AND hour >= COALESCE(CAST(:since AS timestamptz), '-infinity') RETURNING *
        )
        INSERT INTO hourly_shares AS h (user_id, hour, worker_id, accepted, rejected, work,
            best_sdiff)
        SELECT w.to_user_id, hour, w.to_worker_id, sum(accepted), sum(rejected), sum(work),
            max(best_sdiff)
        FROM moved JOIN moved_workers w USING (user_id, worker_id)
        GROUP BY w.to_user_id, hour, w.to_worker_id ORDER BY w.to_user_id, hour, w.to_worker_id
        ON CONFLICT (user_id, hour, worker_id) DO UPDATE SET
            accepted = h.accepted + excluded.accepted, rejected = h.rejected + excluded.rejected,
            work = h.work + excluded.work,
            best_sdiff = GREATEST(h.best_sdiff, excluded.best_sdiff)
        """,
    ),
    (
        """
        SELECT day FROM daily_shares WHERE user_id = :gone ORDER BY day DESC OFFSET :most LIMIT 1
        """,
        """
        WITH moved AS (
            DELETE FROM daily_shares WHERE user_id = :gone
                AND day >= COALESCE(CAST(:since AS date), '-infinity') RETURNING *
        )
        INSERT INTO daily_shares AS d (user_id, day, worker_id, accepted, rejected, work,
            best_sdiff)
        SELECT w.to_user_id, day, w.to_worker_id, sum(accepted), sum(rejected), sum(work),
            max(best_sdiff)
        FROM moved JOIN moved_workers w USING (user_id, worker_id)
        GROUP BY w.to_user_id, day, w.to_worker_id ORDER BY w.to_user_id, day, w.to_worker_id
        ON CONFLICT (user_id, day, worker_id) DO UPDATE SET
            accepted = d.accepted + excluded.accepted, rejected = d.rejected + excluded.rejected,
            work = d.work + excluded.work,
            best_sdiff = GREATEST(d.best_sdiff, excluded.best_sdiff)
        """,
    ),
    (
        """
        SELECT day FROM daily_rejects WHERE user_id = :gone ORDER BY day DESC OFFSET :most LIMIT 1
        """,
        """
        WITH moved AS (
            DELETE FROM daily_rejects WHERE user_id = :gone
                AND day >= COALESCE(CAST(:since AS date), '-infinity') RETURNING *
        )
        INSERT INTO daily_rejects AS r (user_id, day, worker_id, errn, rejected)
        SELECT w.to_user_id, day, w.to_worker_id, errn, sum(rejected)
        FROM moved JOIN moved_workers w USING (user_id, worker_id)
        GROUP BY w.to_user_id, day, w.to_worker_id, errn
        ORDER BY w.to_user_id, day, w.to_worker_id, errn
        ON CONFLICT (user_id, day, worker_id, errn) DO UPDATE SET
            rejected = r.rejected + excluded.rejected
        """,
    ),
)


async def hand_over(tx: Tx, *, gone: int, kept: int, olds: list[int], news: list[int]) -> None:
    """Workers `olds` of `gone` are `news` of `kept` from now on; move a first step of their rows.

    With the owners exclusive. Whatever is still on its way to `gone` goes to `kept` directly.
    """
    assert tx.owners == "exclusive"
    await tx.run(
        """
        UPDATE moved_workers w SET to_user_id = :kept, to_worker_id = m.new
        FROM unnest(:olds ::bigint[], :news ::bigint[]) AS m (old, new)
        WHERE w.to_user_id = :gone AND w.to_worker_id = m.old
        """,
        gone=gone,
        kept=kept,
        olds=olds,
        news=news,
    )
    await tx.run(
        """
        INSERT INTO moved_workers (user_id, worker_id, to_user_id, to_worker_id)
        SELECT :gone, old, :kept, new
        FROM unnest(:olds ::bigint[], :news ::bigint[]) AS m (old, new)
        """,
        gone=gone,
        kept=kept,
        olds=olds,
        news=news,
    )
    await _step(tx, gone)


async def move_history(database: Database) -> int:
    """Move whatever merges have left to move; return the number of steps."""
    steps = 0
    while True:
        async with database.transaction(owners="shared") as tx:
            await hold_partitions(tx)
            gone = await tx.value("SELECT user_id FROM moved_workers ORDER BY user_id LIMIT 1")
            if gone is None:
                return steps
            await _step(tx, gone)
        steps += 1


async def _step(tx: Tx, gone: int) -> None:
    """Move the newest rows of each table; when none are left, forget where they were to go."""
    left = False
    for edge, move in _STEPS:
        since = await tx.value(edge, gone=gone, most=STEP_ROWS)
        left |= since is not None
        await tx.run(move, gone=gone, since=since)
    if not left:
        await tx.run("DELETE FROM moved_workers WHERE user_id = :gone", gone=gone)
