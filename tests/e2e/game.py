"""The real game for a browser: its services as processes, its streams, and what it knows."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx

from tbg.adapters import redis as redis_adapter
from tbg.adapters.simulator import address
from tbg.adapters.streams import BLOCK_FOUND, SHARE_SUBMITTED, Publisher
from tbg.app.local import processes
from tests import canary
from tests.serving import free_port

T = TypeVar("T")
Entry = tuple[str, dict[str, str]]

PATIENCE_SECONDS = 30.0


class Service:
    """One service as a process of its own, dead when this process is."""

    def __init__(self, name: str, env: Mapping[str, str], directory: Path) -> None:
        self.name = name
        self._env = os.environ | dict(env)
        self._directory = directory  # no `.env` and no `tbg.toml` here
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; the caller waits for what it wants of it."""
        with (self._directory / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*processes.launcher(), sys.executable, "-m", "tbg", self.name],
                cwd=self._directory,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send(self, sign: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(sign)

    def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal and wait for its end."""
        if self._process is None:
            return
        self.send(sign)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        return processes.last_words(self._directory / f"{self.name}.log")


class Game:
    """A running game with a database and a Redis of its own."""

    def __init__(self, *, database: str, redis: str, directory: Path, **settings: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._database, self._redis = database, redis
        self._directory = directory
        self._miners = iter(range(100, 1_000))
        env = {
            "TBG_DATABASE_URL": database,
            "TBG_REDIS_URL": redis,
            "TBG_PORT": str(port),
            "TBG_PUBLIC_URL": self.url,
            **settings,
        }
        names = ("serve", "ingest", "relay", "sender", "worker")
        self.services = {name: Service(name, env, directory) for name in names}
        self.api = self.services["serve"]

    def another(self, **settings: str) -> Game:
        """Further services on the same servers, with settings of their own."""
        return Game(
            database=self._database, redis=self._redis, directory=self._directory, **settings
        )

    def start(self, *names: str) -> None:
        """Start services; when the API is among them, wait until it says that all is ready."""
        for name in names:
            self.services[name].start()
        if "serve" in names:
            eventually(self._ready, lambda: f"not ready: {self._why()}")

    def stop(self) -> None:
        """Stop every service, all at once, and see that no secret is in what they wrote."""
        for service in self.services.values():
            service.send(signal.SIGTERM)
        for service in self.services.values():
            service.end()
        canary.look_through(*self._directory.glob("*.log"))

    def _ready(self) -> bool:
        dead = [name for name, service in self.services.items() if self._ended(service)]
        assert not dead, f"{dead} ended: {self._why()}"
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def _ended(self, service: Service) -> bool:
        return service._process is not None and not service.running

    def _why(self) -> str:
        return "; ".join(
            f"{name}: {service.last_words()}" for name, service in self.services.items()
        )

    def new_miner(self) -> str:
        """An address that nobody has mined to yet."""
        return address("browser", next(self._miners))

    def ask(self, path: str) -> Any:
        """What the API answers, as JSON; None for a 404."""
        answer = httpx.get(f"{self.url}/api/v1{path}", timeout=10)
        if answer.status_code == 404:
            return None
        return answer.raise_for_status().json()

    def publish(self, *entries: Entry) -> float:
        """Publish events; the moment (unix seconds, by Redis) at which the last was added."""

        async def run() -> list[Any]:
            redis = redis_adapter.connect(self._redis)
            try:
                return await Publisher(redis).publish(entries)
            finally:
                await redis.aclose()

        return int(apart(run)[-1].partition(b"-")[0]) / 1000

    def mine(self, *entries: Entry, miner: str) -> None:
        """Publish a miner's shares and wait until their page shows them all."""
        before = self.ask(f"/public/miners/{miner}")
        wanted = len(entries) + (_shares(before) if before else 0)
        self.publish(*entries)

        def arrived() -> bool:
            page = self.ask(f"/public/miners/{miner}")
            return page is not None and _shares(page) == wanted

        eventually(arrived, lambda: f"{wanted} shares of {miner} never arrived: {self._why()}")

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""

        async def run() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self._database)
            try:
                return [tuple(row) for row in await connection.fetch(sql, *values)]
            finally:
                await connection.close()

        return apart(run)


def _shares(page: Any) -> int:
    return int(page["stats"]["shares_accepted"] + page["stats"]["shares_rejected"])


def apart(run: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine in a thread of its own: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()  # type: ignore[arg-type]


def eventually(condition: Callable[[], object], message: Callable[[], str]) -> None:
    """Wait until it becomes true; AssertionError with the message when it does not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, message()
        time.sleep(0.05)


def share(
    miner: str,
    *,
    sdiff: float = 1_000.0,
    ago: float = 0.0,
    worker: str = "kitchen",
    accepted: bool = True,
    diff: float = 512.0,
    agent: str | None = None,
) -> Entry:
    """A share of `ago` seconds back; one of more than a day is history, as a collector says."""
    fields = {
        "user": miner,
        "worker": worker,
        "diff": str(diff),
        "sdiff": str(sdiff),
        "accepted": "true" if accepted else "false",
        "source": "browser",
        "height": "976413",
        "ts": f"{time.time() - ago:.6f}",
    }
    if not accepted:
        fields["reject_reason"] = "Above target"
    if ago > 86_400:
        fields["history"] = "true"
    if agent:
        fields["agent"] = agent
    return SHARE_SUBMITTED, fields


def block(
    miner: str, *, height: int, ago: float = 0.0, worker: str = "kitchen", backed: bool = True
) -> Entry:
    """A block found `ago` seconds back; only reported where it is not `backed`."""
    return BLOCK_FOUND, {
        "user": miner,
        "worker": worker,
        "height": str(height),
        "hash": f"{height:064x}",
        "diff": "100847293444000",
        "reward": "314836251",
        "backed": str(backed).lower(),
        "source": "browser",
        "ts": f"{time.time() - ago:.6f}",
    }
