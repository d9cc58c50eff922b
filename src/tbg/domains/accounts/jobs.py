"""Deletes expired data, and seals the audit log."""

from __future__ import annotations

from typing import NamedTuple

from tbg.core import limits
from tbg.core.schedule import Cron
from tbg.core.tx import Database
from tbg.domains.accounts.actions.audit import seal_audit_log


class Cleaned(NamedTuple):
    """Rows removed."""

    challenges: int
    sessions: int
    answers: int
    handles: int
    keys: int
    activity: int

    def __bool__(self) -> bool:
        return any(self)


async def clean_tokens(database: Database) -> Cleaned:
    """Forget challenges, sessions (with their tokens), answers, keys, … that were kept too long."""
    async with database.transaction() as tx:
        return Cleaned(
            await tx.run("DELETE FROM auth_challenges WHERE expires_at < :now", now=tx.now),
            await tx.run(
                """
                DELETE FROM sessions
                WHERE expires_at < :now AND (ended_at IS NULL OR ended_at < :told)
                """,
                now=tx.now,
                told=tx.now - limits.SESSION_TOLD,
            ),
            await tx.run(
                "DELETE FROM idempotency_keys WHERE created_at < :before",
                before=tx.now - limits.IDEMPOTENCY_AGE,
            ),
            await tx.run("DELETE FROM resting_handles WHERE until < :now", now=tx.now),
            await tx.run(
                "DELETE FROM api_keys WHERE COALESCE(revoked_at, expires_at) < :before",
                before=tx.now - limits.REVOKED_KEY_KEPT,
            ),
            await tx.run(
                "DELETE FROM account_activity WHERE at < :before",
                before=tx.now - limits.ACTIVITY_KEPT,
            ),
        )


JOBS = (
    Cron("clean_tokens", clean_tokens, minute=40),
    Cron("seal_audit_log", seal_audit_log, minute=None),
)
