"""Compares what the domains keep with each other: ledger, totals, badges, rollups, raw shares.

Every check is one statement over all users, all of them on one snapshot, so it may run while
shares come in: what still waits in the queue of the rollups is counted with the rollups.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tbg.app.domains import DOMAINS
from tbg.core import limits
from tbg.core.domain import Check, Domain
from tbg.core.tx import Database, Tx
from tbg.domains.mining.actions import roll_up_all


class CheckResult(NamedTuple):
    """One check: rows compared, those that disagree, and some of the users they belong to."""

    rows: int
    mismatches: int
    users: list[int]


class Verification(NamedTuple):
    """The results of all checks; `shares` accepted and rejected."""

    users: int
    shares: int
    ledger_rows: int
    ledger_bytes: int
    checks: dict[str, CheckResult]

    @property
    def mismatches(self) -> int:
        """Rows that disagree, over all checks."""
        return sum(check.mismatches for check in self.checks.values())


async def verify(database: Database, *, domains: Iterable[Domain] = DOMAINS) -> Verification:
    """Run the checks of all domains; changes nothing but to bring the rollups up to date."""
    await roll_up_all(database)
    async with database.transaction() as tx:
        await tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await tx.take_as_long_as_needed()
        checks = {
            name: await _run(tx, check)
            for domain in domains
            for name, check in domain.checks.items()
        }
        return Verification(
            users=await tx.value("SELECT count(*) FROM user_gamification"),
            shares=int(
                await tx.value("SELECT COALESCE(sum(accepted + rejected), 0) FROM daily_shares")
            ),
            ledger_rows=await tx.value("SELECT count(*) FROM xp_ledger"),
            ledger_bytes=await tx.value("SELECT pg_total_relation_size('xp_ledger')"),
            checks=checks,
        )


async def _run(tx: Tx, check: Check) -> CheckResult:
    row = await tx.row(check.sum_up, **check.values(tx.now), most=limits.MISMATCHES_NAMED)
    assert row is not None
    return CheckResult(row.rows, row.mismatches, list(row.users or ()))
