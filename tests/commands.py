"""Commands of `tbg` run in this process: as cheap as a function, as whole as a program."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
import structlog

from tbg.app import cli


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def run(*words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Done:
    """Run a command to its end."""
    capsys.readouterr()
    with monkeypatch.context() as patch, _as_before():
        patch.setattr(sys, "argv", ["tbg", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    code = ended.value.code
    return Done(int(code or 0), *capsys.readouterr())


@contextmanager
def _as_before() -> Iterator[None]:
    """What a service sets up for its whole process is undone."""
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    thresholds = gc.get_threshold()
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.root.handlers[:], logging.root.level = handlers, level
        gc.unfreeze()
        gc.set_threshold(*thresholds)


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
