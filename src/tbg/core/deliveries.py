"""Failed deliveries: one message to one handler, each retried separately.

Only a failure creates a row: a message that all its handlers accepted is just marked as sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from tbg.core import limits, task_limits
from tbg.core.outbox import Message
from tbg.core.tx import Tx

EVERY = "*"
"""Instead of a handler's name: the message could not be read, so no handler has received it."""


class Failed(NamedTuple):
    """A delivery that failed before; `attempts`: how often."""

    message: Message
    handler: str
    attempts: int


class Failure(NamedTuple):
    """A delivery that has just failed for the `attempts`-th time."""

    message: Message
    handler: str
    attempts: int
    error: str

    @property
    def is_last(self) -> bool:
        """Whether it is parked now, for a person to look at."""
        return self.attempts >= limits.RELAY_ATTEMPTS


class Parked(NamedTuple):
    """A delivery that waits for a person: the message, the handler, and why it failed.

    `id` is the message's.
    """

    id: int
    type: str
    handler: str
    parked_at: datetime
    attempts: int
    error: str
    payload: dict[str, Any]


async def take_due(tx: Tx) -> list[Failed]:
    """Lock deliveries that are due for a retry, oldest message first, skipping locked ones."""
    rows = await tx.rows(
        """
        SELECT o.id, o.event_id, o.type, o.payload::text AS payload, d.handler, d.attempts
        FROM failed_deliveries d JOIN outbox o ON o.id = d.message_id
        WHERE d.parked_at IS NULL AND d.next_at <= :now
        ORDER BY d.message_id, d.handler LIMIT :most FOR UPDATE OF d SKIP LOCKED
        """,
        now=tx.now,
        most=limits.RELAY_BATCH,
    )
    return [
        Failed(
            Message(row.id, row.event_id, row.type, orjson.loads(row.payload)),
            row.handler,
            row.attempts,
        )
        for row in rows
    ]


async def record_failures(tx: Tx, failures: Sequence[Failure]) -> None:
    """Record when each is retried, or that it is parked."""
    waits = [
        timedelta(seconds=min(2**f.attempts, task_limits.LONGEST_RETRY_SECONDS)) for f in failures
    ]
    await tx.run(
        """
        INSERT INTO failed_deliveries AS d
            (message_id, handler, attempts, next_at, parked_at, error)
        SELECT message_id, handler, attempts, next_at, CASE WHEN parked THEN
            CAST(:now AS timestamptz) END, error
        FROM unnest(:messages ::bigint[], :handlers ::text[], :attempts ::integer[],
            :next ::timestamptz[], :parked ::boolean[], :errors ::text[])
            AS t (message_id, handler, attempts, next_at, parked, error)
        ON CONFLICT (message_id, handler) DO UPDATE SET attempts = excluded.attempts,
            next_at = excluded.next_at, parked_at = excluded.parked_at, error = excluded.error
        """,
        now=tx.now,
        messages=[failure.message.id for failure in failures],
        handlers=[failure.handler for failure in failures],
        attempts=[failure.attempts for failure in failures],
        next=[tx.now + wait for wait in waits],
        parked=[failure.is_last for failure in failures],
        errors=[failure.error[: task_limits.ERROR_CHARACTERS] for failure in failures],
    )


async def remove(tx: Tx, done: Iterable[tuple[int, str]]) -> None:
    """Delete the failures of deliveries (message, handler) that have succeeded now."""
    pairs = list(done)
    await tx.run(
        """
        DELETE FROM failed_deliveries d
        USING unnest(:messages ::bigint[], :handlers ::text[]) AS t (message_id, handler)
        WHERE d.message_id = t.message_id AND d.handler = t.handler
        """,
        messages=[message for message, _ in pairs],
        handlers=[handler for _, handler in pairs],
    )


async def parked(tx: Tx) -> list[Parked]:
    """All parked deliveries, oldest message first."""
    rows = await tx.rows(
        """
        SELECT o.id, o.type, d.handler, d.parked_at, d.attempts, d.error,
            o.payload::text AS payload
        FROM failed_deliveries d JOIN outbox o ON o.id = d.message_id
        WHERE d.parked_at IS NOT NULL ORDER BY d.message_id, d.handler
        """
    )
    return [
        Parked(
            row.id,
            row.type,
            row.handler,
            row.parked_at,
            row.attempts,
            row.error,
            orjson.loads(row.payload),
        )
        for row in rows
    ]


async def retry(tx: Tx, ids: Sequence[int]) -> list[int]:
    """Retry the parked deliveries of these messages; return the ids of messages that had any."""
    rows = await tx.rows(
        """
        UPDATE failed_deliveries SET parked_at = NULL, attempts = 0, next_at = :now
        WHERE parked_at IS NOT NULL AND message_id = ANY(:ids ::bigint[]) RETURNING message_id
        """,
        now=tx.now,
        ids=list(ids),
    )
    return sorted({row.message_id for row in rows})
