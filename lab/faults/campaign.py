"""Many schedules, and every planted bug, into one report."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, count, islice
from types import MappingProxyType
from typing import Any

from lab.faults import watch
from lab.faults.compare import Finding
from lab.faults.failpoints import SuddenDeath
from lab.faults.late_commits import run_late_commits
from lab.faults.loop import FastLoop, pause
from lab.faults.mutants import MUTANTS, Mutant
from lab.faults.outcome import Outcome
from lab.faults.schedule import run_schedule
from lab.faults.scratch import Scratch, pair, scratch
from lab.faults.task_schedule import run_task_schedule
from tbg.app.local.postgres import Postgres
from tbg.app.local.valkey import Valkey

_NONE_KNOWN: Mapping[str, int] = MappingProxyType({})

TASKS_EACH = 5
"""After this many schedules, one of handlers and tasks and one of late commits are run as well."""

Progress = Callable[[str, int, int], None]
"""Receives what is running, how many are done, and of how many."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


@dataclass(slots=True)
class Caught:
    """A planted bug and the schedule that showed it; None: none did."""

    mutant: Mutant
    seeds: int
    finding: Finding | None
    seed: int | None = None


@dataclass(slots=True)
class Report:
    """The result of a campaign."""

    seed: int
    schedules: int = 0
    failed: list[Outcome] = field(default_factory=list)
    deadlocks: int = 0
    mutants: list[Caught] = field(default_factory=list)
    seconds: float = 0.0
    mutant_seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every promise was kept and every planted bug caught."""
        return not self.failed and not self.deadlocks and not self.missed

    @property
    def missed(self) -> list[str]:
        """Planted bugs that nothing showed."""
        return [caught.mutant.name for caught in self.mutants if caught.finding is None]

    def figures(self) -> dict[str, Any]:
        """The report as JSON."""
        sorts = Counter(finding.sort for outcome in self.failed for finding in outcome.findings)
        return {
            "schedules": self.schedules,
            "failed": len(self.failed),
            "lost": sorts["lost"],
            "doubled": sorts["doubled"],
            "wrong": sorts["wrong"],
            "stuck": sorts["stuck"],
            "errors": sorts["error"],
            "deadlocks": max(self.deadlocks, sorts["deadlock"]),
            "seed": self.seed,
            "failed_seeds": [outcome.seed for outcome in self.failed],
            "mutants_planted": len(self.mutants),
            "mutants_caught": len(self.mutants) - len(self.missed),
            "mutants_missed": self.missed,
            "mutants_most_seeds": max((caught.seeds for caught in self.mutants), default=0),
            "seconds": round(self.seconds, 1),
            "mutant_seconds": round(self.mutant_seconds, 1),
        }


def run(
    *,
    schedules: int,
    seed: int,
    mutants: tuple[Mutant, ...] = MUTANTS,
    mutant_seeds: int = 0,
    known: Mapping[str, int] = _NONE_KNOWN,
    on: tuple[Postgres, Valkey] | None = None,
    progress: Progress = silent,
) -> Report:
    """Run `schedules` from `seed` on; then each mutant until caught, `mutant_seeds` at most.

    `known`: mutant → a seed that has shown it, tried first. `on`: servers that are nobody's, in
    place of a pair that goes with the campaign. They never fall themselves, so nothing need be
    synced to disk; `restarts` does that.
    """
    report = Report(seed)

    async def go(pg: Postgres, valkey: Valkey) -> None:
        asyncio.get_running_loop().set_exception_handler(_quietly)
        async with scratch(pg, valkey) as servers:
            with watch.small_world():
                await _run_schedules(servers, report, schedules, progress)
                if mutant_seeds:
                    hunt = _Hunt(servers, seed, mutant_seeds, known)
                    await _run_mutants(hunt, report, mutants, progress)

    with ExitStack() as stack:
        both = on or stack.enter_context(pair(durable=False))
        runner = stack.enter_context(asyncio.Runner(loop_factory=FastLoop))
        runner.run(go(*both))
    return report


def _quietly(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tasks and connections of dead processes leave errors that nobody retrieves."""
    error = context.get("exception")
    if not isinstance(error, SuddenDeath | ConnectionError):
        loop.default_exception_handler(context)


async def _run_schedules(
    servers: Scratch, report: Report, schedules: int, progress: Progress
) -> None:
    begun, before = time.perf_counter(), await servers.deadlocks()
    for number in range(schedules):
        progress("schedules", number, schedules)
        outcome = await run_schedule(servers, report.seed + number)
        if outcome.ok and number % TASKS_EACH == 0:
            outcome = await run_task_schedule(servers, report.seed + number)
        if outcome.ok and number % TASKS_EACH == 0:
            outcome = await run_late_commits(servers, report.seed + number)
        report.schedules += 1
        if not outcome.ok:
            report.failed.append(outcome)
    progress("schedules", schedules, schedules)
    await pause(0.2)  # PostgreSQL counts deadlocks a little late
    report.deadlocks = await servers.deadlocks() - before
    report.seconds = time.perf_counter() - begun


async def _run_mutants(
    hunt: _Hunt, report: Report, mutants: tuple[Mutant, ...], progress: Progress
) -> None:
    begun = time.perf_counter()
    for number, mutant in enumerate(mutants):
        progress("planted bugs", number, len(mutants))
        report.mutants.append(await hunt.catch(mutant))
    progress("planted bugs", len(mutants), len(mutants))
    report.mutant_seconds = time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class _Hunt:
    """Looks for a seed that shows a planted bug: one that has before, then one after another."""

    servers: Scratch
    seed: int
    most: int
    known: Mapping[str, int]

    async def catch(self, mutant: Mutant) -> Caught:
        for number, seed in enumerate(self._seeds(mutant), start=1):
            with mutant.plant():
                outcome = await mutant.schedule(self.servers, seed)
            for finding in outcome.findings:
                if finding.sort in mutant.shows:
                    return Caught(mutant, number, finding, seed)
        return Caught(mutant, self.most, None)

    def _seeds(self, mutant: Mutant) -> Iterator[int]:
        first = [self.known[mutant.name]] if mutant.name in self.known else []
        others = (seed for seed in count(self.seed) if seed not in first)
        return islice(chain(first, others), self.most)
