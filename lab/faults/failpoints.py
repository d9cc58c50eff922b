"""Failpoints: before and after every statement, commit and Redis command of a simulated process.

A simulated process is one asyncio task and all tasks it starts; what runs in it finds it through
a context variable. When it dies it does nothing more: its connections are cut where they are,
and whatever its clean-up code tries next fails at the next failpoint.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import Any, Protocol

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import event
from sqlalchemy.util import await_only

from lab.faults.loop import pause
from tbg.core.tx import Database

_CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)
_STILL_SECONDS = 0.3
"""Real time that a pause lasts at most."""


class SuddenDeath(BaseException):
    """The simulated process is gone; no `except Exception` of the program may stop it."""


class Action(Enum):
    """What happens at a failpoint."""

    DIE = auto()  # the process is gone, as after SIGKILL
    CUT = auto()  # its connection is lost: the command is not sent, or its reply is lost
    PAUSE = auto()  # it pauses for longer than other consumers wait
    UNGROUP = auto()  # Redis loses the consumer group
    READD = auto()  # a producer sends old events again, under new entry ids


@dataclass(slots=True)
class Fault:
    """`action` at the nth visit of a failpoint whose name begins with `where` (side: when)."""

    where: str
    side: str
    nth: int
    action: Action

    def __str__(self) -> str:
        return f"{self.action.name} {self.side} {self.where or 'anything'} #{self.nth}"


class World(Protocol):
    """What a fault may do to the servers; the schedules' `Scratch` does it.

    `steps`: failpoints passed so far, by all processes.
    """

    steps: int

    async def terminate(self, backend_pid: int) -> None:
        """End a backend of PostgreSQL."""

    async def meddle(self, action: Action) -> None:
        """Carry out UNGROUP or READD."""


@dataclass(slots=True, eq=False)
class Process:
    """A simulated process and what is going to happen to it."""

    name: str
    world: World
    rng: Random
    faults: list[Fault] = field(default_factory=list)
    dead: bool = False
    task: asyncio.Task[None] | None = None
    trace: deque[str] = field(default_factory=lambda: deque(maxlen=40))
    happened: list[str] = field(default_factory=list)

    def start(self, main: Callable[[], Awaitable[None]]) -> None:
        """Run `main` as this process."""

        async def life() -> None:
            _CURRENT.set(self)
            try:
                await main()
            except SuddenDeath:
                return

        self.task = asyncio.create_task(life())

    def die(self) -> None:
        """Be gone from now on."""
        if not self.dead:
            self.dead = True
            if self.task is not None and not self.task.done():
                asyncio.get_running_loop().call_soon(self.task.cancel)

    async def over(self) -> None:
        """Wait until nothing of it runs any more; what it failed of is raised."""
        if self.task is None:
            return
        await asyncio.wait({self.task})
        if not self.task.cancelled():
            failed = self.task.exception()
            if failed is not None and not self.dead:
                raise failed

    async def reach(self, point: str, side: str) -> Action | None:
        """Pass a failpoint: the fault that strikes here (DIE and CUT are the caller's to do)."""
        if self.dead:
            raise SuddenDeath
        self.trace.append(f"{side} {point}")
        self.world.steps += 1
        for fault in self.faults:
            if fault.side == side and point.startswith(fault.where):
                fault.nth -= 1
                if fault.nth == 0:
                    return await self._strike(fault, point)
        await self._dither(point)
        if self.dead:  # killed in the meantime
            raise SuddenDeath
        return None

    async def _strike(self, fault: Fault, point: str) -> Action | None:
        self.faults.remove(fault)
        self.happened.append(f"{self.name}: {fault.action.name} {fault.side} {point}")
        if fault.action is Action.PAUSE:
            await self._stand_still()
            return None
        if fault.action in (Action.UNGROUP, Action.READD):
            await self.world.meddle(fault.action)
            return None
        return fault.action

    async def _stand_still(self) -> None:
        """Until others have got on: by a time they notice, and by steps however slow they are."""
        until, steps = time.monotonic() + _STILL_SECONDS, self.world.steps
        await pause(self.rng.uniform(0.01, 0.07))
        steps += self.rng.randint(20, 200)
        while self.world.steps < steps and time.monotonic() < until:
            await pause(0.003)

    async def _dither(self, point: str) -> None:
        """Let others go first now and then, so that tasks meet in every order.

        Most often while a user's row is locked, because that is where they conflict.
        """
        chance = self.rng.random()
        if chance < (0.3 if "user_gamification" in point else 0.03):
            await pause(self.rng.uniform(0.0005, 0.004))
        elif chance < 0.3:
            await asyncio.sleep(0)


class _PgConnection(asyncpg.Connection):
    """asyncpg's connection, with failpoints around BEGIN, COMMIT and ROLLBACK."""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        process = _CURRENT.get()
        if process is None:
            return await super().execute(query, *args, timeout=timeout)
        await self.fail(process, query, "before")
        done = await super().execute(query, *args, timeout=timeout)
        if await self.fail(process, query, "after") is Action.CUT:
            # Done by the server, but we never hear of it.
            self.terminate()
            raise asyncpg.exceptions.ConnectionDoesNotExistError("cut by the fault harness")
        return done

    async def fail(self, process: Process, point: str, side: str) -> Action | None:
        """Pass a failpoint on this connection."""
        try:
            action = await process.reach(point, side)
        except SuddenDeath:
            self.terminate()
            raise
        if action is Action.DIE:
            process.die()
            self.terminate()
            raise SuddenDeath
        if action is Action.CUT and side == "before":
            await process.world.terminate(self.get_server_pid())
        return action


def arm_database(database: Database) -> None:
    """Put failpoints into a pool of connections."""
    engine = database.engine.sync_engine

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, words: Any, options: dict[str, Any]) -> None:
        options["connection_class"] = _PgConnection

    @event.listens_for(engine, "before_cursor_execute")
    def before(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        _statement(connection, statement, "before")

    @event.listens_for(engine, "after_cursor_execute")
    def after(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        _statement(connection, statement, "after")


def _statement(connection: Any, statement: str, side: str) -> None:
    process = _CURRENT.get()
    if process is None:
        return
    driver: _PgConnection = connection.connection.driver_connection
    point = " ".join(statement[:200].split())[:60]

    async def fail() -> None:
        if await driver.fail(process, point, side) is Action.CUT and side == "after":
            await process.world.terminate(driver.get_server_pid())

    await_only(fail())


class _RedisFailpoints(AbstractConnection):
    """Put before a client's own kind of connection: failpoints before a command, after a reply."""

    _sent = ""

    async def send_packed_command(self, command: Any, *args: Any, **kwargs: Any) -> None:
        process = _CURRENT.get()
        if process is not None:
            self._sent = _first_word(command)
            await self._fail(process, "before")
        await super().send_packed_command(command, *args, **kwargs)

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        reply = await super().read_response(*args, **kwargs)
        process = _CURRENT.get()
        if process is not None:
            await self._fail(process, "after")
        return reply

    async def _fail(self, process: Process, side: str) -> None:
        try:
            action = await process.reach(self._sent, side)
        except SuddenDeath:
            await self.disconnect(nowait=True)
            raise
        if action in (Action.DIE, Action.CUT):
            await self.disconnect(nowait=True)
        if action is Action.DIE:
            process.die()
            raise SuddenDeath
        if action is Action.CUT:
            raise RedisConnectionError("cut by the fault harness")


def _first_word(command: Any) -> str:
    packed: Iterable[bytes] = [command] if isinstance(command, bytes) else command
    head = b"".join(part for part in list(packed)[:3])[:64]
    lines = head.split(b"\r\n")
    return lines[2].decode(errors="replace") if len(lines) > 2 else "?"


def arm_redis(redis: Redis) -> None:
    """Put failpoints into a client."""
    pool = redis.connection_pool
    pool.connection_class = type("Faulty", (_RedisFailpoints, pool.connection_class), {})


Main = Callable[[], Coroutine[Any, Any, None]]
