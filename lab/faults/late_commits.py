"""One schedule of announcements that commit in a different order than they were written.

The outbox numbers its rows when they are written, so a relay may have passed a number before its
row becomes visible. Here that happens every time, however fast the machine is.
"""

from __future__ import annotations

import asyncio
from random import Random

from lab.faults import watch
from lab.faults.cases import make_case
from lab.faults.compare import Finding
from lab.faults.outcome import Outcome
from lab.faults.scratch import Scratch
from tbg.adapters.broadcast import Broadcast
from tbg.app.relay import Relay
from tbg.core import outbox
from tbg.domains.gamification.events import LevelUp

_MOST = 6


async def run_late_commits(scratch: Scratch, seed: int) -> Outcome:
    """Run the schedule of a seed: each writer announces to its own user."""
    rng, outcome = Random(f"late/{seed}"), Outcome(seed)
    with watch.errors() as errors:
        await scratch.begin(make_case(seed))
        users = list(range(1, rng.randint(2, _MOST) + 1))
        await _add(scratch, users)
        await _write(scratch, users, rng)
        await _relay(scratch).drain()
        outcome.findings += await _judge(scratch, users)
    outcome.findings += errors
    return outcome


def _relay(scratch: Scratch) -> Relay:
    slot = scratch.slots[-1]
    return Relay(slot.database, Broadcast(slot.redis))


async def _add(scratch: Scratch, users: list[int]) -> None:
    for user in users:
        await scratch.admin.execute(
            f"INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE"
            f" VALUES ({user}, '2026-01-01'); INSERT INTO user_addresses"
            f" (address, user_id, linked_at) VALUES ('address-{user}', {user}, '2026-01-01')"
        )


async def _write(scratch: Scratch, users: list[int], rng: Random) -> None:
    """Write in order of the users, commit in another; one relay delivers after each commit."""
    relay = _relay(scratch)
    turns = {user: asyncio.Event() for user in users}
    writers = []
    for user in users:
        written = asyncio.Event()
        writers.append(asyncio.create_task(_announce(scratch, user, written, turns[user])))
        await written.wait()
    order = users[::-1] if rng.random() < 0.5 else rng.sample(users[1:], len(users) - 1)
    for user in dict.fromkeys([*order, users[0]]):  # the first to write is the last to commit
        turns[user].set()
        await writers[users.index(user)]
        await relay.drain()


async def _announce(
    scratch: Scratch, user: int, written: asyncio.Event, turn: asyncio.Event
) -> None:
    database = scratch.slots[user % (len(scratch.slots) - 1)].database
    async with database.transaction() as tx:
        event = LevelUp(
            user_id=user, old_level=1, new_level=2, title="x", total_xp=100, at=tx.now
        )  # fmt: skip
        tx.announce(event)
        await outbox.write(tx)
        tx.announced.clear()  # it is written; the transaction is not to write it again
        written.set()
        await turn.wait()


async def _judge(scratch: Scratch, users: list[int]) -> list[Finding]:
    rows = await scratch.admin.fetch("SELECT user_id, count(*) AS n FROM frames GROUP BY 1")
    found = {row["user_id"]: row["n"] for row in rows}
    findings = [
        Finding("lost" if found.get(user, 0) < 1 else "doubled", f"user {user}: {found.get(user)}")
        for user in users
        if found.get(user, 0) != 1
    ]
    left = await scratch.admin.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    return findings + ([Finding("stuck", f"{left} messages are never sent")] if left else [])
