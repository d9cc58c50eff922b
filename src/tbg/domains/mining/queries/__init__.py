"""Reads workers, work, bests and blocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from tbg.core import limits
from tbg.core.tx import AnyRow, Tx
from tbg.domains.mining.rules import Recent, hour_of

# A worker is online if it was seen recently and has not disconnected since; written out in each
# statement, as no statement here is put together from pieces.


class WorkerState(NamedTuple):
    """One of a user's machines: its lifetime counts, and its recent work."""

    name: str
    agent: str | None
    last_seen: datetime
    online: bool
    accepted: int
    rejected: int
    best_sdiff: float
    recent: Recent


class Mined(NamedTuple):
    """All that a user's workers did; `workers` lists those seen last of `total`."""

    accepted: int
    rejected: int
    work: float
    last_seen: datetime | None
    recent: Recent
    workers: list[WorkerState]
    total: int
    online: int


async def mined(tx: Tx, user_id: int) -> Mined:
    """A user's counts, for all workers and each of the most recent ones; only from the rollups.

    The facts are put together by grouping and not by joins: whatever PostgreSQL believes about the
    number of a user's workers, it takes no longer than sorting them.
    """
    rows = await tx.rows(
        """
        WITH facts AS (
            SELECT id, name, agent, first_seen, last_seen,
                last_seen >= :online_since
                    AND (connected IS NOT FALSE OR last_seen > connected_at) AS online,
                0 AS accepted, 0 AS rejected, 0.0 AS work, 0.0 AS best,
                NULL::timestamptz AS hour, 0.0 AS hour_work
            FROM workers WHERE user_id = :id
            UNION ALL
            SELECT worker_id, NULL, NULL, NULL, NULL, NULL, accepted, rejected, work, best_sdiff,
                NULL, 0
            FROM owned_daily_shares WHERE user_id = :id
            UNION ALL
            SELECT worker_id, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, hour, work
            FROM owned_hourly_shares WHERE user_id = :id AND hour BETWEEN :day_edge AND :this_hour
        ), each AS (
            SELECT id, max(name) AS name, max(agent) AS agent, min(first_seen) AS first_seen,
                max(last_seen) AS last_seen, COALESCE(bool_or(online), false) AS online,
                sum(accepted)::bigint AS accepted, sum(rejected)::bigint AS rejected,
                sum(work)::float8 AS work, max(best)::float8 AS best,
                COALESCE(sum(hour_work) FILTER (WHERE hour = :this_hour), 0)::float8 AS this_hour,
                COALESCE(sum(hour_work) FILTER (WHERE hour = :last_hour), 0)::float8 AS last_hour,
                COALESCE(sum(hour_work) FILTER (WHERE hour > :day_edge), 0)::float8 AS day,
                COALESCE(sum(hour_work) FILTER (WHERE hour = :day_edge), 0)::float8 AS day_edge
            FROM facts GROUP BY id HAVING max(last_seen) IS NOT NULL
        )
        SELECT *, count(*) OVER () AS total, count(*) FILTER (WHERE online) OVER () AS all_online,
            (sum(accepted) OVER ())::bigint AS all_accepted,
            (sum(rejected) OVER ())::bigint AS all_rejected, sum(work) OVER () AS all_work,
            sum(this_hour) OVER () AS all_this_hour, sum(last_hour) OVER () AS all_last_hour,
            sum(day) OVER () AS all_day, sum(day_edge) OVER () AS all_day_edge,
            min(first_seen) OVER () AS all_since
        FROM each ORDER BY last_seen DESC, id LIMIT :most
        """,
        id=user_id,
        most=limits.WORKERS_SHOWN,
        this_hour=hour_of(tx.now),
        last_hour=hour_of(tx.now) - timedelta(hours=1),
        day_edge=hour_of(tx.now) - timedelta(hours=24),
        online_since=tx.now - limits.WORKER_ONLINE,
    )
    if not rows:
        return Mined(0, 0, 0.0, None, Recent(0, 0, 0, 0, None), [], 0, 0)
    first = rows[0]
    return Mined(
        first.all_accepted,
        first.all_rejected,
        first.all_work,
        first.last_seen,
        Recent(*first[-5:]),
        [_worker_state(row) for row in rows],
        first.total,
        first.all_online,
    )


def _worker_state(row: AnyRow) -> WorkerState:
    recent = Recent(row.this_hour, row.last_hour, row.day, row.day_edge, row.first_seen)
    return WorkerState(
        row.name, row.agent, row.last_seen, row.online, row.accepted, row.rejected, row.best, recent
    )


class Hours(NamedTuple):
    """The hours of the clock from `first` on, up to the last one that is over.

    `work` is the sum of the difficulties of each hour's accepted shares, `accepted` their number.
    """

    first: datetime
    work: list[float]
    accepted: list[int]


async def hours(tx: Tx, user_id: int, *, most: int) -> Hours:
    """A user's last `most` hours, all workers together; an hour without a share has 0."""
    first = hour_of(tx.now) - timedelta(hours=most)
    rows = await tx.rows(
        """
        SELECT hour, sum(work)::float8 AS work, sum(accepted)::bigint AS accepted
        FROM owned_hourly_shares WHERE user_id = :id AND hour >= :first AND hour < :this_hour
        GROUP BY hour
        """,
        id=user_id,
        first=first,
        this_hour=hour_of(tx.now),
    )
    found = {row.hour: (row.work, row.accepted) for row in rows}
    every = [found.get(first + timedelta(hours=n), (0.0, 0)) for n in range(most)]
    return Hours(first, [work for work, _ in every], [accepted for _, accepted in every])


class BestShare(NamedTuple):
    """The best difficulty of a period, and what reached it."""

    sdiff: float
    at: datetime
    worker: str
    share_id: UUID


async def bests(tx: Tx, user_id: int) -> dict[str, BestShare]:
    """A user's best of all time, of this month and of this week, as far as there are any."""
    year, week, _ = tx.now.isocalendar()
    rows = await tx.rows(
        """
        SELECT p.timeframe, p.best_difficulty, p.at, w.name, p.share_id
        FROM personal_bests p JOIN workers w ON w.user_id = p.user_id AND w.id = p.worker_id
        WHERE p.user_id = :id AND (p.timeframe, p.period_key) IN
            (('alltime', 'alltime'), ('month', :month), ('week', :week))
        """,
        id=user_id,
        month=f"{tx.now:%Y-%m}",
        week=f"{year:04d}-W{week:02d}",
    )
    return {row.timeframe: BestShare(*row[1:]) for row in rows}


async def records(tx: Tx, user_id: int, *, most: int) -> list[BestShare]:
    """The best of each week that beat all weeks before it: the last ones, latest first."""
    rows = await tx.rows(
        """
        SELECT p.best_difficulty, p.at, w.name, p.share_id
        FROM (
            SELECT *, max(best_difficulty) OVER (ORDER BY period_key
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM personal_bests WHERE user_id = :id AND timeframe = 'week'
        ) p JOIN workers w ON w.user_id = p.user_id AND w.id = p.worker_id
        WHERE p.best_difficulty > COALESCE(p.before, 0) ORDER BY p.at DESC LIMIT :most
        """,
        id=user_id,
        most=most,
    )
    return [BestShare(*row) for row in rows]


class Block(NamedTuple):
    """A block that somebody here found. `confirmed`: it has more evidence than the pool's word.

    `sdiff` is the difficulty of the share that solved it; `reward_sats` is in satoshi, if known.
    """

    user_id: int
    height: int
    hash: str
    found_at: datetime
    worker: str
    confirmed: bool
    sdiff: float
    reward_sats: int | None


async def user_blocks(tx: Tx, user_id: int, *, most: int) -> list[Block]:
    """A user's blocks, and as many that are only reported; highest first."""
    return await _blocks(tx, user_id=user_id, most=most)


async def pool_blocks(tx: Tx, *, most: int) -> list[Block]:
    """All users' confirmed blocks, and as many reported ones; highest first.

    A block that is confirmed for one user and also reported for others belongs to the former.
    """
    return await _blocks(tx, user_id=None, most=most)


async def _blocks(tx: Tx, *, user_id: int | None, most: int) -> list[Block]:
    # Counted apart: reports, which may bear any height, never push out what is confirmed.
    rows = await tx.rows(
        """
        SELECT b.user_id, b.height, b.hash, b.found_at, w.name, b.confirmed, b.sdiff,
            b.reward_sats
        FROM (
            SELECT *, row_number() OVER (PARTITION BY confirmed ORDER BY height DESC, hash) AS n
            FROM (
                SELECT DISTINCT ON (hash) *, confirmed_by IS NOT NULL AS confirmed FROM blocks
                WHERE user_id = COALESCE(CAST(:id AS bigint), user_id)
                ORDER BY hash, confirmed_by IS NULL, found_at, user_id
            ) each
        ) b JOIN workers w ON w.user_id = b.user_id AND w.id = b.worker_id
        WHERE b.n <= :most ORDER BY b.height DESC, b.hash
        """,
        id=user_id,
        most=most,
    )
    return [Block(*row) for row in rows]


class PoolWork(NamedTuple):
    """The pool's sums, and how many are at it."""

    accepted: int
    rejected: int
    work: float
    recent: Recent
    miners_online: int
    workers_online: int
    blocks_found: int
    blocks_reported: int


async def pool_work(tx: Tx) -> PoolWork:
    """What all workers did and how many are online; reads every worker once."""
    row = await tx.row(
        """
        SELECT t.accepted, t.rejected, t.work::float8 AS work, h.this_hour, h.last_hour,
            w.since, w.miners, w.workers, b.found, b.reported
        FROM pool_totals t, (
            SELECT count(*) FILTER (WHERE confirmed) AS found,
                count(*) FILTER (WHERE NOT confirmed) AS reported
            FROM (SELECT bool_or(confirmed_by IS NOT NULL) AS confirmed
                FROM blocks GROUP BY hash) each
        ) b, (
            SELECT COALESCE(sum(work) FILTER (WHERE hour = :this_hour), 0)::float8 AS this_hour,
                COALESCE(sum(work) FILTER (WHERE hour = :last_hour), 0)::float8 AS last_hour
            FROM hourly_shares WHERE hour BETWEEN :last_hour AND :this_hour
        ) h, (
            SELECT count(*) FILTER (WHERE online) AS workers,
                count(DISTINCT user_id) FILTER (WHERE online) AS miners, min(first_seen) AS since
            FROM (SELECT user_id, first_seen, last_seen >= :online_since
                AND (connected IS NOT FALSE OR last_seen > connected_at) AS online
                FROM workers) each
        ) w
        """,
        this_hour=hour_of(tx.now),
        last_hour=hour_of(tx.now) - timedelta(hours=1),
        online_since=tx.now - limits.WORKER_ONLINE,
    )
    assert row is not None  # pool_totals always has its one row
    recent = Recent(row.this_hour, row.last_hour, 0.0, 0.0, row.since)
    return PoolWork(
        row.accepted, row.rejected, row.work, recent, row.miners, row.workers, row.found,
        row.reported,
    )  # fmt: skip


class Active(NamedTuple):
    """A user whose worker was seen recently."""

    user_id: int
    online: bool


async def last_active(tx: Tx, *, most: int) -> list[Active]:
    """The users heard of last, the latest first."""
    rows = await tx.rows(
        """
        SELECT user_id, bool_or(online) AS online FROM (
            SELECT user_id, last_seen, last_seen >= :online_since
                AND (connected IS NOT FALSE OR last_seen > connected_at) AS online
            FROM workers ORDER BY last_seen DESC LIMIT :candidates
        ) latest GROUP BY user_id ORDER BY max(last_seen) DESC, user_id LIMIT :most
        """,
        candidates=limits.WALL_CANDIDATES,
        most=most,
        online_since=tx.now - limits.WORKER_ONLINE,
    )
    return [Active(*row) for row in rows]


class PoolBestShare(NamedTuple):
    """The best difficulty ever reached here."""

    user_id: int
    sdiff: float
    at: datetime


class LateRecord(NamedTuple):
    """The best share of a user who had mined on a day before it."""

    user_id: int
    sdiff: float
    at: datetime
    worker: str


async def pool_records(tx: Tx, *, most: int) -> list[LateRecord]:
    """The users' best shares of the last days, latest first; those of a first day are no news."""
    rows = await tx.rows(
        """
        SELECT p.user_id, p.best_difficulty, p.at, w.name
        FROM personal_bests p JOIN workers w ON w.user_id = p.user_id AND w.id = p.worker_id
        WHERE p.timeframe = 'alltime' AND p.period_key = 'alltime' AND p.at >= :since
            AND EXISTS (SELECT 1 FROM daily_shares d WHERE d.user_id = p.user_id
                AND d.day < (p.at AT TIME ZONE 'UTC')::date AND d.best_sdiff > 0)
        ORDER BY p.at DESC, p.user_id LIMIT :most
        """,
        since=tx.now - limits.POOL_NEWS_AGE,
        most=most,
    )
    return [LateRecord(*row) for row in rows]


async def pool_best(tx: Tx) -> PoolBestShare | None:
    """The best difficulty ever reached here, and its user."""
    row = await tx.row(
        """
        SELECT user_id, best_difficulty, at FROM personal_bests
        WHERE timeframe = 'alltime' AND period_key = 'alltime'
        ORDER BY best_difficulty DESC, at, user_id LIMIT 1
        """
    )
    return None if row is None else PoolBestShare(*row)


async def height_of(tx: Tx, user_id: int) -> int | None:
    """The block height of a user's last share of this hour, if the pool reports it."""
    height = await tx.value(
        """
        SELECT height FROM shares WHERE user_id = :id AND at >= :since
        ORDER BY user_id, at DESC, id DESC LIMIT 1
        """,
        id=user_id,
        since=tx.now - timedelta(hours=1),
    )
    return None if height is None else int(height)


class WorkerTotal(NamedTuple):
    """A worker's books: counts of shares; `work` and `best_sdiff` of accepted ones."""

    address: str
    worker: str
    accepted: int
    rejected: int
    work: float
    best_sdiff: float


async def totals(tx: Tx) -> list[WorkerTotal]:
    """Per address and worker that sent shares; all of a user's are under their first address."""
    rows = await tx.rows(
        """
        WITH books AS (
            SELECT user_id, worker_id, sum(accepted)::bigint AS accepted,
                sum(rejected)::bigint AS rejected, sum(work)::float8 AS work,
                max(best_sdiff) AS best
            FROM owned_daily_shares GROUP BY user_id, worker_id
        ), names AS (
            SELECT DISTINCT ON (user_id) user_id, address FROM user_addresses
            ORDER BY user_id, merged_at NULLS FIRST, linked_at, address
        )
        SELECT n.address, w.name, b.accepted, b.rejected, b.work, b.best
        FROM books b JOIN workers w ON w.user_id = b.user_id AND w.id = b.worker_id
            JOIN names n ON n.user_id = b.user_id
        WHERE b.accepted + b.rejected > 0 ORDER BY n.address, w.name_key
        """
    )
    return [WorkerTotal(*row) for row in rows]


async def sources(tx: Tx) -> set[str]:
    """Where shares have come from: names of pools, and of what made them up."""
    return {row.source for row in await tx.rows("SELECT DISTINCT source FROM workers")}


async def has_rolled_up(tx: Tx) -> bool:
    """Whether there are changes of the rollups that nobody has taken."""
    found: bool = await tx.value("SELECT EXISTS (SELECT 1 FROM rolled_up)")
    return found
