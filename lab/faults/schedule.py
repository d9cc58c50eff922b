"""One schedule: a case, processes that die over it, a restart of everything, and the oracle."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from redis.exceptions import RedisError

from lab.faults import compare, watch
from lab.faults.actual import Left, read_left, read_letters, read_state, read_told
from lab.faults.cases import CURSE, NETWORK, Case, Order, make_case
from lab.faults.compare import Finding
from lab.faults.dangers import DEATHS, RARE, SIZES, TROUBLES, Point
from lab.faults.failpoints import Action, Fault, Main, Process
from lab.faults.loop import SPEED, pause
from lab.faults.oracle import expect
from lab.faults.orders import carry_out
from lab.faults.outcome import Outcome
from lab.faults.scratch import Scratch, Slot
from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import Batch, Entry, Reader, backlog
from tbg.app.domains import DOMAINS, goal_facts_of
from tbg.app.ingest import PROJECTIONS, Ingest
from tbg.app.relay import Relay
from tbg.app.verifier import verify
from tbg.app.worker import Worker
from tbg.core import limits
from tbg.core.tx import Tx
from tbg.domains.gamification import jobs as gamification
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.quests import jobs as quests

QUEST_JOBS = (*quests.JOBS, *quests.measuring_jobs(goal_facts_of(DOMAINS)))
JOBS = (*gamification.JOBS, *QUEST_JOBS)
"""The jobs that reward."""

IDLE_MS = 40
"""An entry untouched for so long belongs to a dead consumer here; a batch takes a few ms."""

CHAOS_SECONDS = 4.0
"""Longest real time during which faults occur; they end once everything is processed."""

STUCK_SECONDS = 2.0
"""Real time without any progress after which something is stuck."""


class _Reader(Reader):
    """A reader for a world in which consumers are given up after `IDLE_MS`."""

    async def claim(
        self, *, idle_ms: int = IDLE_MS, count: int = limits.BATCH_EVENTS
    ) -> list[Entry]:
        return await super().claim(idle_ms=idle_ms, count=count)


async def _curse(tx: Tx, batch: Batch) -> Batch:
    if any(share.hash == CURSE for share in batch.shares):
        raise ValueError("this event fails every time")
    return batch


async def run_schedule(scratch: Scratch, seed: int) -> Outcome:
    """Run the schedule of a seed."""
    schedule = _Schedule(scratch, make_case(seed))
    with watch.errors() as errors:
        await schedule.run()
    schedule.outcome.findings += errors
    return schedule.outcome


@dataclass(slots=True)
class _Line:
    """Processes of one kind, one after the other: the next one starts when one has died."""

    kind: str
    slot: Slot
    restarts: int
    process: Process | None = None
    service: Ingest | Relay | None = None


class _Schedule:
    def __init__(self, scratch: Scratch, case: Case) -> None:
        self.scratch = scratch
        self.case = case
        self.rng = Random(f"schedule/{case.seed}")
        self.outcome = Outcome(case.seed)
        self.crowded = case.theme in ("dense", "sparse")
        self.early_checks = self.rng.random() < 0.3
        self.decks: dict[str, list[Point]] = {kind: [] for kind in DEATHS}
        self.chaotic = True
        self.forgot = False  # Redis lost the group or more
        self.orders = list(case.orders)  # those still to be carried out
        self.slots = iter(scratch.slots)
        self.numbers = itertools.count(1)

    async def run(self) -> None:
        """Faults, restart, drain, compare; then the jobs, and compare again."""
        await self.scratch.begin(self.case)
        with watch.small_batches(self.rng):
            await self._chaos()
            self.chaotic = False
            await self.scratch.quiet()
            if not await self._drain():
                return
            if not self.early_checks:
                await self._judge(closed=False)
            await self._jobs()
            if await self._drain():
                await self._judge(closed=True)

    # --- the faulty part --------------------------------------------------------------------

    async def _chaos(self) -> None:
        rng = self.rng
        kinds = ["ingest"] * (3 if self.crowded else rng.choice((1, 2, 3)))
        kinds += ["relay"] * rng.choice((1, 2))
        restarts = 3 if self.crowded else 8
        lines = [_Line(kind, next(self.slots), restarts) for kind in kinds]
        side = [asyncio.create_task(self._publish())]
        side.append(asyncio.create_task(self._operate(next(self.slots))))
        if self.early_checks:
            side.append(asyncio.create_task(self._check_early(next(self.slots))))
        calamity = rng.random()
        if calamity < 0.25:
            side.append(asyncio.create_task(self._calamity(flush=calamity < 0.07)))
        loop = asyncio.get_running_loop()
        until = loop.time() + CHAOS_SECONDS * SPEED
        try:
            for turn in itertools.count():
                for line in lines:
                    await self._keep_up(line)
                # Not at each turn: it takes a command for each stream.
                over = turn % 4 == 3 and all(task.done() for task in side)
                if loop.time() >= until or (over and await self._calm(lines)):
                    break
                await pause(0.01)
        finally:
            await asyncio.gather(*side)
        await self._stop(lines, gently=rng.random() < 0.5)

    async def _calm(self, lines: Sequence[_Line]) -> bool:
        """Whether these processes have finished."""
        alive = [line for line in lines if line.process is not None and not line.process.dead]
        if not any(line.kind == "ingest" for line in alive):
            return True
        return await backlog(self.scratch.redis) == 0

    async def _keep_up(self, line: _Line) -> None:
        if line.process is not None:
            if not line.process.dead:
                return
            await line.process.over()
            if line.restarts == 0:
                return
            line.restarts -= 1
        process = self._process(line.kind, faulty=True)
        line.process = process
        line.service = self._service(line.kind, line.slot, process)
        process.start(line.service.run)

    def _process(self, kind: str, *, faulty: bool = False) -> Process:
        number = next(self.numbers)
        rng = Random(f"{self.case.seed}/{kind}/{number}")
        process = Process(f"{kind}-{number}", self.scratch, rng)
        process.happened = self.outcome.happened
        if faulty:
            process.faults += self._faults(kind if kind in DEATHS else "job")
        return process

    def _faults(self, kind: str) -> Iterator[Fault]:
        """One death, mostly, and some lesser trouble."""
        rng = self.rng
        if not self.decks[kind]:
            self.decks[kind] = rng.sample(DEATHS[kind], len(DEATHS[kind]))
        if rng.random() < (0.4 if self.crowded or kind == "job" else 0.9):
            where, side, action = self.decks[kind].pop()
            often = 1 if where in RARE else 3 if where else 60
            if kind == "job" and where == "COMMIT":
                often = 40  # each job has several
            yield Fault(where, side, rng.randint(1, often), action)
        if self.crowded and kind == "ingest":
            sparse = self.case.theme == "sparse"
            where, often = ("INSERT INTO outbox", 8) if sparse else ("INSERT INTO event_keys", 4)
            for nth in rng.sample(range(1, 12), often):
                yield Fault(where, "after", nth, Action.PAUSE)
        for where, side, action in rng.sample(TROUBLES[kind], rng.randint(0, 3)):
            often = 4 if where else 60
            yield Fault(where, side, rng.randint(1, often), action)

    def _service(self, kind: str, slot: Slot, process: Process) -> Ingest | Relay:
        broadcast = Broadcast(slot.redis)
        if kind == "relay":
            return Relay(slot.database, broadcast)
        reader = _Reader(slot.redis, consumer=process.name)
        sizes = SIZES[self.case.theme]
        size = process.rng.choice(sizes if self.chaotic else (20, 50, 400))
        projections = (*PROJECTIONS, _curse)
        return Ingest(slot.database, reader, broadcast, NETWORK, projections, batch_events=size)

    async def _publish(self) -> None:
        """All deliveries, in a few waves."""
        rest = self.case.deliveries
        waves = self.rng.randint(1, 4)
        cuts = sorted(self.rng.randrange(len(rest) + 1) for _ in range(waves - 1))
        for begin, end in itertools.pairwise([0, *cuts, len(rest)]):
            if begin < end:
                await self.scratch.send(rest[begin:end])
            await pause(self.rng.uniform(0, 0.05))

    async def _calamity(self, *, flush: bool) -> None:
        """Redis loses the group, or everything; then the producer sends all of it again."""
        await pause(self.rng.uniform(0.005, 0.12))
        self.forgot = True
        if not flush:
            self.outcome.happened.append("redis: the group is gone")
            await self.scratch.meddle(Action.UNGROUP)
            return
        self.outcome.happened.append("redis: everything is gone")
        await self.scratch.forget()

    async def _check_early(self, slot: Slot) -> None:
        """The streak check, quests and the verifier amid it all, killed now and then."""
        for _ in range(self.rng.randint(1, 3)):
            await pause(self.rng.uniform(0, 0.1))
            process = self._process("check", faulty=True)

            async def check() -> None:
                await check_streaks(slot.database)
                for job in QUEST_JOBS:
                    await job.run(slot.database)
                verdict = await verify(slot.database)
                self.outcome.findings += watch.disagreement(verdict)

            process.start(check)
            await watch.settled(process)

    async def _operate(self, slot: Slot, *, patient: bool = False) -> None:
        """Carry out the orders, one after the other; the next attempt sees whether one was done.

        Those that are not done when the faults end are done afterwards (`patient`).
        """
        for _ in range(100 if patient else 12):
            if not self.orders:
                return
            process = self._process("operator", faulty=not patient)
            order = self.orders[0]

            async def obey(order: Order = order) -> None:
                if await carry_out(slot.database, order):
                    self.orders.remove(order)

            process.start(obey)
            await watch.settled(process)
            await pause(0 if patient else 0.01)
        if patient:
            self.outcome.findings.append(Finding("stuck", f"not carried out: {self.orders}"))

    async def _stop(self, lines: Sequence[_Line], *, gently: bool) -> None:
        for line in lines:
            assert line.process is not None
            assert line.service is not None
            if gently and not line.process.dead:
                line.service.stopping.set()
            else:
                line.process.die()
        waiting = [line.process.task for line in lines if line.process and line.process.task]
        _, late = await asyncio.wait(waiting, timeout=4 * STUCK_SECONDS * SPEED)
        for line in lines:
            assert line.process is not None
            if line.process.task in late:
                self.outcome.findings.append(
                    Finding("stuck", f"{line.process.name} does not stop: {line.process.trace[-1]}")
                )
                line.process.die()
            await watch.settled(line.process)

    # --- what must be so afterwards ---------------------------------------------------------

    async def _drain(self) -> bool:
        """Restart everything without faults and let it finish; False when it does not."""
        consumers = self.rng.choice((1, 2))
        services = ["ingest"] * consumers
        if not await self._finish(services):
            return False
        await self._operate(self.scratch.slots[0], patient=True)
        return await self._finish(["relay"] * self.rng.choice((1, 2)))

    async def _finish(self, kinds: Sequence[str]) -> bool:
        started = []
        for kind, slot in zip(kinds, self.scratch.slots, strict=False):
            process = self._process(kind)
            process.start(_drain_of(self._service(kind, slot, process)))
            started.append(process)
        tasks = {process.task for process in started if process.task is not None}
        late = tasks
        left: Left | None = None
        while late:
            _, late = await asyncio.wait(tasks, timeout=STUCK_SECONDS * SPEED)
            before, left = left, await read_left(self.scratch.admin, self.scratch.redis)
            if late and left == before:
                self.outcome.findings.append(Finding("stuck", f"{kinds[0]} does not end: {left}"))
                break
        for process in started:
            process.die()
            await watch.settled(process)
        return not late

    async def _jobs(self) -> None:
        """Time passes, jobs run: late, at once, killed; the last one runs to its end."""
        rng = self.rng
        self.scratch.clock.move(timedelta(days=rng.choice((1, 3, 7, 8, 22)), minutes=6))
        for faulty in (True, False):
            running = []
            for slot in self.scratch.slots[: 3 if faulty else 1]:
                process = self._process("worker", faulty=faulty)
                at_once = faulty and rng.random() < 0.5
                worker = Worker(slot.database, slot.redis, "", jobs=JOBS)

                async def work(worker: Worker = worker, at_once: bool = at_once) -> None:
                    if at_once:  # as arq wakes them
                        await asyncio.gather(*(worker.run_due(job) for job in JOBS))
                    else:
                        await worker.run_all_due()

                process.start(work)
                running.append(process)
            for process in running:
                await watch.settled(process)
        self.outcome.findings += watch.disagreement(await verify(self.scratch.slots[0].database))

    async def _judge(self, *, closed: bool) -> None:
        scratch, case, found = self.scratch, self.case, self.outcome.findings
        await scratch.quiet()
        found += compare.left_over(await read_left(scratch.admin, scratch.redis))
        moment = scratch.clock.now() if closed else None
        expected = expect(case.events, now=case.now, closed=moment, orders=case.orders)
        found += compare.differences(expected, await read_state(scratch.admin))
        silent = {event.address for event in case.events if event.history}
        taken = Counter[str]()
        for order in case.orders:
            taken[order.address] += max(0, -order.amount)
        for told in await read_told(scratch.admin):
            loud = not closed and told.address not in silent
            found += compare.wrong_announcements(
                told, expected, loud=loud, taken=taken[told.address]
            )
        letters = await read_letters(scratch.redis)
        found += compare.wrong_dead_letters(letters, scratch.sent, redis_forgot=self.forgot)


def _drain_of(service: Ingest | Relay) -> Main:
    async def drain() -> None:
        while True:
            try:
                await service.drain()
            except RedisError:
                await pause(0.005)
            else:
                return

    return drain
