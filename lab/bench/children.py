"""Our own programs as child processes of a measurement, on the scratch servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from typing import cast

from lab.bench.consumer import Drained
from tbg.app.local import processes
from tbg.core.errors import CannotRun

_START_SECONDS = 60.0


def environment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """A child's environment: none of the operator's settings, only the temporary servers."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("TBG_")}
    return plain | {
        "TBG_DATABASE_URL": database_url,
        "TBG_REDIS_URL": redis_url,
        "TBG_NETWORK": "mainnet",
        "TBG_LOG_LEVEL": "error",
        "TBG_METRICS_PORT": "0",
        **more,
    }


@contextlib.asynccontextmanager
async def running(
    words: list[str], env: dict[str, str], *, stdin: bool = False
) -> AsyncIterator[Process]:
    """One of our programs (`python WORDS`) until the block ends; then it is asked to stop."""
    process = await asyncio.create_subprocess_exec(
        *processes.launcher(),  # it ends when we do, however we end
        sys.executable,
        *words,
        env=env,
        stdin=PIPE if stdin else DEVNULL,
        stdout=PIPE if stdin else DEVNULL,
        # Away from a `.env` or `tbg.toml` of the operator's.
        cwd="/",
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


class Consumers:
    """Consumers that wait, and drain the streams together when told to."""

    def __init__(self, running: list[Process]) -> None:
        self._processes = running

    async def drain(self) -> list[Drained]:
        """Have all of them take what is in the streams; one result each."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
        return [cast("Drained", json.loads(await _line(each))) for each in self._processes]


@contextlib.asynccontextmanager
async def consumers(
    count: int, *, batch: int, database_url: str, redis_url: str
) -> AsyncIterator[Consumers]:
    """`count` consumers, each in its own process, ready."""
    words = ["-m", "lab.bench.consumer", str(batch)]
    env = environment(database_url, redis_url)
    async with contextlib.AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(running(words, env, stdin=True)) for _ in range(count)
        ]
        for process in started:
            await asyncio.wait_for(_line(process), _START_SECONDS)
        yield Consumers(started)


async def _line(process: Process) -> str:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise CannotRun("a consumer ended too early: see its message above")
    return line.decode()
