"""The real services in their own processes, under load, killed together with their servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from lab.faults import calls, compare, forked, watch
from lab.faults.actual import Left, read_left, read_letters, read_state, read_told
from lab.faults.campaign import Progress, silent
from lab.faults.cases import NETWORK, Case, Sent, make_case
from lab.faults.compare import Finding
from lab.faults.oracle import expect
from lab.faults.scratch import pair, prepare
from lab.faults.target import serving
from tbg.adapters import redis as redis_adapter
from tbg.adapters.broadcast import heartbeats
from tbg.app.local import servers
from tbg.app.local.postgres import Postgres
from tbg.app.local.valkey import Valkey
from tbg.core.cancel import end
from tbg.core.clock import SystemClock
from tbg.core.tx import connect

SERVICES = ("ingest", "ingest", "relay", "sender")
RECOVERY_SECONDS = 10.0
"""After the last fault everything must be done within this: the promise of quality.md §1."""

_START_SECONDS = 3.0
"""Longest time in which the four services start on a machine that does nothing else. On one that
takes longer, everything may take as many times longer."""

_PATIENCE_SECONDS = 60.0
_EVENTS_PER_SECOND = 60
_GET_ON = 5
"""After this many faults the services are left alone until they have done something."""

_TAIL_BYTES = 4_000
"""Of Redis's append-only file, this much is cut off at most when it is killed."""


@dataclass(slots=True)
class Report:
    """The result of a run."""

    seed: int
    kills: int = 0
    redis: int = 0
    postgres: int = 0
    events: int = 0
    meanwhile: int = 0
    """Events that were counted while faults occurred."""
    calls: int = 0
    """Tasks that were enqueued, each of which calls an HTTP server."""
    recovery_seconds: float = 0.0
    seconds: float = 0.0
    deadlocks: int = 0
    findings: list[Finding] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The report as JSON."""
        sorts = Counter(finding.sort for finding in self.findings)
        return {
            "kills": self.kills,
            "redis_restarts": self.redis,
            "postgres_restarts": self.postgres,
            "events": self.events,
            "events_meanwhile": self.meanwhile,
            "calls": self.calls,
            "lost": sorts["lost"],
            "doubled": sorts["doubled"],
            "wrong": sorts["wrong"],
            "stuck": sorts["stuck"],
            "errors": sorts["error"],
            "deadlocks": self.deadlocks,
            "seed": self.seed,
            "recovery_seconds": round(self.recovery_seconds, 1),
            "seconds": round(self.seconds, 1),
        }


def run(
    *,
    kills: int,
    redis: int,
    postgres: int,
    seed: int,
    progress: Progress = silent,
) -> Report:
    """A number of SIGKILLs and restarts under load, then the oracle."""
    report = Report(seed)
    begun = time.perf_counter()

    async def go(pg: Postgres, valkey: Valkey) -> None:
        database = connect(pg.url, SystemClock())
        async with serving() as target:
            called = calls.Calls(target, database)
            await _Run(pg, valkey, called, report, progress).run(kills, redis, postgres)
        await database.close()

    with pair(durable=True) as (pg, valkey), watch.errors() as errors:
        asyncio.run(go(pg, valkey))
        report.findings += errors
    report.seconds = time.perf_counter() - begun
    return report


class _Run:
    def __init__(
        self, pg: Postgres, valkey: Valkey, called: calls.Calls, report: Report, progress: Progress
    ) -> None:
        self.pg, self.valkey, self.calls = pg, valkey, called
        self.report = report
        self.progress = progress
        self.rng = Random(f"restarts/{report.seed}")
        self.redis: Redis = redis_adapter.connect(valkey.url)
        self.log = pg.root / "log"
        self.services: dict[int, ForkServerProcess] = {}
        self.started: dict[int, float] = {}
        self.case: Case
        self.packs: Path
        self.sent = 0
        self.slowness = 1.0
        self.stopped = False

    async def run(self, kills: int, redis: int, postgres: int) -> None:
        clock = SystemClock()
        self.packs = await prepare(self.calls.database, folder=self.pg.root)
        faults = ["kill"] * kills + ["redis"] * redis + ["postgres"] * postgres
        self.rng.shuffle(faults)
        total = 400 + len(faults) * _EVENTS_PER_SECOND
        self.case = make_case(self.report.seed, now=clock.now(), total=total)
        try:
            for number in range(len(SERVICES)):
                self._open(number)
            await self._first_start()
            load = asyncio.create_task(self._load())
            calling = asyncio.create_task(self.calls.keep_enqueuing())
            keeper = asyncio.create_task(self._keep_up())
            for number, fault in enumerate(faults):
                self.progress("faults", number, len(faults))
                await asyncio.sleep(self.rng.uniform(0.1, 0.8))
                await self._FAULTS[fault](self)
                if number % _GET_ON == _GET_ON - 1:
                    await self._get_on()
            self.progress("faults", len(faults), len(faults))
            last = time.monotonic()
            self.report.meanwhile = await self._counted()
            self.stopped = True
            await end(calling)
            await load
            await self._refill()
            await self._recover(last)
            keeper.cancel()
            await self._end_services()
            await self._judge()
        finally:
            for service in self.services.values():
                service.kill()
                service.join()
            await self.redis.aclose()

    async def _first_start(self) -> None:
        """Wait until all are at work."""
        kinds = tuple(set(SERVICES))
        begun = time.monotonic()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not all((await heartbeats(self.redis, kinds)).values()):
                await asyncio.sleep(0.05)
        self.slowness = max(1.0, (time.monotonic() - begun) / _START_SECONDS)

    # --- faults -----------------------------------------------------------------------------

    def _open(self, number: int) -> None:
        self.services[number] = self._start(SERVICES[number])
        self.started[number] = time.monotonic()

    def _start(self, kind: str) -> ForkServerProcess:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TBG_")}
        environment |= {
            "TBG_DATABASE_URL": self.pg.url,
            "TBG_REDIS_URL": self.valkey.url,
            "TBG_NETWORK": NETWORK,
            "TBG_BADGE_PACKS": str(self.packs),
            "TBG_METRICS_PORT": "0",
        }
        place = {"directory": self.pg.root, "log": self.log / "services.log"}
        if kind == "sender":
            port = self.calls.target.port
            return forked.start_call(calls.run_sender, port, env=environment, **place)
        return forked.start(kind, env=environment, **place)

    async def _keep_up(self) -> None:
        """Start again what ended because a server was away, as any supervisor does.

        Only a service that is starting may end so: one that has started waits for its servers.
        """
        while True:
            for number, kind in enumerate(SERVICES):
                service = self.services[number]
                if service.exitcode is not None:
                    age = time.monotonic() - self.started[number]
                    self.report.happened.append(f"{kind} ended by itself after {age:.1f} s")
                    if service.pid in self._started_pids():
                        self.report.findings.append(Finding("error", f"a running {kind} ended"))
                    self._open(number)
            await asyncio.sleep(0.3)

    def _started_pids(self) -> set[int]:
        return {said["pid"] for said in self._said() if said.get("event") == "started"}

    async def _kill(self) -> None:
        """SIGKILL for one of the services, which is started again at once."""
        number = self.rng.randrange(len(SERVICES))
        if self.rng.random() < 0.7:  # one that has been at work for some time
            number = min(range(len(SERVICES)), key=lambda n: self.started[n])
        self.report.happened.append(f"SIGKILL of {SERVICES[number]}")
        self.services[number].kill()
        self.services[number].join()
        self.report.kills += 1
        self._open(number)

    async def _fell_redis(self) -> None:
        """Redis is killed, and the end of its append-only file was not written."""
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        cut = self.rng.randrange(_TAIL_BYTES)
        self._cut_tail(cut)
        self.report.happened.append(f"Redis killed, {cut} bytes of its file cut off")
        self.report.redis += 1
        servers.spawn(self.valkey)
        await self._up(self.valkey)

    def _cut_tail(self, size: int) -> None:
        files = sorted(Path(self.valkey.directory).glob("appendonlydir/*.incr.aof"))
        if files:
            length = files[-1].stat().st_size
            os.truncate(files[-1], max(0, length - size))

    async def _fell_postgres(self) -> None:
        """PostgreSQL ends at once, without a word to anybody, and recovers from its log."""
        self.report.happened.append("PostgreSQL stopped at once (-m immediate)")
        self.pg.force_to_stop()
        assert self.pg.process is not None
        self.pg.process.wait()
        self.report.postgres += 1
        servers.spawn(self.pg)
        await self._up(self.pg)

    _FAULTS: dict[str, Callable[[_Run], Awaitable[None]]] = {
        "kill": _kill,
        "redis": _fell_redis,
        "postgres": _fell_postgres,
    }

    async def _up(self, server: servers.Server) -> None:
        deadline = time.monotonic() + server.start_within_s
        while not server.ready():
            servers.check_alive(server)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{server.name} does not come up")
            await asyncio.sleep(0.05)

    # --- load -------------------------------------------------------------------------------

    async def _load(self) -> None:
        """Send the case's deliveries a few at a time, and what is left at the end."""
        deliveries = self.case.deliveries
        while self.sent < len(deliveries):
            size = len(deliveries) if self.stopped else self.rng.randint(1, 12)
            await self._send(deliveries[self.sent : self.sent + size])
            self.sent += size
            await asyncio.sleep(0 if self.stopped else 0.05)
        self.report.events = len(deliveries)

    async def _send(self, batch: Sequence[Sent]) -> None:
        """As a producer does: what was not answered is sent again, under another entry id."""
        while True:
            pipeline = self.redis.pipeline(transaction=True)
            for sent in batch:
                flat = [part for pair in sent.fields.items() for part in pair]
                pipeline.execute_command("XADD", sent.stream, "*", *flat)
            try:
                await pipeline.execute()
            except (RedisError, OSError):
                await asyncio.sleep(0.1)
            else:
                return

    async def _refill(self) -> None:
        """The producer sends everything again after Redis has lost data; keys drop the rest."""
        if self.report.redis:
            deliveries = [sent for sent in self.case.deliveries if sent.event is not None]
            for start in range(0, len(deliveries), 500):
                await self._send(deliveries[start : start + 500])

    # --- afterwards -------------------------------------------------------------------------

    async def _recover(self, last: float) -> None:
        """Wait until the services have done everything; it must not take long."""
        admin = await asyncpg.connect(self.pg.url)
        try:
            while True:
                left, waiting = await read_left(admin, self.redis), await self.calls.waiting()
                if left == Left(0, 0, 0, 0) and not waiting:
                    break
                if time.monotonic() - last > _PATIENCE_SECONDS * self.slowness:
                    text = f"left at the end: {left}, {waiting} tasks"
                    self.report.findings.append(Finding("stuck", text))
                    return
                await asyncio.sleep(0.1)
        finally:
            await admin.close()
        self.report.recovery_seconds = time.monotonic() - last
        if self.report.recovery_seconds > RECOVERY_SECONDS * self.slowness:
            text = f"it took {self.report.recovery_seconds:.1f} s to recover"
            self.report.findings.append(Finding("stuck", text))

    async def _get_on(self) -> None:
        """Let some work be done: on a slow machine services would be killed before they do any."""
        before = await self._counted()
        until = time.monotonic() + RECOVERY_SECONDS
        while await self._counted() == before and time.monotonic() < until:
            await asyncio.sleep(0.1)

    async def _counted(self) -> int:
        admin = await asyncpg.connect(self.pg.url)
        try:
            return int(await admin.fetchval("SELECT count(*) FROM event_keys"))
        finally:
            await admin.close()

    async def _end_services(self) -> None:
        for service in self.services.values():
            service.terminate()
        deadline = time.monotonic() + RECOVERY_SECONDS
        for service, kind in zip(self.services.values(), SERVICES, strict=True):
            while service.exitcode is None and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            if service.exitcode not in (0, -signal.SIGTERM):  # the latter while it was starting
                self.report.findings.append(
                    Finding("stuck", f"{kind} does not stop by itself: {service.exitcode}")
                )

    async def _judge(self) -> None:
        admin = await asyncpg.connect(self.pg.url)
        try:
            expected = expect(self.case.events, now=self.case.now, closed=None)
            found = self.report.findings
            found += compare.differences(expected, await read_state(admin))
            silent = {event.address for event in self.case.events if event.history}
            for told in await read_told(admin):
                found += compare.wrong_announcements(
                    told, expected, loud=told.address not in silent
                )
            letters = await read_letters(self.redis)
            if letters.keys() & {"failed"}:
                found.append(Finding("lost", f"good events dead-lettered: {letters['failed']}"))
        finally:
            await admin.close()
        self.report.calls = len(self.calls.enqueued)
        self.report.findings += await self.calls.judge()
        self._read_log()

    def _read_log(self) -> None:
        """Problems that the services logged, including deadlocks."""
        for line in self._lines():
            if "deadlock detected" in line:
                self.report.deadlocks += 1
            if "Traceback" in line and not line.startswith("{"):
                self.report.findings.append(Finding("error", "a service died of an exception"))
        for said in self._said():
            if said.get("event") in watch.ALARMS:
                self.report.findings.append(Finding("error", str(said)[:300]))

    def _lines(self) -> list[str]:
        text = (self.log / "services.log").read_text(encoding="utf-8", errors="replace")
        return text.split("\n")[:-1]  # the last line may be incomplete

    def _said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._lines() if line.startswith("{")]
