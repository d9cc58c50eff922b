"""A share in the stream → the badge's frame at a browser's socket, through the real services.

`serve`, `ingest` and `relay` run in their own processes. Every socket follows two miners: one who
mines all the time, and one whose first share ever comes during the run: that share earns
`first_share`, and from its XADD to the arrival of `badge_earned` is what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from lab.bench.children import environment, running
from lab.bench.scratch import Scratch, require_fair
from lab.shares import bench_addresses
from tbg.adapters import redis as redis_adapter
from tbg.adapters.streams import SHARE_SUBMITTED, Publisher
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun

TICK_SECONDS = 0.005
_LATEST_SECONDS = 15.0
_START_SECONDS = 60.0
_OPENING = 50
_WARM_UP = 20
_EARNED = b'"badge_earned"'


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate` shares a second for `seconds`, watched by `sockets`."""

    rate: float = 1_000.0
    sockets: int = 1_000
    seconds: float = 20.0


class Watch:
    """When each new miner's share was sent and when its badge arrived (monotonic seconds)."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.arrived: dict[str, float] = {}
        self.frames = 0

    def hear(self, message: str | bytes) -> None:
        """A frame has come."""
        now = time.perf_counter()
        self.frames += 1
        raw = message.encode() if isinstance(message, str) else message
        if _EARNED not in raw:
            return
        frame = orjson.loads(raw)
        if frame["type"] == "badge_earned" and frame["data"]["badge_slug"] == "first_share":
            self.arrived.setdefault(frame["subject"].partition(":")[2], now)

    def latencies_ms(self) -> list[float]:
        """Of those that arrived, in ascending order."""
        return sorted(
            1000 * (self.arrived[miner] - sent)
            for miner, sent in self.sent.items()
            if miner in self.arrived
        )


async def measure(scratch: Scratch, plan: Plan) -> dict[str, Any]:
    """Run it; the figures. CannotRun when a badge did not arrive at all."""
    await require_fair(scratch.database_url)
    load = os.getloadavg()[0]
    _raise_file_limit(plan.sockets)
    redis = redis_adapter.connect(scratch.redis_url)
    try:
        url = await scratch.new_database("latency")
        async with services(url, scratch.redis_url) as port:
            return await _watch(redis, plan, port=port) | {"load_before": round(load, 2)}
    finally:
        await redis.aclose()
        await scratch.drop_databases()


def _raise_file_limit(sockets: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < sockets + 100:
        raise CannotRun(f"this machine allows {hard} open files: use fewer --sockets")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.asynccontextmanager
async def services(database_url: str, redis_url: str, **more: str) -> AsyncIterator[int]:
    """The three services of the way from share to socket, ready; the API's port.

    `more`: further settings of theirs.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    here = "127.0.0.1"  # as a proxy it may open as many sockets as there are
    where = {"TBG_PORT": str(port), "TBG_HOST": here, "TBG_TRUSTED_PROXIES": here}
    env = environment(database_url, redis_url, **where, **more)
    async with contextlib.AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(running(["-m", "tbg", service], env))
            for service in ("serve", "ingest", "relay")
        ]
        deadline = time.monotonic() + _START_SECONDS
        while not await _answers(port):
            if any(process.returncode is not None for process in started):
                raise CannotRun("a service ended while it started: see its message above")
            if time.monotonic() > deadline:
                raise CannotRun("the API does not start")
            await asyncio.sleep(0.1)
        yield port


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _watch(redis: Redis, plan: Plan, *, port: int) -> dict[str, Any]:
    new = max(1, min(plan.sockets, int(plan.rate * plan.seconds / 2)))
    addresses = bench_addresses(2 * plan.sockets + _WARM_UP, seed="latency")
    busy, fresh = addresses[: plan.sockets], addresses[plan.sockets : 2 * plan.sockets]
    pace = Pace(redis, busy, fresh[:new], plan, Watch())
    async with contextlib.AsyncExitStack() as stack:
        gate = asyncio.Semaphore(_OPENING)
        opened = await asyncio.gather(
            *(open_socket(stack, gate, port, pair) for pair in zip(busy, fresh, strict=True))
        )
        listening = [asyncio.create_task(listen(socket, pace.watch)) for socket in opened]
        await pace.warm_up(addresses[2 * plan.sockets :])
        begun = time.perf_counter()
        sent = await pace.run()
        took = time.perf_counter() - begun
        await pace.wait_for_the_last()
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return _result(plan, pace.watch, rate=sent / took, sent=sent)


async def open_socket(
    stack: contextlib.AsyncExitStack,
    gate: asyncio.Semaphore,
    port: int,
    miners: tuple[str, ...],
) -> ClientConnection:
    """A socket that follows these miners, confirmed."""
    async with gate:
        socket = await stack.enter_async_context(
            connect(
                f"ws://127.0.0.1:{port}/ws", compression=None, open_timeout=30, ping_interval=None
            )
        )
        channels = [f"miner:{address}" for address in miners]
        await socket.send(orjson.dumps({"op": "subscribe", "channels": channels}).decode())
        while orjson.loads(await socket.recv())["type"] != "subscribed":
            pass
        return socket


async def listen(socket: ClientConnection, watch: Watch) -> None:
    """Hear everything that a socket is sent, until it is closed."""
    async for message in socket:
        watch.hear(message)


class Pace:
    """Sends shares at a steady rate; the new miners' first ones spread over the whole run."""

    def __init__(
        self, redis: Redis, busy: list[str], fresh: list[str], plan: Plan, watch: Watch
    ) -> None:
        self._publisher = Publisher(redis)
        self._busy = busy
        self._fresh = fresh
        self._plan = plan
        self.watch = watch
        self._count = 0

    async def warm_up(self, miners: list[str]) -> None:
        """Everybody who mines all the time has done so before; and the services have seen a few."""
        await self.send([*self._busy, *miners[: len(miners) // 2]])
        for miner in miners[len(miners) // 2 :]:
            await asyncio.sleep(0.1)
            await self.send([miner])
        await asyncio.sleep(2)

    async def run(self) -> int:
        """Send them all, each when its time has come; how many."""
        total = int(self._plan.rate * self._plan.seconds)
        every = total / len(self._fresh)
        begun, sent, met = time.perf_counter(), 0, 0
        while sent < total:
            due = min(total, int((time.perf_counter() - begun) * self._plan.rate) + 1)
            miners: list[str] = []
            for number in range(sent, due):
                if met < len(self._fresh) and number >= met * every:
                    miners.append(self._fresh[met])
                    met += 1
                else:
                    miners.append(self._busy[number % len(self._busy)])
            if miners:
                await self.send(miners)
                sent = due
            await asyncio.sleep(TICK_SECONDS)
        return sent

    async def wait_for_the_last(self) -> None:
        """Until every badge is there, or it is hopeless."""
        deadline = time.perf_counter() + _LATEST_SECONDS
        while time.perf_counter() < deadline:
            if all(miner in self.watch.arrived for miner in self._fresh):
                return
            await asyncio.sleep(0.05)

    async def send(self, miners: list[str]) -> None:
        """Send a share of each of these miners now."""
        entries = [(SHARE_SUBMITTED, self._share(miner)) for miner in miners]
        now = time.perf_counter()
        fresh = set(self._fresh)
        self.watch.sent |= {miner: now for miner in miners if miner in fresh}
        await self._publisher.publish(entries)

    def _share(self, miner: str) -> dict[str, str]:
        self._count += 1
        digest = blake2b(f"{miner}/{self._count}".encode(), digest_size=32).hexdigest()
        return {
            "user": miner,
            "worker": "bench",
            "diff": "1024.0",
            "sdiff": "2048.0",
            "accepted": "true",
            "source": "bench",
            "hash": digest,
            "event_id": digest,
            "ts": f"{SystemClock().now().timestamp():.6f}",
        }


def _result(plan: Plan, watch: Watch, *, rate: float, sent: int) -> dict[str, Any]:
    found = watch.latencies_ms()
    if len(found) < len(watch.sent):
        lost = len(watch.sent) - len(found)
        raise CannotRun(f"{lost} of {len(watch.sent)} badges did not arrive")

    def at(part: float) -> float:
        return round(found[min(len(found) - 1, int(part * len(found)))], 1)

    return {
        "rate": plan.rate,
        "sockets": plan.sockets,
        "seconds": plan.seconds,
        "events": sent,
        "events_per_s": round(rate, 1),
        "badges": len(found),
        "frames": watch.frames,
        "p50_ms": at(0.50),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
        "max_ms": round(found[-1], 1),
        "cores": os.cpu_count(),
    }
