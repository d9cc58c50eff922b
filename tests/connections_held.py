"""Looks for code that waits for argon2 or Redis while it holds a database connection.

A process has few connections: one that is held while Redis hangs, or while argon2 takes its time,
is missing to everybody else. A test during which the program did so fails, whichever code it was.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]
from redis.asyncio.connection import AbstractConnection
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tbg.adapters.hashing import Hashing

_TESTS = str(Path(__file__).parent)
_PROGRAM = str(Path(__file__).parents[1] / "src" / "tbg")
# The harness breaks things on purpose, and holds what it likes.
_NOT_SERVED = f"{Path(__file__).parents[1]}/lab/"
_WRAPPERS = ("core/tx.py", "adapters/hashing.py")

_holders: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
_found: list[str] = []


@event.listens_for(Pool, "checkout")
def _taken(_dbapi: object, record: Any, _proxy: object) -> None:
    task = _task()
    if task is not None and _program_frame() is not None:
        record.info["held_by"] = task
        _holders[task] = _holders.get(task, 0) + 1


@event.listens_for(Pool, "checkin")
def _given_back(_dbapi: object, record: Any) -> None:
    task = record.info.pop("held_by", None)
    if task is not None:
        _holders[task] = _holders.get(task, 1) - 1


def _task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _look(what: str) -> None:
    task = _task()
    if task is None or not _holders.get(task):
        return
    if (where := _program_frame(or_test=True)) is not None:
        _found.append(f"{where} waits for {what} while it holds a database connection")


def _program_frame(*, or_test: bool = False) -> str | None:
    """The line of the program that asks for something; None where a test asks for it itself.

    With `or_test`, whatever a test has in between, as a route of its own.
    """
    for frame in _frames():
        name = frame.f_code.co_filename
        if name.startswith(_NOT_SERVED) or (name.startswith(_TESTS) and not or_test):
            return None
        if name.startswith(_PROGRAM):
            relative = name.removeprefix(f"{_PROGRAM}/")
            if relative not in _WRAPPERS:
                return f"{relative}:{frame.f_lineno}"
    return None


def _frames() -> Iterator[FrameType]:
    """Frames from the innermost out; SQLAlchemy works in a greenlet, whose parent awaits it."""
    frame: FrameType | None = sys._getframe(2)
    inner: greenlet | None = getcurrent()
    while inner is not None:
        while frame is not None:
            if frame.f_code.co_filename != __file__:
                yield frame
            frame = frame.f_back
        inner = inner.parent
        frame = inner.gr_frame if inner is not None else None


def _watch(owner: type, name: str, what: str) -> None:
    original = getattr(owner, name)

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        _look(what)
        return original(self, *args, **kwargs)

    setattr(owner, name, watched)


_watch(AbstractConnection, "send_packed_command", "Redis")
_watch(Hashing, "hash", "argon2")
_watch(Hashing, "verify", "argon2")


def take_found() -> list[str]:
    """What was found since the test began, or was asked last."""
    found = list(_found)
    _found.clear()
    return found


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, Any, Any]:
    """Fail the test during which it happened."""
    _found.clear()
    result = yield
    if _found:
        pytest.fail(f"held for too long: {sorted(set(_found))[:3]}", pytrace=False)
    return result
