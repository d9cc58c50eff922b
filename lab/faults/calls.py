"""Calls to the network while services and servers fall: real senders, a real HTTP server.

No task may be lost, and none may be called again once its result has been written down.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from lab.faults import forked
from lab.faults.compare import Finding
from lab.faults.target import KIND, Target, call
from tbg.app import process
from tbg.app.cli import sender as command
from tbg.app.sender import Sender
from tbg.core import task_limits, tasks
from tbg.core.tx import Database, is_passing

_TIMEOUT_S = 1.0
_MARGIN = timedelta(seconds=1)
"""Short leases, so that the tasks of a killed sender are run again soon."""

_ANSWER_S = 0.2
"""How long the server takes to answer: senders are killed while they wait for it."""

_EVERY_S = 0.1
_ATTEMPTS = 1_000
"""More than there can be: what a killed sender had in hand counts as an attempt."""


def run_sender(port: int) -> None:
    """`tbg sender` with a kind of task that calls the server on `port`; for a forked process."""
    kind = Target(port).kind(timeout_s=_TIMEOUT_S, attempts=_ATTEMPTS)

    def sender_of(runtime: process.Runtime) -> Sender:
        return Sender(runtime.database, runtime.redis, kinds=(kind,))

    with (
        patch.object(task_limits, "LEASE_MARGIN", _MARGIN),
        patch.object(command, "sender_of", sender_of),
    ):
        forked.run_command("sender")


class Calls:
    """Tasks that are enqueued while everything falls, and what became of them."""

    def __init__(self, target: Target, database: Database) -> None:
        self.target, self.database = target, database
        self.enqueued: list[str] = []
        self.findings: list[Finding] = []
        target.arrived = self._arrived
        target.delay_s = _ANSWER_S

    async def keep_enqueuing(self) -> None:
        """Enqueue a task every now and then, until cancelled; the database may come and go."""
        while True:
            key = f"call-{len(self.enqueued)}"
            try:
                async with self.database.transaction() as tx:
                    await tasks.enqueue(tx, [call(key, target=f"target-{len(self.enqueued) % 5}")])
            except Exception as error:
                if not is_passing(error):
                    raise
            else:
                self.enqueued.append(key)
            await asyncio.sleep(_EVERY_S)

    async def _arrived(self, key: str) -> None:
        with suppress(Exception):  # the database is away: nothing can be known of this one
            async with self.database.transaction() as tx:
                state = await tasks.find(tx, kind=KIND, key=key)
            if state is not None and state.finished_at is not None:
                text = f"{key} was called again after its result had been written down"
                self.findings.append(Finding("doubled", text))

    async def waiting(self) -> int:
        """How many tasks are not finished."""
        async with self.database.transaction() as tx:
            return (await tasks.waiting(tx)).waiting

    async def judge(self) -> list[Finding]:
        """What is wrong with the calls at the end."""
        found = list(self.findings)
        async with self.database.transaction() as tx:
            for key in self.enqueued:
                state = await tasks.find(tx, kind=KIND, key=key)
                if state is None or state.result is None or key not in self.target.confirmed:
                    found.append(Finding("lost", f"{key} has no result: {state}"))
        return found
