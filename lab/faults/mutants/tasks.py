"""Bugs of deliveries to handlers and of durable tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.faults.compare import Sort
from lab.faults.mutants.mutant import Method, Mutant, replaced, rewritten
from lab.faults.task_schedule import run_task_schedule
from tbg.app.relay import Relay
from tbg.core import deliveries, tasks
from tbg.core.deliveries import EVERY, Failed, Failure
from tbg.core.tx import Tx

_LOST: frozenset[Sort] = frozenset({"lost"})
_DOUBLED: frozenset[Sort] = frozenset({"doubled"})
_STUCK: frozenset[Sort] = frozenset({"stuck"})


def _all_or_none(real: Method) -> Method:
    async def try_each(self: Relay, tx: Tx, inboxes: Mapping[str, Any]) -> list[Failure]:
        try:
            async with tx.connection.begin_nested():
                for name, inbox in inboxes.items():
                    await self._by_name()[name](tx, [delivery for _, delivery in inbox])
        except ValueError as error:
            return [
                Failure(message, name, 1, repr(error))
                for name, inbox in inboxes.items()
                for message, _ in inbox
            ]
        return []

    return try_each


def _to_every_handler(real: Method) -> Method:
    async def take_due(tx: Tx) -> list[Failed]:
        return [one._replace(handler=EVERY) for one in await real(tx)]

    return take_due


def _finished_first(real: Method) -> Method:
    async def claim(tx: Tx, *words: Any) -> Any:
        claimed = await real(tx, *words)
        await tx.run("UPDATE tasks SET finished_at = :now WHERE lease IS NOT NULL", now=tx.now)
        return claimed

    return claim


TASKS = (
    Mutant(
        "handler_fails_for_all",
        "what one handler cannot take, no handler of the message is given",
        _LOST | _STUCK,
        replaced(Relay, "_try_each", _all_or_none),
        run_task_schedule,
    ),
    Mutant(
        "retried_for_all",
        "a failed delivery is tried again with every handler of its message",
        _DOUBLED,
        replaced(deliveries, "take_due", _to_every_handler),
        run_task_schedule,
    ),
    Mutant(
        "confirmed_repeated",
        "a task whose result was written down is run again",
        _DOUBLED,
        rewritten(tasks, "_FINISH", "finished_at = :now, result", "result"),
        run_task_schedule,
    ),
    Mutant(
        "task_finished_first",
        "a task counts as finished when it is taken, so that a killed sender loses it",
        _LOST,
        replaced(tasks, "claim", _finished_first),
        run_task_schedule,
    ),
    Mutant(
        "stale_sender_believed",
        "a sender whose lease has expired and was given on may still end the task",
        _DOUBLED,
        rewritten(tasks, "_FINISH", "AND lease = :lease AND finished_at IS NULL", ""),
        run_task_schedule,
    ),
    Mutant(
        "leased_taken_again",
        "a task that a sender runs is given to another one",
        _DOUBLED,
        rewritten(tasks, "_CLAIM", "AND (leased_until IS NULL OR leased_until <= :now)", ""),
        run_task_schedule,
    ),
    Mutant(
        "lease_never_expires",
        "what a killed sender had in hand is nobody's",
        _STUCK,
        rewritten(tasks, "_CLAIM", "OR leased_until <= :now", ""),
        run_task_schedule,
    ),
    Mutant(
        "target_has_every_slot",
        "one target may have all slots of its kind",
        _STUCK,
        rewritten(tasks, "_CLAIM", "place <= :per_target", "place <= 1000 + :per_target"),
        run_task_schedule,
    ),
)
