"""Raw shares by month: partitions made ahead, dropped when retention has passed them.

Both by functions that belong to the owner of the tables (`0005_database`): the application
may call them and owns nothing. On TimescaleDB the hypertable makes its own chunks, and only
dropping is left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from tbg.core import limits
from tbg.core.errors import CannotRun
from tbg.core.tx import AnyRow, Tx, waited_too_long

# Any constant of our own: partitions are kept, or a merged history is moved, one at a time.
_LOCK = 0x7B67_0002


async def hold_partitions(tx: Tx) -> None:
    """Let no other transaction make or drop partitions, or move a history, until this one ends."""
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)


async def make_partitions(tx: Tx) -> list[str]:
    """Make the months around now that are missing; the partitions made.

    What the default partition holds of such a month (a clock far off, a keeper long away) is
    moved into it.
    """
    await hold_partitions(tx)
    if not await tx.value("SELECT relkind = 'p' FROM pg_class WHERE oid = 'shares'::regclass"):
        return []
    known = await _months(tx)
    made: list[AnyRow] = []
    for month in [month for month in _wanted(tx.now) if month not in known]:
        made += await _patiently(tx, "SELECT make_month_of_shares(:month)", month=month)
    return [name for (name,) in made]


async def drop_old_shares(tx: Tx) -> list[str]:
    """Drop partitions that lie completely before the retention of raw shares; return them."""
    await hold_partitions(tx)
    before = tx.now - limits.RAW_SHARE_AGE
    dropped = await _patiently(tx, "SELECT forget_old_shares(:before)", before=before)
    return [name for (name,) in dropped]


async def _months(tx: Tx) -> set[date]:
    """The first day of every month that has a partition."""
    rows = await tx.rows(
        """
        SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'shares'::regclass AND c.relname ~ '^shares_[0-9]{4}_[0-9]{2}$'
        """
    )
    return {date(int(row.name[7:11]), int(row.name[12:]), 1) for row in rows}


async def _patiently(tx: Tx, statement: str, **values: Any) -> Sequence[AnyRow]:
    """Run a statement that waits for running batches, but not for long: others wait behind it."""
    wait = f"{limits.TABLE_LOCK_SECONDS}s"
    await tx.run("SELECT set_config('lock_timeout', :wait, true)", wait=wait)
    try:
        return await tx.rows(statement, **values)
    except DBAPIError as error:
        if not waited_too_long(error):
            raise
        raise CannotRun(
            "the raw shares are in use and could not be partitioned: try again later"
        ) from None


def _wanted(now: datetime) -> list[date]:
    """The months from the edge of retention to those ahead."""
    month, months = (now - limits.RAW_SHARE_AGE).date().replace(day=1), []
    last = now.year * 12 + now.month + limits.PARTITIONS_AHEAD
    while month.year * 12 + month.month <= last:
        months.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months
