"""Durable tasks, such as calls to the network, enqueued together with the facts that cause them.

`tbg sender` runs each outside any transaction. A task is leased while it runs, so that it is run
again later if its sender is killed. The result of a sender whose lease has passed to another is
ignored. So a task may run more than once, and its target should recognise it by its key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from tbg.core import task_limits
from tbg.core.event import uuid7
from tbg.core.tx import AnyRow, Database, Tx


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be enqueued. `key`: unique per kind; enqueueing it again does nothing.

    `target`: what it calls (a host, a webhook's id); trouble with one target does not delay others.
    `user_ids`: the users it is about. It is deleted when one of them is erased.
    """

    kind: str
    key: str
    target: str
    payload: dict[str, Any]
    user_ids: Sequence[int] = ()
    run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A running task: `lease` identifies its sender, `attempts` includes this run."""

    id: int
    kind: str
    key: str
    target: str
    payload: dict[str, Any]
    attempts: int
    lease: UUID


Run = Callable[[Database, Task], Awaitable[dict[str, Any] | None]]
"""Performs the task outside any transaction; the result is stored as JSON."""


@dataclass(frozen=True, slots=True)
class TaskKind:
    """How tasks of a kind are run, by each sender: `per_target` of them at once for one target,
    `concurrency` in all, for `timeout_s` at most; parked after `attempts`.
    """

    name: str
    run: Run
    concurrency: int = 16
    per_target: int = 2
    timeout_s: float = 20.0
    attempts: int = 12

    @property
    def lease(self) -> timedelta:
        """For how long a task is one sender's."""
        return timedelta(seconds=self.timeout_s) + task_limits.LEASE_MARGIN


class TargetAway(Exception):
    """The target does not answer, or asks for a pause of `retry_after_s`.

    Its other tasks wait as well, without counting an attempt.
    """

    def __init__(self, why: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class TaskRefused(Exception):
    """The target refused for good: the task is parked at once."""


async def enqueue(tx: Tx, tasks: Sequence[NewTask]) -> int:
    """Write tasks in the transaction; return how many were new."""
    ordered = sorted(tasks, key=lambda task: (task.kind, task.key))  # no deadlock over the keys
    return await tx.run(
        """
        INSERT INTO tasks (kind, key, target, payload, user_ids, created_at, run_at)
        SELECT kind, key, target, payload, ARRAY(
            SELECT value::bigint FROM jsonb_array_elements_text(users) AS u (value)), :now, run_at
        FROM unnest(:kinds ::text[], :keys ::text[], :targets ::text[], :payloads ::jsonb[],
            :users ::jsonb[], :times ::timestamptz[])
            AS t (kind, key, target, payload, users, run_at)
        ON CONFLICT (kind, key) DO NOTHING
        """,
        now=tx.now,
        kinds=[task.kind for task in ordered],
        keys=[task.key for task in ordered],
        targets=[task.target for task in ordered],
        payloads=[orjson.dumps(task.payload).decode() for task in ordered],
        users=[orjson.dumps(list(task.user_ids)).decode() for task in ordered],
        times=[task.run_at or tx.now for task in ordered],
    )


_CLAIM = """
    UPDATE tasks SET lease = :lease, leased_until = :until, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM tasks
        WHERE id IN (
            SELECT id FROM (
                SELECT id, run_at, row_number() OVER (PARTITION BY target ORDER BY run_at, id)
                    AS place, target
                FROM tasks
                WHERE kind = :kind AND finished_at IS NULL AND parked_at IS NULL
                    AND run_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
                    AND target <> ALL(:closed ::text[])
            ) AS due
            WHERE place <= :per_target - COALESCE((
                SELECT sum(running) FROM unnest(:busy ::text[], :running ::integer[])
                    AS b (busy, running) WHERE busy = due.target), 0)
            ORDER BY place, run_at, id LIMIT :most
        ) AND finished_at IS NULL AND parked_at IS NULL
            AND (leased_until IS NULL OR leased_until <= :now)
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    RETURNING id, kind, key, target, payload::text AS payload, attempts, lease
"""
# The first of each target before the second of any: many tasks of one target do not delay others.


@dataclass(frozen=True, slots=True)
class Room:
    """What a sender can take on now: `most` tasks, none of `closed` targets, and how many it
    runs already for `busy` ones.
    """

    most: int
    closed: Sequence[str] = ()
    busy: dict[str, int] = field(default_factory=dict)


async def claim(tx: Tx, kind: TaskKind, room: Room) -> list[Task]:
    """Lease tasks that are due.

    An attempt counts when it begins: a task that kills its sender is parked too, in the end.
    """
    rows = await tx.rows(
        _CLAIM,
        kind=kind.name,
        now=tx.now,
        lease=uuid7(),
        until=tx.now + kind.lease,
        per_target=kind.per_target,
        closed=list(room.closed),
        busy=list(room.busy),
        running=list(room.busy.values()),
        most=room.most,
    )
    taken = [_task(row) for row in sorted(rows, key=lambda row: row.id)]
    spent = [task for task in taken if task.attempts > kind.attempts]
    for task in spent:
        await fail(tx, task, error="its sender ended during every attempt", again_at=None)
    return [task for task in taken if task not in spent]


def _task(row: AnyRow) -> Task:
    payload = orjson.loads(row.payload)
    return Task(row.id, row.kind, row.key, row.target, payload, row.attempts, row.lease)


_FINISH = """
    UPDATE tasks SET finished_at = :now, result = CAST(:result AS jsonb), error = NULL,
        lease = NULL, leased_until = NULL
    WHERE id = :id AND lease = :lease AND finished_at IS NULL
"""


async def finish(tx: Tx, task: Task, *, result: dict[str, Any] | None) -> bool:
    """Store the result of a task; False if another sender has it by now, or it is gone."""
    done = await tx.run(
        _FINISH, now=tx.now, id=task.id, lease=task.lease, result=orjson.dumps(result).decode()
    )
    return done == 1


_FAIL = """
    UPDATE tasks SET error = :error, run_at = COALESCE(:again, run_at), lease = NULL,
        leased_until = NULL,
        parked_at = CASE WHEN CAST(:again AS timestamptz) IS NULL THEN
            CAST(:now AS timestamptz) END
    WHERE id = :id AND lease = :lease AND finished_at IS NULL
"""


async def fail(tx: Tx, task: Task, *, error: str, again_at: datetime | None) -> bool:
    """Schedule a retry of a failed task, or (None) park it; False if it is no longer ours."""
    done = await tx.run(
        _FAIL,
        now=tx.now,
        id=task.id,
        lease=task.lease,
        error=error[: task_limits.ERROR_CHARACTERS],
        again=again_at,
    )
    return done == 1


class State(NamedTuple):
    """The state of a task; None for a moment that has not come yet."""

    attempts: int
    finished_at: datetime | None
    parked_at: datetime | None
    result: dict[str, Any] | None
    error: str | None


async def find(tx: Tx, *, kind: str, key: str) -> State | None:
    """The state of a task; None if there is no such key."""
    row = await tx.row(
        """
        SELECT attempts, finished_at, parked_at, result::text AS result, error FROM tasks
        WHERE kind = :kind AND key = :key
        """,
        kind=kind,
        key=key,
    )
    if row is None:
        return None
    result = None if row.result is None else orjson.loads(row.result)
    return State(row.attempts, row.finished_at, row.parked_at, result, row.error)


class Waiting(NamedTuple):
    """How many tasks wait or run, since when the oldest has been due, and how many are parked."""

    waiting: int
    due_since: datetime | None
    parked: int


async def waiting(tx: Tx) -> Waiting:
    """What is still to be done."""
    row = await tx.row(
        """
        SELECT waiting, due_since, parked FROM
            (SELECT count(*) AS waiting, min(run_at) FILTER (WHERE run_at <= :now) AS due_since
                FROM tasks WHERE finished_at IS NULL AND parked_at IS NULL),
            (SELECT count(*) AS parked FROM tasks WHERE parked_at IS NOT NULL)
        """,
        now=tx.now,
    )
    assert row is not None
    return Waiting(row.waiting, row.due_since, row.parked)


class ParkedTask(NamedTuple):
    """A task that waits for a person, and why it failed."""

    id: int
    kind: str
    key: str
    target: str
    parked_at: datetime
    attempts: int
    error: str
    payload: dict[str, Any]


async def parked(tx: Tx) -> list[ParkedTask]:
    """All parked tasks, oldest first."""
    rows = await tx.rows(
        """
        SELECT id, kind, key, target, parked_at, attempts, COALESCE(error, '') AS error,
            payload::text AS payload FROM tasks
        WHERE parked_at IS NOT NULL ORDER BY id
        """
    )
    return [ParkedTask(**{**row._asdict(), "payload": orjson.loads(row.payload)}) for row in rows]


async def retry(tx: Tx, ids: Sequence[int]) -> list[int]:
    """Run parked tasks again, as if they had never failed; return their ids."""
    rows = await tx.rows(
        """
        UPDATE tasks SET parked_at = NULL, attempts = 0, run_at = :now
        WHERE parked_at IS NOT NULL AND id = ANY(:ids ::bigint[]) RETURNING id
        """,
        now=tx.now,
        ids=list(ids),
    )
    return sorted(row.id for row in rows)


async def prune(tx: Tx) -> int:
    """Delete tasks finished long ago; return how many."""
    await tx.take_as_long_as_needed()
    return await tx.run(
        "DELETE FROM tasks WHERE finished_at < :before", before=tx.now - task_limits.KEPT
    )


async def forget(tx: Tx, user_ids: Sequence[int]) -> int:
    """Delete all tasks about users, finished or not; return how many."""
    return await tx.run(
        "DELETE FROM tasks WHERE user_ids && CAST(:ids AS bigint[])", ids=list(user_ids)
    )
