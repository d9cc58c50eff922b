"""Reads the shares that caused something else, such as a reward, while they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from tbg.core.tx import Tx


class CausingShare(NamedTuple):
    """A share, by what a page says of it. `share_id` and `at` are unknown once it is forgotten."""

    share_id: UUID | None
    at: datetime | None
    sdiff: float
    worker: str | None


async def shares_at(
    tx: Tx, user_id: int, moments: Sequence[datetime]
) -> dict[datetime, CausingShare]:
    """An accepted share of a user at each of these moments, the best one if there are several."""
    rows = await tx.rows(
        """
        SELECT DISTINCT ON (s.at) s.at, s.id, s.sdiff, w.name
        FROM owned_shares s LEFT JOIN workers w ON w.user_id = s.user_id AND w.id = s.worker_id
        WHERE s.user_id = :id AND s.at = ANY(:moments ::timestamptz[]) AND s.accepted
        ORDER BY s.at, s.sdiff DESC, s.id
        """,
        id=user_id,
        moments=list(moments),
    )
    return {row.at: CausingShare(row.id, row.at, row.sdiff, row.name) for row in rows}


async def best_of_days(tx: Tx, user_id: int, days: Sequence[date]) -> dict[date, CausingShare]:
    """A user's best share of each of these days. Which hour it came in narrows the search."""
    rows = await tx.rows(
        """
        WITH best AS (
            SELECT DISTINCT ON (day) day, worker_id, best_sdiff FROM owned_daily_shares
            WHERE user_id = :id AND day = ANY(:days ::date[])
            ORDER BY day, best_sdiff DESC, worker_id
        ), within AS (
            SELECT b.day, b.worker_id, b.best_sdiff, h.hour
            FROM best b LEFT JOIN LATERAL (
                SELECT hour FROM owned_hourly_shares
                WHERE user_id = :id AND worker_id = b.worker_id AND best_sdiff = b.best_sdiff
                    AND hour >= b.day::timestamp AT TIME ZONE 'UTC'
                    AND hour < (b.day + 1)::timestamp AT TIME ZONE 'UTC'
                ORDER BY hour LIMIT 1
            ) h ON true
        )
        SELECT b.day, b.best_sdiff, w.name, s.id, s.at
        FROM within b LEFT JOIN workers w ON w.user_id = :id AND w.id = b.worker_id
        LEFT JOIN LATERAL (
            SELECT id, at FROM owned_shares
            WHERE user_id = :id AND at >= b.hour AND at < b.hour + INTERVAL '1 hour'
                AND worker_id = b.worker_id AND sdiff = b.best_sdiff AND accepted
            ORDER BY at, id LIMIT 1
        ) s ON true
        """,
        id=user_id,
        days=list(days),
    )
    return {row.day: CausingShare(row.id, row.at, row.best_sdiff, row.name) for row in rows}
