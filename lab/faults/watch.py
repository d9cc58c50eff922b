"""What the program logs while it runs, and smaller limits for it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from random import Random
from typing import Any, NoReturn
from unittest.mock import patch

import structlog
from redis.exceptions import RedisError
from sqlalchemy.engine import ExceptionContext

from lab.faults.compare import Finding
from lab.faults.failpoints import Process
from lab.faults.loop import FastTime
from tbg.app import ingest
from tbg.app.verifier import Verification
from tbg.core import limits, outbox
from tbg.core.tx import is_passing

ALARMS = {
    "loop_failed",
    "relay_failed",
    "sender_failed",
    "task_lost",
    "job_failed",
    "event_failed",
    "delivery_failed",
    "event_conflicts",
    "mismatch_repaired",
}
"""Log events that only permanent failures cause."""

_PLANNED = ("fails every time", "SuddenDeath")
"""Texts in errors that the schedules themselves cause."""

_heard: list[Finding] = []


def _listen(
    logger: Any,
    method: str,
    said: MutableMapping[str, Any],
) -> NoReturn:
    event = said["event"]
    error = sys.exc_info()[1]
    passing = error is not None and (isinstance(error, RedisError) or is_passing(error))
    planned = any(word in str(said.get("error", "")) for word in _PLANNED)
    if event in ALARMS and not passing and not planned:
        rest = {k: v for k, v in said.items() if k not in ("event", "exc_info", "batch_id")}
        _heard.append(Finding("error", f"{event} {rest} {error!r}"[:400]))
    raise structlog.DropEvent


def database_error(context: ExceptionContext) -> None:
    """Hear of every statement that fails; deadlocks, and what is not a passing cause, count."""
    state = getattr(context.original_exception, "sqlstate", None)
    if state == "40P01":
        _heard.append(Finding("deadlock", f"in {' '.join((context.statement or '').split())[:80]}"))
    elif context.sqlalchemy_exception is not None and not is_passing(context.sqlalchemy_exception):
        _heard.append(Finding("error", f"database: {str(context.original_exception)[:200]}"))


@contextmanager
def errors() -> Iterator[list[Finding]]:
    """Collect problems that the program logs, instead of printing them."""
    _heard.clear()
    before = structlog.get_config()
    structlog.configure(processors=[_listen])
    try:
        yield _heard
    finally:
        structlog.configure(**before)


@contextmanager
def small_world() -> Iterator[None]:
    """Waits that fit schedules of half a second; see `loop` for those that are not named."""
    with (
        patch.object(limits, "READ_BLOCK_MS", 25),
        patch.object(limits, "CLAIM_IDLE_MS", 1_600),
        patch.object(ingest, "time", FastTime),
    ):
        yield


@contextmanager
def small_batches(rng: Random) -> Iterator[None]:
    """Batches so small that there are many of each kind."""
    most = {"most": rng.choice((3, 10, 50, 500))}
    with (
        patch.dict(outbox.take.__kwdefaults__, most),
        patch.object(limits, "ROLLUP_BATCHES", rng.choice((2, 8, 64))),
        patch.object(limits, "JOB_USERS", rng.choice((2, 5, 1000))),
    ):
        yield


def disagreement(verdict: Verification) -> Iterable[Finding]:
    """Mismatches that the program's own verifier finds."""
    for name, check in verdict.checks.items():
        if check.mismatches:
            yield Finding("wrong", f"verify: {name} disagrees for users {check.users[:5]}")


async def settled(process: Process) -> None:
    """Wait for a process to end; a passing failure of it is not remarkable."""
    try:
        await process.over()
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if not (isinstance(error, RedisError) or is_passing(error)):
            _heard.append(Finding("error", f"{process.name} ended with {error!r}"[:300]))
