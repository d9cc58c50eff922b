"""Jobs that process many users in chunks; a failure for one user does not stop the others.

A chunk that fails is halved until the failing user is alone. That user is parked: the job
continues, its next runs skip them, and an operator is alerted. After a retry the next run serves
them.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from prometheus_client import Counter

from tbg.core import limits, task_limits
from tbg.core.owners import Owners
from tbg.core.telemetry import log
from tbg.core.tx import Database, Tx, is_passing, took_too_long

PARKED = Counter("tbg_job_users_parked_total", "Users parked because a job failed", ["job"])

Find: TypeAlias = Callable[[Tx, int, int], Awaitable[Sequence[int]]]
"""`(tx, after, most)`: the first users after an id for whom there is something to do, in order."""

T = TypeVar("T")

Work: TypeAlias = Callable[[Tx, Sequence[int]], Awaitable[T]]
"""`(tx, users)`: does it for these users. It goes by what it finds in this transaction: whoever
is retried may not need it any more."""

_LAST = 2**63 - 1

_log = log(__name__)


async def serve_users(
    database: Database, job: str, *, find: Find, work: Work[T], owners: Owners | None = "shared"
) -> list[T]:
    """Do a job's work for all users whom `find` gives, each chunk in one transaction.

    What the work of each chunk gave. Raises what is no user's fault: a server that is away, a
    statement of `find`, or more failing users than a job may park.
    """
    run = _Run(database, job, find, work, owners)
    await run.serve(0, _LAST)
    return run.results


@dataclass(slots=True)
class _Run(Generic[T]):
    database: Database
    job: str
    find: Find
    work: Work[T]
    owners: Owners | None
    results: list[T] = field(default_factory=list)

    async def serve(self, after: int, last: int) -> None:
        """Serve all users after one id, up to another."""
        while after < last:
            after = await self._serve_chunk(after, last)

    async def _serve_chunk(self, after: int, last: int) -> int:
        """Serve the first chunk of them; the id up to which all are served, or parked."""
        users: list[int] = []
        reached = last
        try:
            async with self.database.transaction(owners=self.owners) as tx:
                users, retried, reached = await self._chunk(tx, after, last)
                if users:
                    result = await self.work(tx, users)
                if retried:
                    await _remove(tx, self.job, retried)
            if users:
                self.results.append(result)
        except Exception as error:
            # With half of the users there is less to do, so that it takes less time.
            if not users or (is_passing(error) and not took_too_long(error)):
                raise
            if len(users) == 1:
                if not await self._park(users[0], error):
                    raise
            else:
                middle = users[len(users) // 2 - 1]
                await self.serve(after, middle)
                await self.serve(middle, users[-1])
        return reached

    async def _chunk(self, tx: Tx, after: int, last: int) -> tuple[list[int], list[int], int]:
        """Users to serve now, who of them are retried, and up to which id these are all."""
        page = await self.find(tx, after, limits.JOB_USERS)
        reached = min(page[-1], last) if len(page) >= limits.JOB_USERS else last
        rows = await tx.rows(
            """
            SELECT user_id, parked_at FROM parked_users
            WHERE job = :job AND user_id > :after AND user_id <= :reached
            """,
            job=self.job,
            after=after,
            reached=reached,
        )
        retried = [row.user_id for row in rows if row.parked_at is None]
        parked = {row.user_id for row in rows if row.parked_at is not None}
        users = {user for user in page if user <= reached} - parked | set(retried)
        return sorted(users), retried, reached

    async def _park(self, user_id: int, error: Exception) -> bool:
        """Leave a user out of the next runs; False: so many are parked that the job is wrong."""
        async with self.database.transaction() as tx:
            count = await tx.value(
                "SELECT count(*) FROM parked_users WHERE job = :job AND user_id <> :user_id",
                job=self.job,
                user_id=user_id,
            )
            if count >= limits.PARKED_USERS:
                return False
            await tx.run(
                """
                INSERT INTO parked_users AS p (user_id, job, error, parked_at, attempts)
                VALUES (:user_id, :job, :error, :now, 1)
                ON CONFLICT (user_id, job) DO UPDATE SET error = excluded.error,
                    parked_at = excluded.parked_at, attempts = p.attempts + 1
                WHERE p.parked_at IS NULL
                """,
                user_id=user_id,
                job=self.job,
                error=f"{type(error).__name__}: {error}"[: task_limits.ERROR_CHARACTERS],
                now=tx.now,
            )
        PARKED.labels(self.job).inc()
        _log.error(
            "user_parked",
            job=self.job,
            user_id=user_id,
            error=str(error)[:300],
            trace="".join(traceback.format_tb(error.__traceback__)),
        )
        return True


async def _remove(tx: Tx, job: str, users: Sequence[int]) -> None:
    await tx.run(
        "DELETE FROM parked_users WHERE job = :job AND user_id = ANY(:users ::bigint[])",
        job=job,
        users=list(users),
    )


async def are_retried(tx: Tx, job: str) -> bool:
    """Whether users wait to be tried again by the job's next run."""
    found: bool = await tx.value(
        """
        SELECT EXISTS (SELECT 1 FROM parked_users WHERE job = :job AND parked_at IS NULL)
        """,
        job=job,
    )
    return found


class ParkedUser(NamedTuple):
    """A user whom a job leaves out, and why; `attempts`: how often it failed for them."""

    user_id: int
    job: str
    parked_at: datetime
    attempts: int
    error: str


async def parked(tx: Tx) -> list[ParkedUser]:
    """All parked users, by job."""
    rows = await tx.rows(
        """
        SELECT user_id, job, parked_at, attempts, error FROM parked_users
        WHERE parked_at IS NOT NULL ORDER BY job, user_id
        """
    )
    return [ParkedUser(*row) for row in rows]


async def retry(tx: Tx, user_ids: Sequence[int]) -> list[int]:
    """Let the next runs of all jobs try parked users again; who of them were parked."""
    rows = await tx.rows(
        """
        UPDATE parked_users SET parked_at = NULL
        WHERE parked_at IS NOT NULL AND user_id = ANY(:users ::bigint[]) RETURNING user_id
        """,
        users=list(user_ids),
    )
    return sorted({row.user_id for row in rows})


async def forget(tx: Tx, user_ids: Sequence[int]) -> None:
    """Delete what is parked of users."""
    await tx.run(
        "DELETE FROM parked_users WHERE user_id = ANY(:users ::bigint[])", users=list(user_ids)
    )
