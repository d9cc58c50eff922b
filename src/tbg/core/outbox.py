"""Messages for the rooms above, written with the facts they tell of and delivered afterwards.

A row is taken with SKIP LOCKED and marked when its reactions have committed: reading by
`id > cursor` would miss rows whose transaction commits late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import orjson

from tbg.core import limits
from tbg.core.event import Event, uuid7

if TYPE_CHECKING:
    from tbg.core.tx import Tx


@dataclass(frozen=True, slots=True)
class Message:
    """One announced event on its way: `id` orders, `event_id` is the same on every delivery."""

    id: int
    event_id: UUID
    type: str
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a reaction is handed: the event, and the id it has on every delivery."""

    message_id: UUID
    event: Event


async def write(tx: Tx) -> None:
    """Write what the transaction announced; called by the transaction itself, once."""
    await tx.run(
        """
        INSERT INTO outbox (event_id, type, payload, created_at, next_at)
        SELECT *, :now, :now FROM unnest(:ids ::uuid[], :types ::text[], :payloads ::jsonb[])
        """,
        now=tx.now,
        ids=[uuid7() for _ in tx.announced],
        types=[type(event).__name__ for event in tx.announced],
        payloads=[event.model_dump_json() for event in tx.announced],
    )


async def take(tx: Tx, *, most: int = limits.RELAY_BATCH) -> list[Message]:
    """Lock up to `most` waiting messages, oldest first, passing over those others hold."""
    rows = await tx.rows(
        """
        SELECT id, event_id, type, payload::text AS payload, attempts FROM outbox
        WHERE sent_at IS NULL AND parked_at IS NULL AND next_at <= :now
        ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
        """,
        now=tx.now,
        most=most,
    )
    return [
        Message(row.id, row.event_id, row.type, orjson.loads(row.payload), row.attempts)
        for row in rows
    ]


async def mark_sent(tx: Tx, ids: Sequence[int]) -> None:
    """Mark messages whose reactions ran in this same transaction."""
    await tx.run("UPDATE outbox SET sent_at = :now WHERE id = ANY(:ids)", now=tx.now, ids=ids)


async def mark_failed(tx: Tx, message: Message, *, error: str) -> bool:
    """Count a failed delivery; True when the message is now parked for a person."""
    attempts = message.attempts + 1
    parked = attempts >= limits.RELAY_ATTEMPTS
    wait = timedelta(seconds=min(2**attempts, 3600))
    await tx.run(
        """
        UPDATE outbox SET attempts = :attempts, error = :error, next_at = :next_at,
            parked_at = CASE WHEN :parked THEN CAST(:now AS timestamptz) END
        WHERE id = :id
        """,
        attempts=attempts,
        error=error[:2000],
        next_at=tx.now + wait,
        parked=parked,
        now=tx.now,
        id=message.id,
    )
    return parked


class Parked(NamedTuple):
    """A message that waits for a person: what it told, and why its last delivery failed."""

    id: int
    type: str
    parked_at: datetime
    attempts: int
    error: str
    payload: dict[str, Any]


async def parked(tx: Tx) -> list[Parked]:
    """All parked messages, oldest first."""
    rows = await tx.rows(
        """
        SELECT id, type, parked_at, attempts, COALESCE(error, '') AS error,
            payload::text AS payload FROM outbox
        WHERE parked_at IS NOT NULL ORDER BY id
        """
    )
    return [
        Parked(r.id, r.type, r.parked_at, r.attempts, r.error, orjson.loads(r.payload))
        for r in rows
    ]


async def retry(tx: Tx, ids: Sequence[int]) -> list[int]:
    """Let parked messages be delivered anew, as if they had never failed; the ids of those."""
    rows = await tx.rows(
        """
        UPDATE outbox SET parked_at = NULL, attempts = 0, next_at = :now
        WHERE parked_at IS NOT NULL AND id = ANY(:ids ::bigint[]) RETURNING id
        """,
        now=tx.now,
        ids=list(ids),
    )
    return [row.id for row in rows]


def decode(message: Message) -> Event:
    """The event a message carries; KeyError when no room announces such a type any more."""
    return Event.kinds[message.type].model_validate(message.payload)


async def prune(tx: Tx) -> int:
    """Forget messages delivered long ago; the number forgotten."""
    await tx.take_as_long_as_needed()
    return await tx.run(
        "DELETE FROM outbox WHERE sent_at < :before", before=tx.now - limits.OUTBOX_KEPT
    )


async def forget(tx: Tx, user_ids: Sequence[int]) -> int:
    """Forget what was announced of users, delivered or not; how many messages."""
    return await tx.run(
        "DELETE FROM outbox WHERE CAST(payload ->> 'user_id' AS bigint) = ANY(:ids)",
        ids=list(user_ids),
    )
