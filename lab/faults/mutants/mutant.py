"""Planted bugs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from lab.faults.compare import Sort
from lab.faults.outcome import Outcome
from lab.faults.schedule import run_schedule
from lab.faults.scratch import Scratch

Plant = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug that can be planted while schedules run. `shows`: findings that it causes in schedules
    of its kind.
    """

    name: str
    bug: str
    shows: frozenset[Sort]
    plant: Plant
    schedule: Callable[[Scratch, int], Awaitable[Outcome]] = run_schedule


def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Plant:
    """Plant what `make` makes of an attribute of the program, given the real one."""

    @contextmanager
    def plant() -> Iterator[None]:
        with patch.object(owner, name, make(getattr(owner, name))):
            yield

    return plant


def rewritten(owner: Any, name: str, old: str, new: str) -> Plant:
    """Plant a statement (a constant of the program) in which `old` reads `new`."""

    def make(sql: str) -> str:
        assert old in sql, f"{name} has no {old!r} any more: mend this mutant"
        return sql.replace(old, new)

    return replaced(owner, name, make)


Method = Callable[..., Awaitable[Any]]
