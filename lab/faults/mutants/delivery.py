"""Bugs on the way out: outbox, relay, frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lab.faults.compare import Sort
from lab.faults.late_commits import run_late_commits
from lab.faults.mutants.mutant import Method, Mutant, replaced
from tbg.app.relay import Relay
from tbg.core import outbox
from tbg.core.tx import Database, Tx

_LOST: frozenset[Sort] = frozenset({"lost"})
_DOUBLED: frozenset[Sort] = frozenset({"doubled"})
_STUCK: frozenset[Sort] = frozenset({"stuck"})


def _written_afterwards(real: Any) -> Any:
    @asynccontextmanager
    async def transaction(self: Database) -> AsyncIterator[Tx]:
        async with self.engine.connect() as connection, connection.begin():
            tx = Tx(connection, self.clock.now())
            yield tx
        if tx.announced:
            async with self.engine.connect() as connection, connection.begin():
                await outbox.write(Tx(connection, tx.now, tx.announced))

    return transaction


def _by_cursor(real: Method) -> Method:
    async def take(tx: Tx, *, most: int = 50) -> list[outbox.Message]:
        await tx.run(
            "INSERT INTO job_marks VALUES ('cursor', to_timestamp(0)) ON CONFLICT DO NOTHING"
        )
        cursor = await tx.value(
            "SELECT extract(epoch FROM mark)::bigint FROM job_marks WHERE job = 'cursor' FOR UPDATE"
        )
        found: list[outbox.Message] = await real(tx, most=most)
        messages = [message for message in found if message.id > cursor]
        if messages:
            await tx.run(
                "UPDATE job_marks SET mark = to_timestamp(:id) WHERE job = 'cursor'",
                id=messages[-1].id,
            )
        return messages

    return take


def _without_lock(real: Method) -> Method:
    async def take(tx: Tx, *, most: int = 50) -> list[outbox.Message]:
        rows = await tx.rows(
            """
            SELECT id, event_id, type, payload FROM outbox
            WHERE sent_at IS NULL ORDER BY id LIMIT :most
            """,
            most=most,
        )
        return [outbox.Message(*row) for row in rows]

    return take


def _marked_first(real: Method) -> Method:
    async def deliver(self: Relay) -> int:
        async with self.database.transaction() as tx:
            messages = await outbox.take(tx)
            await outbox.mark_sent(tx, [message.id for message in messages])
        async with self.database.transaction() as tx:
            await self._react(tx, messages)
        return len(messages)

    return deliver


def _marked_later(real: Method) -> Method:
    async def deliver(self: Relay) -> int:
        async with self.database.transaction() as tx:
            messages = await outbox.take(tx)
            await self._react(tx, messages)
        async with self.database.transaction() as tx:
            await outbox.mark_sent(tx, [message.id for message in messages])
        return len(messages)

    return deliver


DELIVERY = (
    Mutant(
        "outbox_after_commit",
        "announcements are written once the transaction has committed",
        _LOST,
        replaced(Database, "transaction", _written_afterwards),
    ),
    Mutant(
        "outbox_by_cursor",
        "the outbox is read by id > cursor: what commits late is never seen",
        _LOST | _STUCK,
        replaced(outbox, "take", _by_cursor),
        run_late_commits,
    ),
    Mutant(
        "outbox_without_lock",
        "two relays may take the same message",
        _DOUBLED,
        replaced(outbox, "take", _without_lock),
    ),
    Mutant(
        "sent_before_delivered",
        "messages are marked as sent, then delivered",
        _LOST,
        replaced(Relay, "deliver", _marked_first),
    ),
    Mutant(
        "sent_after_delivered",
        "messages are delivered, then marked as sent in another transaction",
        _DOUBLED,
        replaced(Relay, "deliver", _marked_later),
    ),
)
