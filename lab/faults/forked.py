"""Commands in their own processes, forked from one that has imported what they need.

A service spends most of its first second on imports, and twenty kills would cost that twenty times.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tbg.app.local import launch, processes

_COMMANDS = ("collect", "ingest", "relay", "sender")
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tbg.app.cli", *(f"tbg.app.cli.{name}" for name in _COMMANDS)])


def start(
    *words: str | Path, env: Mapping[str, str], directory: Path, log: Path
) -> ForkServerProcess:
    """Start `tbg WORDS…` with only `env`; its output is added to `log`. Killed when we end."""
    return start_call(run_command, *map(str, words), env=env, directory=directory, log=log)


def start_call(
    function: Callable[..., None],
    *arguments: str | int,
    env: Mapping[str, str],
    directory: Path,
    log: Path,
) -> ForkServerProcess:
    """Call a function of a module in such a process."""
    words = (function, arguments, dict(env), directory, log)
    process = _CONTEXT.Process(target=_become, args=words)
    process.start()
    return process


def _become(
    function: Callable[..., None],
    arguments: tuple[str | int, ...],
    env: Mapping[str, str],
    directory: Path,
    log: Path,
) -> None:
    launch.die_with(os.getppid(), signal.SIGKILL)  # the process that forked us ends when ours does
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    with processes.open_log(log) as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    function(*arguments)


def run_command(*words: str) -> None:
    """`tbg WORDS…` in this process, as `python -m tbg` does."""
    sys.argv = ["tbg", *words]
    runpy.run_module("tbg", run_name="__main__")
