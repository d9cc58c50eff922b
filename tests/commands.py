"""Commands as a user types them, but in this process: a Python of its own costs each a second.

A test about the process itself (a service that runs on, signals, an exit by one) starts one.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess
from unittest.mock import patch

import structlog

from tbg.app import cli, process


def tbg(*words: object, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """Run `tbg …` to its end with these settings besides the environment's; what came of it."""
    typed = ["tbg", *map(str, words)]

    def run() -> CompletedProcess[str]:
        return contextvars.copy_context().run(_run, typed, dict(env or {}))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1) as thread:  # the test has a loop in this one
        return thread.submit(run).result()


def _run(typed: list[str], env: dict[str, str]) -> CompletedProcess[str]:
    out, err = _pipe(), _pipe()
    apart = threading.current_thread() is not threading.main_thread()  # where no signal comes
    with (
        _without_signals() if apart else nullcontext(),
        _state_of_the_process(),
        patch.dict(os.environ, env),
        patch.object(sys, "argv", typed),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code or 0
    return CompletedProcess(typed, code if isinstance(code, int) else 1, _text(out), _text(err))


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)


def _text(pipe: io.TextIOWrapper) -> str:
    pipe.flush()
    pipe.seek(0)
    return pipe.read()


@contextmanager
def _without_signals() -> Iterator[None]:
    with (
        patch.object(process, "stop_on_signals", str),  # on a loop of uvloop's
        patch.object(asyncio.SelectorEventLoop, "add_signal_handler"),
    ):
        yield


@contextmanager
def _state_of_the_process() -> Iterator[None]:
    """What a command sets once and for all because its process is its own is as it was after it."""
    logs, root = structlog.get_config(), logging.getLogger()
    named = [logging.getLogger(name) for name in ("uvicorn.access", "alembic")]
    handlers, level = root.handlers[:], root.level
    states = [(one, one.disabled, one.level) for one in named]
    threshold = gc.get_threshold()
    root.handlers.clear()  # so that nobody closes pytest's own
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for one, disabled, own_level in states:
            one.disabled = disabled
            one.setLevel(own_level)
        structlog.configure(**logs)
        gc.set_threshold(*threshold)
        gc.unfreeze()


@contextmanager
def terminated() -> Iterator[None]:
    """A service that runs in this process is sent SIGTERM as soon as it listens to it."""
    default, done = signal.getsignal(signal.SIGTERM), threading.Event()

    def send() -> None:
        while not done.is_set():
            if signal.getsignal(signal.SIGTERM) != default:
                os.kill(os.getpid(), signal.SIGTERM)
                return
            time.sleep(0.05)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        done.set()
        sender.join()
