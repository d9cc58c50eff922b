"""Rollups: shares per hour and day, bests, pool totals, taken from the queue that batches fill.

A transaction of its own, a second or so behind: one share changes one row of each table, and many
shares of one worker and hour become one change of that row. A row is taken off the queue in the
same transaction, so a share is folded in exactly once.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.exc import DBAPIError

from tbg.core import limits
from tbg.core.tx import Database, Tx, took_too_long

# Any constant of our own: one roll-up at a time, the rest wait.
_LOCK = 0x7B67_0001

# kinds: 1 accepted, 0 rejected, 2 the pool's word of a difficulty: no share, nor a sign of life.
# Work is summed as numeric: a sum of doubles would depend on the order of the shares.
_ROLL_UP = """
WITH taken AS (
    DELETE FROM rollup_queue
    WHERE id IN (SELECT id FROM rollup_queue ORDER BY id LIMIT :most)
    RETURNING user_ids, worker_ids, ats, share_ids, diffs, sdiffs, kinds, errns
), facts AS MATERIALIZED (
    SELECT f.user_id, f.worker_id, t.at, f.share_id, f.diff, f.sdiff, f.kind, f.errn,
        date_trunc('hour', t.at, 'UTC') AS hour, (t.at AT TIME ZONE 'UTC')::date AS day
    FROM taken, unnest(user_ids, worker_ids, ats, share_ids, diffs, sdiffs, kinds, errns)
        AS f (user_id, worker_id, epoch, share_id, diff, sdiff, kind, errn),
        LATERAL (SELECT to_timestamp(f.epoch) AS at) t
), by_hour AS MATERIALIZED (
    SELECT user_id, hour, day, worker_id, count(*) FILTER (WHERE kind = 1) AS accepted,
        count(*) FILTER (WHERE kind = 0) AS rejected,
        COALESCE(sum(diff::numeric) FILTER (WHERE kind = 1), 0) AS work,
        COALESCE(max(sdiff) FILTER (WHERE kind <> 0), 0) AS best,
        min(at) AS first_at, max(at) FILTER (WHERE kind <> 2) AS last_at
    FROM facts GROUP BY user_id, hour, day, worker_id
), hourly AS (
    INSERT INTO hourly_shares AS h (user_id, hour, worker_id, accepted, rejected, work,
        best_sdiff)
    SELECT user_id, hour, worker_id, accepted, rejected, work, best FROM by_hour
    ORDER BY user_id, hour, worker_id
    ON CONFLICT (user_id, hour, worker_id) DO UPDATE SET
        accepted = h.accepted + excluded.accepted, rejected = h.rejected + excluded.rejected,
        work = h.work + excluded.work,
        best_sdiff = GREATEST(h.best_sdiff, excluded.best_sdiff)
), daily AS (
    INSERT INTO daily_shares AS d (user_id, day, worker_id, accepted, rejected, work, best_sdiff)
    SELECT user_id, day, worker_id, sum(accepted), sum(rejected), sum(work), max(best)
    FROM by_hour GROUP BY user_id, day, worker_id ORDER BY user_id, day, worker_id
    ON CONFLICT (user_id, day, worker_id) DO UPDATE SET
        accepted = d.accepted + excluded.accepted, rejected = d.rejected + excluded.rejected,
        work = d.work + excluded.work,
        best_sdiff = GREATEST(d.best_sdiff, excluded.best_sdiff)
), rejects AS (
    INSERT INTO daily_rejects AS r (user_id, day, worker_id, errn, rejected)
    SELECT user_id, day, worker_id, errn, count(*) FROM facts WHERE kind = 0
    GROUP BY user_id, day, worker_id, errn ORDER BY user_id, day, worker_id, errn
    ON CONFLICT (user_id, day, worker_id, errn) DO UPDATE SET
        rejected = r.rejected + excluded.rejected
), top AS MATERIALIZED (
    SELECT DISTINCT ON (user_id, day) user_id, day, sdiff, at, share_id, worker_id
    FROM facts WHERE kind <> 0 ORDER BY user_id, day, sdiff DESC, at, share_id
), best AS (
    SELECT DISTINCT ON (user_id, timeframe, period_key) t.*, timeframe, period_key
    FROM top t, LATERAL (VALUES ('alltime', 'alltime'), ('month', to_char(day, 'YYYY-MM')),
        ('week', to_char(day, 'IYYY"-W"IW'))) AS p (timeframe, period_key)
    ORDER BY user_id, timeframe, period_key, sdiff DESC, at, share_id
), bests AS (
    INSERT INTO personal_bests AS p (user_id, timeframe, period_key, best_difficulty, at,
        share_id, worker_id)
    SELECT b.user_id, b.timeframe, b.period_key, b.sdiff, b.at, b.share_id, b.worker_id
    FROM best b LEFT JOIN personal_bests known USING (user_id, timeframe, period_key)
    WHERE known.user_id IS NULL OR (b.sdiff, known.at, known.share_id)
        > (known.best_difficulty, b.at, b.share_id)
    ORDER BY b.user_id, b.timeframe, b.period_key
    ON CONFLICT (user_id, timeframe, period_key) DO UPDATE SET
        best_difficulty = excluded.best_difficulty, at = excluded.at,
        share_id = excluded.share_id, worker_id = excluded.worker_id
), seen AS (
    SELECT user_id, id, t.first_at, t.last_at FROM workers
    JOIN (SELECT user_id, worker_id AS id, min(first_at) AS first_at, max(last_at) AS last_at
        FROM by_hour GROUP BY user_id, worker_id) t USING (user_id, id)
    WHERE workers.last_seen < t.last_at OR workers.first_seen > t.first_at
    ORDER BY user_id, id FOR UPDATE OF workers
), seen_workers AS (
    UPDATE workers w SET first_seen = LEAST(w.first_seen, seen.first_at),
        last_seen = GREATEST(w.last_seen, seen.last_at)
    FROM seen WHERE w.user_id = seen.user_id AND w.id = seen.id
), pool AS (
    UPDATE pool_totals SET accepted = pool_totals.accepted + s.accepted,
        rejected = pool_totals.rejected + s.rejected, work = pool_totals.work + s.work
    FROM (SELECT COALESCE(sum(accepted), 0) AS accepted, COALESCE(sum(rejected), 0) AS rejected,
        COALESCE(sum(work), 0) AS work FROM by_hour) s
)
SELECT (SELECT count(*) FROM facts), array_agg(user_id), array_agg(day)
FROM (SELECT DISTINCT user_id, day FROM by_hour) d
"""


async def roll_up(tx: Tx, *, most: int = limits.ROLLUP_BATCHES) -> int:
    """Fold `most` waiting batches into the rollups, oldest first; the facts folded."""
    waiting = await tx.value("SELECT EXISTS (SELECT 1 FROM rollup_queue)")
    if not waiting:
        return 0
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
    row = await tx.row(_ROLL_UP, most=most)
    assert row is not None
    folded, users, days = row
    if users:
        await tx.run(
            "INSERT INTO rolled_up (user_ids, days) VALUES (:users ::bigint[], :days ::date[])",
            users=users,
            days=days,
        )
    return int(folded)


async def take_rolled_up(tx: Tx) -> set[tuple[int, date]]:
    """The users and days whose rollups have changed since this was last called."""
    rows = await tx.rows(
        """
        DELETE FROM rolled_up WHERE id IN (SELECT id FROM rolled_up ORDER BY id LIMIT :most)
        RETURNING user_ids, days
        """,
        most=limits.ROLLUP_BATCHES,
    )
    return {one for row in rows for one in zip(row.user_ids, row.days, strict=True)}


async def roll_up_all(database: Database) -> int:
    """Fold everything that waits now, but not necessarily what arrives later; return the facts."""
    async with database.transaction() as tx:
        last = await tx.value("SELECT max(id) FROM rollup_queue")
    folded, most = 0, limits.ROLLUP_BATCHES
    left = last is not None
    while left:
        try:
            async with database.transaction() as tx:
                taken = await roll_up(tx, most=most)
                left = await tx.value(
                    "SELECT EXISTS (SELECT 1 FROM rollup_queue WHERE id <= :last)", last=last
                )
        except DBAPIError as error:
            if most == 1 or not took_too_long(error):
                raise
            most //= 2
        else:
            folded += taken
    return folded
