"""Raw shares by month: partitions made ahead, dropped when retention has passed them.

On TimescaleDB the hypertable makes its own chunks, and only dropping is left to do.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy.exc import DBAPIError

from tbg.core import limits
from tbg.core.errors import CannotRun
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.people import hold_owners

# Any constant of our own: one keeper at a time.
_LOCK = 0x7B67_0002
_LOCK_NOT_AVAILABLE = "55P03"


async def make_partitions(tx: Tx) -> list[str]:
    """Make the months around now that are missing; the partitions made.

    What the default partition holds of such a month (a clock far off, a keeper long away) is
    moved into it.
    """
    if not await _partitioned(tx):
        return []
    known = await _months(tx)
    missing = [month for month in _wanted(tx.now) if month not in known]
    if missing:
        await _exclusively(tx, "LOCK TABLE shares_default IN ACCESS EXCLUSIVE MODE")
    return [await _make(tx, month) for month in missing]


async def drop_old_shares(tx: Tx) -> list[str]:
    """Drop what lies wholly before the retention of raw shares; the partitions dropped."""
    await hold_owners(tx)  # a merge moves a miner's shares in another order
    before = tx.now - limits.RAW_SHARE_AGE
    if not await _partitioned(tx):
        if await tx.value("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"):
            await tx.run(
                "SELECT drop_chunks('shares', CAST(:before AS timestamptz))", before=before
            )
        return []
    await tx.run("DELETE FROM shares_default WHERE at < :before", before=before)
    old = {m: name for m, name in (await _months(tx)).items() if _start(_next(m)) <= before}
    for name in old.values():
        drop = await tx.value("SELECT format('DROP TABLE %I', CAST(:name AS text))", name=name)
        await _exclusively(tx, drop)
    return list(old.values())


async def _partitioned(tx: Tx) -> bool:
    kind = await tx.value("SELECT relkind = 'p' FROM pg_class WHERE oid = 'shares'::regclass")
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
    return bool(kind)


async def _months(tx: Tx) -> dict[date, str]:
    """The first day of every month that has a partition, and its name."""
    rows = await tx.rows(
        """
        SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'shares'::regclass AND c.relname ~ '^shares_[0-9]{4}_[0-9]{2}$'
        """
    )
    return {date(int(row.name[7:11]), int(row.name[12:]), 1): row.name for row in rows}


async def _make(tx: Tx, month: date) -> str:
    # Made apart and attached: that lets batches go on writing to the other months.
    name = f"shares_{month:%Y_%m}"
    for template in _STEPS:
        statement = await tx.value(
            """
            SELECT format(:template, CAST(:name AS text), CAST(:low AS text), CAST(:high AS text))
            """,
            template=template,
            name=name,
            low=_start(month).isoformat(),
            high=_start(_next(month)).isoformat(),
        )
        await tx.run(statement)
    return name


_STEPS = (
    "CREATE TABLE %1$I (LIKE shares INCLUDING ALL)",
    """
    WITH moved AS (DELETE FROM shares_default WHERE at >= %2$L AND at < %3$L RETURNING *)
    INSERT INTO %1$I SELECT * FROM moved
    """,
    "ALTER TABLE shares ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)",
)


async def _exclusively(tx: Tx, statement: str) -> None:
    """Run a statement that waits for batches in hand, but not for long: others wait behind it."""
    wait = f"{limits.TABLE_LOCK_SECONDS}s"
    await tx.run("SELECT set_config('lock_timeout', :wait, true)", wait=wait)
    try:
        await tx.run(statement)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise CannotRun(
            "the raw shares are in use and could not be partitioned: again later"
        ) from None


def _wanted(now: datetime) -> list[date]:
    """The months from the edge of retention to those ahead."""
    month, months = (now - limits.RAW_SHARE_AGE).date().replace(day=1), []
    last = now.year * 12 + now.month + limits.PARTITIONS_AHEAD
    while month.year * 12 + month.month <= last:
        months.append(month)
        month = _next(month)
    return months


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, month.day, tzinfo=UTC)
