"""Messages for the domains above, written with the facts they are about and delivered afterwards.

A row is taken with SKIP LOCKED and marked as sent in the transaction of its handlers: reading by
`id > cursor` would miss rows whose transaction commits late. A handler that fails gets a row in
`failed_deliveries` (`deliveries`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
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


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a handler receives: the event, and the id it has on every delivery."""

    message_id: UUID
    event: Event


async def write(tx: Tx) -> None:
    """Write what the transaction announced; called by the transaction itself, once."""
    await tx.run(
        """
        INSERT INTO outbox (event_id, type, payload, user_ids, created_at)
        SELECT id, type, payload, CAST(subjects AS bigint[]), :now FROM unnest(:ids ::uuid[],
            :types ::text[], :payloads ::jsonb[], :subjects ::text[])
            AS t (id, type, payload, subjects)
        """,
        now=tx.now,
        ids=[uuid7() for _ in tx.announced],
        types=[type(event).__name__ for event in tx.announced],
        payloads=[event.model_dump_json() for event in tx.announced],
        # As text: unnest would flatten an array of arrays.
        subjects=[f"{{{','.join(map(str, event.subjects()))}}}" for event in tx.announced],
    )


async def take(tx: Tx, *, most: int = limits.RELAY_BATCH) -> list[Message]:
    """Lock up to `most` waiting messages, oldest first, skipping those that others hold."""
    rows = await tx.rows(
        """
        SELECT id, event_id, type, payload::text AS payload FROM outbox
        WHERE sent_at IS NULL ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
        """,
        most=most,
    )
    return [Message(row.id, row.event_id, row.type, orjson.loads(row.payload)) for row in rows]


async def find(tx: Tx, event_id: UUID) -> Message | None:
    """A message that is kept, delivered or not."""
    row = await tx.row(
        "SELECT id, event_id, type, payload::text AS payload FROM outbox WHERE event_id = :id",
        id=event_id,
    )
    if row is None:
        return None
    return Message(row.id, row.event_id, row.type, orjson.loads(row.payload))


async def latest(tx: Tx, types: Sequence[str], *, most: int) -> list[Message]:
    """The newest messages of these types, newest first."""
    rows = await tx.rows(
        """
        SELECT id, event_id, type, payload::text AS payload FROM outbox
        WHERE type = ANY(:types) ORDER BY id DESC LIMIT :most
        """,
        types=list(types),
        most=most,
    )
    return [Message(row.id, row.event_id, row.type, orjson.loads(row.payload)) for row in rows]


async def mark_sent(tx: Tx, ids: Sequence[int]) -> None:
    """Mark messages whose handlers ran, or failed and will be retried separately."""
    await tx.run("UPDATE outbox SET sent_at = :now WHERE id = ANY(:ids)", now=tx.now, ids=ids)


def decode(message: Message) -> Event:
    """The event a message carries; KeyError when no domain announces such a type any more."""
    return Event.kinds[message.type].model_validate(message.payload)


async def prune(tx: Tx) -> int:
    """Delete messages delivered long ago to every handler; return how many."""
    await tx.take_as_long_as_needed()
    return await tx.run(
        """
        DELETE FROM outbox o WHERE sent_at < :before AND NOT EXISTS (
            SELECT 1 FROM failed_deliveries d WHERE d.message_id = o.id)
        """,
        before=tx.now - limits.OUTBOX_KEPT,
    )


async def forget(tx: Tx, user_ids: Sequence[int]) -> int:
    """Delete all messages about users, delivered or not; return how many."""
    await tx.run(
        """
        DELETE FROM failed_deliveries d USING outbox o
        WHERE o.id = d.message_id AND o.user_ids && :ids ::bigint[]
        """,
        ids=list(user_ids),
    )
    return await tx.run("DELETE FROM outbox WHERE user_ids && :ids ::bigint[]", ids=list(user_ids))
