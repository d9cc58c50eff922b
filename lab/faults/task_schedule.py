"""One schedule of handlers that fail and senders that die, and what must have come of it.

A real HTTP server (`target`) is called: by it, a task is confirmed; and no request may come for one
whose result has been written down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from unittest.mock import patch

from lab.faults import watch
from lab.faults.cases import make_case
from lab.faults.compare import Finding
from lab.faults.failpoints import Action, Fault, Process
from lab.faults.loop import pause
from lab.faults.outcome import Outcome
from lab.faults.scratch import Scratch, Slot
from lab.faults.target import HANGS, KIND, Target, call, serving
from tbg.adapters.broadcast import Broadcast
from tbg.app.domains import DOMAINS, presenters_of
from tbg.app.relay import Relay
from tbg.app.sender import Sender
from tbg.core import limits, task_limits, tasks
from tbg.core.domain import Handler
from tbg.core.event import Event
from tbg.core.outbox import Delivery
from tbg.core.tasks import Room
from tbg.core.tx import Tx
from tbg.domains.gamification.events import LevelUp
from tbg.domains.realtime.reactions import push_by

USERS = 5
LEVELS = 8
_BROKEN_LEVEL = 4
_DEAD_USER = 5
_ANSWER_S = 0.5
_PATIENCE_S = 120.0
"""How long a call may take once no more faults happen, in the loop's time: six real seconds."""
_PUSH = push_by(presenters_of(DOMAINS))
_AWAY_ONCE = 0.2
_PLACES = {
    "relay": ("COMMIT", "UPDATE outbox", "INSERT INTO failed_deliveries", "INSERT INTO tasks", ""),
    "sender": ("COMMIT", "UPDATE tasks", "UPDATE tasks", ""),
}


async def _call_out(tx: Tx, found: Sequence[Delivery]) -> None:
    """Enqueue one call for each event."""
    events = [one.event for one in found if isinstance(one.event, LevelUp)]
    await tasks.enqueue(tx, [call(_key(e), target=_target(e.user_id)) for e in events])


async def _broken(tx: Tx, found: Sequence[Delivery]) -> None:
    """Fail with some events, whatever comes."""
    if any(getattr(one.event, "new_level", 0) == _BROKEN_LEVEL for one in found):
        raise ValueError("this event fails every time")


def _key(event: LevelUp) -> str:
    return f"{event.user_id}/{event.new_level}"


def _target(user_id: int) -> str:
    return "dead" if user_id == _DEAD_USER else f"well-{user_id}"


async def run_task_schedule(scratch: Scratch, seed: int) -> Outcome:
    """Run the schedule of a seed."""
    async with serving() as target:
        schedule = _Schedule(scratch, seed, target)
        with (
            watch.errors() as errors,
            patch.object(task_limits, "LEASE_MARGIN", timedelta(seconds=4)),
        ):
            await scratch.begin(make_case(seed))
            await schedule.run()
    schedule.outcome.findings += errors
    return schedule.outcome


@dataclass(slots=True)
class _Schedule:
    scratch: Scratch
    seed: int
    target: Target
    rng: Random = field(init=False)
    outcome: Outcome = field(init=False)
    repeated: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = Random(f"tasks/{self.seed}")
        self.outcome = Outcome(self.seed)

    async def run(self) -> None:
        """Faults; then all that waits is done, time passing; then what must be so."""
        self.target.arrived = self._arrived
        self.target.answers["dead"] = 410
        await self._users()
        self.target.delay_s = _ANSWER_S  # so that senders die while they wait for an answer
        self.target.away_once = _AWAY_ONCE
        passing = asyncio.create_task(self._time())
        try:
            await self._chaos()
        finally:
            self.target.delay_s = 0.0
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
        await self.scratch.quiet()
        await self._drain()
        self.target.away_once = 0.0
        await self._judge()
        await self._lease_expires_twice()
        await self._slow_target()

    def _find(self, sort: str, text: str) -> None:
        self.outcome.findings.append(Finding(sort, text))  # type: ignore[arg-type]

    async def _arrived(self, key: str) -> None:
        async with self.scratch.slots[-1].database.transaction() as tx:
            found = await tasks.find(tx, kind=KIND, key=key)
        if found is not None and (found.result is not None or found.parked_at is not None):
            self._find("doubled", f"{key} was called again after its end had been written down")

    async def _users(self) -> None:
        for user in range(1, USERS + 1):
            await self.scratch.admin.execute(
                f"INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE"
                f" VALUES ({user}, '2026-01-01'); INSERT INTO user_addresses"
                f" (address, user_id, linked_at) VALUES ('address-{user}', {user}, '2026-01-01')"
            )

    async def _time(self) -> None:
        """The clock goes as fast as the loop's."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await pause(0.005)
            now = loop.time()
            self.scratch.clock.move(timedelta(seconds=now - before))
            before = now

    def _kind(self, timeout_s: float = 4.0) -> tasks.TaskKind:
        # Attempts enough for a busy machine, on which calls time out that no fault has touched.
        return self.target.kind(attempts=40, concurrency=6, per_target=2, timeout_s=timeout_s)

    def _relay(self, slot: Slot) -> Relay:
        handlers: dict[type[Event], tuple[Handler, ...]] = {LevelUp: (_broken, _PUSH, _call_out)}
        return Relay(slot.database, Broadcast(slot.redis), handlers=handlers)

    def _sender(self, slot: Slot, timeout_s: float = 4.0) -> Sender:
        return Sender(slot.database, slot.redis, [self._kind(timeout_s)])

    async def _chaos(self) -> None:
        lines = [("relay", slot) for slot in self.scratch.slots[1:3]]
        lines += [("sender", slot) for slot in self.scratch.slots[3:6]]
        kills = [asyncio.create_task(self._life(kind, slot)) for kind, slot in lines]
        database = self.scratch.slots[0].database
        for level in range(2, LEVELS + 2):
            async with database.transaction() as tx:
                for user in range(1, USERS + 1):
                    tx.announce(
                        LevelUp(
                            user_id=user, old_level=level - 1, new_level=level, title="x",
                            total_xp=0, at=tx.now,
                        )
                    )  # fmt: skip
            await pause(self.rng.uniform(0, 0.02))
        await asyncio.gather(*kills)

    async def _life(self, kind: str, slot: Slot) -> None:
        """A service that is killed and started again, a few times."""
        for number in range(2):
            process = Process(f"{kind}-{number}", self.scratch, Random(f"{self.seed}/{kind}"))
            process.happened = self.outcome.happened
            for action in (Action.DIE, Action.CUT):
                where, side = self.rng.choice(_PLACES[kind]), self.rng.choice(("before", "after"))
                process.faults.append(Fault(where, side, self.rng.randint(1, 12), action))
            service = self._relay(slot) if kind == "relay" else self._sender(slot)
            process.start(service.run)
            await pause(self.rng.uniform(0.05, 0.15))
            process.die()
            await watch.settled(process)

    async def _drain(self) -> None:
        """Do all that is left, as time passes, until everything has ended or is parked."""
        relay = self._relay(self.scratch.slots[1])
        for _ in range(limits.RELAY_ATTEMPTS + 1):
            await relay.drain()
            await self._sender(self.scratch.slots[3], _PATIENCE_S).drain()
            self.scratch.clock.move(timedelta(hours=2))

    async def _judge(self) -> None:
        admin = self.scratch.admin
        expected = {f"{u}/{n}" for u in range(1, USERS + 1) for n in range(2, LEVELS + 2)}
        rows = await admin.fetch("SELECT key, target, finished_at, parked_at FROM tasks")
        for key in sorted(expected - {row["key"] for row in rows}):
            self._find("lost", f"{key} was never enqueued")
        for row in rows:
            key, dead = row["key"], row["target"] == "dead"
            if dead and row["parked_at"] is None:
                self._find("stuck", f"{key}: its target is dead, and it is not parked")
            if not dead and row["finished_at"] is None:
                self._find("stuck", f"{key} is not finished")
            if not dead and key not in self.target.confirmed:
                self._find("lost", f"{key} was never confirmed by its target")
        for user in range(1, USERS + 1):
            numbers = [
                row["id"]
                for row in await admin.fetch(
                    "SELECT id FROM frames WHERE user_id = $1 ORDER BY 1", user
                )
            ]
            if numbers != list(range(1, LEVELS + 1)):
                sort = "lost" if len(numbers) < LEVELS else "doubled"
                self._find(sort, f"user {user} has the frames {numbers}, should be 1 to {LEVELS}")
        failed = await admin.fetch(
            "SELECT handler, parked_at, o.payload ->> 'new_level' AS level"
            " FROM failed_deliveries d JOIN outbox o ON o.id = d.message_id"
        )
        mine = [
            row["handler"].endswith("._broken") and row["level"] == str(_BROKEN_LEVEL)
            and row["parked_at"] is not None
            for row in failed
        ]  # fmt: skip
        if mine != [True] * USERS:
            self._find("stuck", f"failed deliveries: {[tuple(row) for row in failed][:8]}")

    async def _lease_expires_twice(self) -> None:
        """Three senders have one task one after the other; the result of the last one counts."""
        kind, database = self._kind(), self.scratch.slots[0].database
        async with database.transaction() as tx:
            await tasks.enqueue(tx, [call("lease")])
        holders: list[tasks.Task] = []
        for _ in range(3):
            async with database.transaction() as tx:
                holders += await tasks.claim(tx, kind, Room(1))
                if await tasks.claim(tx, kind, Room(1)):
                    self._find("doubled", "a task that is leased was given to a second sender")
            self.scratch.clock.move(kind.lease)
        if len(holders) != 3:
            self._find("stuck", f"a lease that expired was given on {len(holders)} times, not 3")
            return
        async with database.transaction() as tx:
            stale = await tasks.finish(tx, holders[0], result={"by": 0})
            done = await tasks.finish(tx, holders[2], result={"by": 2})
            stale |= await tasks.fail(tx, holders[1], error="late", again_at=tx.now)
            found = await tasks.find(tx, kind=KIND, key="lease")
        if stale or not done or found is None or found.result != {"by": 2}:
            self._find("doubled", f"a sender without the lease was believed: {found}")

    async def _slow_target(self) -> None:
        """A target that hangs does not delay others."""
        self.target.answers["slow"] = HANGS
        database = self.scratch.slots[0].database
        async with database.transaction() as tx:
            await tasks.enqueue(tx, [call(f"slow {n}", target="slow") for n in range(12)])
        slot = self.scratch.slots[3]
        sender = Sender(slot.database, slot.redis, [self._kind(timeout_s=300)])
        running = asyncio.create_task(sender.run())
        try:
            await pause(0.06)
            others = {f"other {n}" for n in range(6)}
            async with database.transaction() as tx:
                await tasks.enqueue(tx, [call(key, target=key.replace(" ", "-")) for key in others])
            for _ in range(150):
                if others <= self.target.confirmed:
                    break
                await pause(0.01)
            else:
                self._find("stuck", "a target that hangs holds up the others")
        finally:
            self.target.release.set()
            sender.stopping.set()
            await running
