"""A pool to collect from: a log directory that a test writes, and a collector that it drives."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tbg.adapters.ckpool import follow
from tbg.adapters.ckpool.batch import Counts
from tbg.adapters.ckpool.collector import Collector
from tbg.adapters.ckpool.files import LogDir
from tbg.adapters.ckpool.outlet import Outlet
from tbg.adapters.ckpool.quarantine import Quarantine
from tbg.adapters.ckpool.record import Record
from tbg.adapters.streams import STREAMS, Publisher
from tbg.core.clock import FixedClock

FIXTURES = Path(__file__).parents[2] / "fixtures" / "ckpool"
ADDRESS = "bcrt1q5wu9z69mfp25kv4z7qvafnaw9wv3v2ku6dng5a"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def share(number: int, *, at: int = int(NOON.timestamp()), **changes: Any) -> bytes:
    """A sharelog line without its end, as ckpool writes it; `number` makes it one of its kind."""
    found = {
        "workinfoid": 7710530649345490967,
        "clientid": 18,
        "enonce1": "d74e016b",
        "nonce2": f"{number:016x}",
        "nonce": "a08369d5",
        "ntime": "6b01510a",
        "diff": 1.0,
        "sdiff": 2.5 + number,
        "hash": f"{number:064x}",
        "result": True,
        "errn": 0,
        "createdate": f"{at},{number % 1000}",
        "createby": "code",
        "createcode": "parse_submit",
        "createinet": "203.0.113.7:3333",
        "workername": f"{ADDRESS}.rig1",
        "username": ADDRESS,
        "address": "198.51.100.23",
        "agent": "test/1",
    }
    return json.dumps(found | changes, ensure_ascii=False).encode()


def rejected(number: int, **changes: Any) -> bytes:
    """A line of a share that was refused; it repeats the hash of an accepted one."""
    bad: dict[str, Any] = {"result": False, "errn": 4, "reject-reason": "Duplicate"}
    return share(number, **(bad | changes))


class Killed(BaseException):
    """The process died here."""


@dataclass
class Deaths:
    """Where the collector dies: (`publish` or `save`, at which call, before or after it)."""

    at: tuple[str, int, str] | None = None
    calls: dict[str, int] = field(default_factory=dict)

    def here(self, what: str, when: str) -> None:
        if when == "before":
            self.calls[what] = self.calls.get(what, 0) + 1
        if self.at == (what, self.calls[what], when):
            raise Killed


class DyingPublisher(Publisher):
    """The real publisher, in a process that may die around a call."""

    deaths: Deaths

    async def publish(self, entries: Any, *, also: Any = ()) -> list[Any]:
        self.deaths.here("publish", "before")
        replies = await super().publish(entries, also=also)
        self.deaths.here("publish", "after")
        return replies


class DyingRecord(Record):
    """The real record, in a process that may die around a call."""

    deaths: Deaths

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.deaths.here("save", "before")
        super().save(*args, **kwargs)
        self.deaths.here("save", "after")


@dataclass
class Pool:
    """`logs`: its log directory; `data`: the collector's; `clock`: what time it is for all."""

    root: Path
    redis_url: str
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    deaths: Deaths = field(default_factory=Deaths)

    def __post_init__(self) -> None:
        self.logs = self.root / "logs"
        self.data = self.root / "data"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.redis: Any = Redis.from_url(self.redis_url)
        self.redis.flushdb()

    def copy(self, fixture: str) -> None:
        """Make this pool's logs a copy of recorded ones."""
        shutil.rmtree(self.logs)
        shutil.copytree(FIXTURES / fixture / "logs", self.logs)

    def write(self, name: str, data: bytes, *, mode: str = "ab") -> Path:
        """Append bytes to a file of the log directory, at the pool's time."""
        path = self.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode) as file:
            file.write(data)
        at = self.clock.at.timestamp()
        os.utime(path, (at, at))
        return path

    def status(self, *, difficulty: float = 1.0, best: float = 0.0) -> None:
        """Have ckpool write pool.status, at the pool's time, as ckpool-lhr does."""
        at = int(self.clock.at.timestamp())
        pool = {"runtime": 60, "lastupdate": at, "Users": 1}
        work = {"diff": 0.0, "netdiff": difficulty, "accepted": 1.0, "bestshare": best}
        parts = [pool, {"hashrate1m": "1K"}, work]
        text = "".join(json.dumps(part) + "\n" for part in parts)
        self.write("pool/pool.status", text.encode(), mode="wb")

    def user(self, address: str, **bests: float) -> None:
        """Have ckpool write users/ADDRESS, with its workers and the best share of each."""
        workers = [{"workername": f"{address}.{n}", "bestshare": b} for n, b in bests.items()]
        best = max(bests.values())
        text = json.dumps({"bestshare": best, "worker": workers}, indent=1)
        self.write(f"users/{address}", text.encode(), mode="wb")

    def collect(self, **options: Any) -> Counts:
        """Run `--once` with a collector of its own; Killed when it died."""
        return asyncio.run(self.collecting(**options))

    async def collecting(self, **options: Any) -> Counts:
        """The same, to be awaited."""
        async with self.collector(once=True, **options) as collector:
            await follow.once(collector)
            return collector.counts

    @asynccontextmanager
    async def collector(self, **options: Any) -> AsyncIterator[Collector]:
        """A collector of this pool, with a record and connections of its own."""
        record = DyingRecord(self.data / "collect-pool.sqlite")
        redis = AsyncRedis.from_url(self.redis_url)
        publisher = DyingPublisher(redis)
        publisher.deaths = record.deaths = self.deaths
        quarantine = Quarantine(self.data / "quarantine-pool.jsonl")
        collector = Collector(
            logs=LogDir(self.logs),
            source="pool",
            outlet=Outlet("pool", publisher, record, quarantine, self.clock),
            clock=self.clock,
            zone=UTC,
            **({"network": "regtest"} | options),
        )
        try:
            yield collector
        finally:
            record.close()
            await redis.aclose()

    def published(self, *streams: str) -> list[dict[str, str]]:
        """Every entry of the streams (all of them by default), in order."""
        return [
            {key.decode(): value.decode() for key, value in fields.items()}
            for stream in streams or STREAMS
            for _, fields in self.redis.xrange(stream)
        ]

    def ids(self, *streams: str) -> set[str]:
        """The identities published, each once."""
        return {entry["event_id"] for entry in self.published(*streams)}

    def quarantined(self) -> list[dict[str, Any]]:
        """The lines of the quarantine file."""
        path = self.data / "quarantine-pool.jsonl"
        return [json.loads(line) for line in path.open()] if path.exists() else []
