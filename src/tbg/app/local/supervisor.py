"""Keeps servers and services alive until stopped, then stops them in the right order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from tbg.app.local import servers as running
from tbg.app.local.children import Child
from tbg.app.local.report import Report
from tbg.app.local.servers import Server
from tbg.core.errors import BadArguments, CannotRun

BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits before a child is started again; the last one repeats."""

STEADY_SECONDS = 60.0
"""A child that lived this long starts again with the shortest wait."""

STARTS = 4
"""A service that ends this often before all is up does not come up at all."""

STOP_SECONDS = 8.0
"""How long the services may take to finish their current work."""

WRONG_ARGUMENTS = 2
"""No second start helps: so all is refused, unless the game is up already."""


class Supervisor:
    """One process tree: servers first, then services; in the other order at the end."""

    def __init__(self, *, report: Report, on_change: Callable[[dict[str, int]], None]) -> None:
        self.servers: list[Server] = []
        self.children: list[Child] = []
        self.stop = asyncio.Event()
        self._force = asyncio.Event()
        self._report = report
        self._on_change = on_change
        self._tasks: list[asyncio.Task[None]] = []
        self._up = False

    def listen_to_signals(self) -> None:
        """First Ctrl-C (or SIGTERM, or a closed terminal): stop cleanly; the second: at once."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(sign, self._asked)

    def _asked(self) -> None:
        if self.stop.is_set():
            self._force.set()
        else:
            self._report.say("stopping", "Stopping (Ctrl-C again to force).")
        self.stop.set()

    async def start_servers(self, servers: Sequence[Server]) -> None:
        """Start the embedded servers and keep them; CannotRun when one does not come up."""
        for server in servers:
            await asyncio.to_thread(server.end_leftovers)
            server.spawn()
            self.servers.append(server)
        for server in servers:
            if await self._server_ready(server):
                self._tasks.append(asyncio.create_task(self._keep_server(server)))

    async def _server_ready(self, server: Server) -> bool:
        deadline = asyncio.get_running_loop().time() + server.start_within_s
        while not await asyncio.to_thread(server.ready):
            running.check_alive(server)
            if asyncio.get_running_loop().time() > deadline:
                raise CannotRun(f"{server.name} does not become ready: see {server.log}")
            if self.stop.is_set():
                return False
            await asyncio.sleep(0.02)
        return True

    async def _keep_server(self, server: Server) -> None:
        tries = 0
        while True:
            began = asyncio.get_running_loop().time()
            assert server.process is not None
            while (code := server.process.poll()) is None:
                await asyncio.sleep(0.2)
            if self.stop.is_set():
                return
            tries = 0 if asyncio.get_running_loop().time() - began > STEADY_SECONDS else tries
            await self._pause(server.name, how=_how(code), tries=tries)
            tries += 1
            if self.stop.is_set():
                return
            await asyncio.to_thread(server.end_leftovers)
            server.spawn()

    def start_children(self, children: Sequence[Child]) -> None:
        """Start the services and keep them."""
        for child in children:
            self.children.append(child)
            self._tasks.append(asyncio.create_task(self._keep_child(child)))

    async def _keep_child(self, child: Child) -> None:
        tries = starts = 0
        while not self.stop.is_set():
            began = asyncio.get_running_loop().time()
            code = await child.run_once(on_start=lambda: self._started(child))
            if self.stop.is_set():
                return
            starts += 1
            if not self._up and code == WRONG_ARGUMENTS:
                raise BadArguments(f"{child.name}: {_bare(child.last_line)}")
            if not self._up and starts >= STARTS:
                raise CannotRun(
                    f"{child.name} does not start ({_how(code)}): {_bare(child.last_line)} "
                    f"(see {child.log})"
                )
            tries = 0 if asyncio.get_running_loop().time() - began > STEADY_SECONDS else tries
            said = child.last_line.startswith("tbg: ")
            why = f"{_how(code)}: {_bare(child.last_line)}" if said else _how(code)
            await self._pause(child.name, how=why, tries=tries)
            tries += 1

    async def _pause(self, name: str, *, how: str, tries: int) -> None:
        wait = BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)]
        self._report.say(
            "ended",
            f"{name} ended ({how}); restarting it in {wait:g} s",
            level="warning",
            service=name,
            how=how,
            again_in_s=wait,
        )
        await self._until_stop(wait)

    async def _until_stop(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)

    def _started(self, child: Child) -> None:
        if self.stop.is_set():  # stopped while it was being started
            child.send(signal.SIGTERM)
        self._on_change({child.name: child.pid for child in self.children if child.pid})

    async def until(self, condition: Callable[[], object], *, every_s: float = 0.05) -> bool:
        """Wait until it holds (True) or we must stop (False); raises what a child raised."""
        while not self.stop.is_set():
            self._raise_failures()
            answer = condition()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer:
                self._up = True
                return True
            await self._until_stop(every_s)
        return False

    async def wait(self) -> None:
        """Keep everything running until stopped; raises what a child raised."""
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait({stopping, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        self._raise_failures()

    def _raise_failures(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def stop_all(self) -> None:
        """Services first, so that none sees its servers go; then Valkey; then PostgreSQL."""
        self.stop.set()
        await self._stop_children()
        for server in reversed(self.servers):
            await self._stop_server(server)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stop_children(self) -> None:
        for child in self.children:
            child.send(signal.SIGTERM)
        if await self._gone(lambda: any(child.pid for child in self.children), STOP_SECONDS):
            return
        for child in self.children:
            if child.pid is not None:
                self._report.say(
                    "killed",
                    f"{child.name} did not stop in time and was killed",
                    level="warning",
                    service=child.name,
                )
            child.send(signal.SIGKILL)
        await self._gone(lambda: any(child.pid for child in self.children), STOP_SECONDS)

    async def _stop_server(self, server: Server) -> None:
        if server.process is None:
            return
        process = server.process
        if self._force.is_set():
            server.force_to_stop()
        else:
            server.ask_to_stop()
        if not await self._gone(lambda: process.poll() is None, server.stop_within_s):
            server.force_to_stop()
            await self._gone(lambda: process.poll() is None, server.stop_within_s)

    async def _gone(self, alive: Callable[[], bool], patience_s: float) -> bool:
        """Whether it ended in time (and before a second Ctrl-C cut that short)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        forced = self._force.is_set()
        while alive():
            if loop.time() > deadline or (self._force.is_set() and not forced):
                return False
            await asyncio.sleep(0.02)
        return True


def _how(code: int) -> str:
    """An exit code in words."""
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _bare(line: str) -> str:
    """A service's error line without the program's name, which ours will bear again."""
    return line.removeprefix("tbg: ")
