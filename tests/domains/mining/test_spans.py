"""What was mined in spans of days is looked up by user, however many others there are."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tbg.core.tx import Database
from tbg.domains.mining.queries import spans
from tests.conftest import NOW

TODAY = NOW.date()
SPANS = {"users": [1], "firsts": [TODAY], "ends": [TODAY + timedelta(days=7)]}


_CROWD = (
    """
    INSERT INTO daily_shares SELECT n, DATE '2026-03-01' + day, n, 1, 0, 1, 1
    FROM generate_series(1, 3000) n, generate_series(0, 9) day
    """,
    """
    INSERT INTO hourly_shares SELECT n, TIMESTAMPTZ '2026-03-01Z' + hour * INTERVAL '1 hour', n, 1,
        0, 1, 1
    FROM generate_series(1, 3000) n, generate_series(0, 9) hour
    """,
    """
    INSERT INTO shares (user_id, at, id, worker_id, diff, sdiff, accepted, source)
    SELECT n, TIMESTAMPTZ '2026-03-04Z' + k * INTERVAL '1 minute', gen_random_uuid(), n, 1, 1, true,
        'x'
    FROM generate_series(1, 3000) n, generate_series(0, 9) k
    """,
    "ANALYZE daily_shares, hourly_shares, shares, moved_workers",
)
"""Enough others that PostgreSQL prefers an index."""


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (spans._SUMS, SPANS | {"of": "work"}),
        (spans._DAYS, SPANS | {"of": "work", "thresholds": [5.0]}),
        (spans._WORKERS, SPANS),
        (
            spans._SHARES,
            {"of": "work", "users": [1], "numbers": [1], "days": [TODAY], "befores": [0.0],
             "thresholds": [5.0]},
        ),
    ],
    ids=["sums", "days", "workers", "shares"],
)  # fmt: skip
async def test_a_statement_about_spans_reads_the_rows_of_its_users_alone(
    db: Database, sql: str, values: dict[str, Any]
) -> None:
    async with db.transaction() as tx:
        for statement in _CROWD:
            await tx.run(statement)
        plan = [line for (line,) in await tx.rows("EXPLAIN (COSTS off) " + sql, **values)]
    scans = [
        " ".join(plan[n : n + 4])
        for n, line in enumerate(plan)
        if re.search(r"Scan.* on (daily_shares|hourly_shares|shares_default) ", line)
    ]
    assert scans
    for scan in scans:
        assert re.search(r"Index Cond: .*user_id = ", scan), "\n".join(plan)
