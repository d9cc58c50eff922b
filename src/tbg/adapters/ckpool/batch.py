"""The state of a sweep: the file it reads, the batch it fills, its counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from enum import Enum

from tbg.adapters.ckpool import refusals
from tbg.adapters.ckpool.files import Found, mark
from tbg.adapters.ckpool.poollog import Solved
from tbg.adapters.ckpool.record import AHEAD, NEVER, Held, Notes, Progress
from tbg.adapters.ckpool.refusals import Refusal
from tbg.core import limits

Position = tuple[str, str, int]
"""A place in the sharelogs, in the order of reading: folder, name, offset."""


class LineOutcome(Enum):
    """What became of a line; the name of its count."""

    PUBLISH = "published"
    SEEN = "already_seen"
    SKIP = "skipped"
    BAD = "quarantined"


@dataclass(slots=True)
class Sums:
    """What a batch or a run has dealt with; `lines` = published + already_seen + quarantined.

    A run counts each line once, however often it reads it: `already_seen` are lines that were dealt
    with before the run. `notices`: quarantined lines and alarms, by name (`refusals.EXPLAINED`).
    """

    files: int = 0
    published: int = 0
    already_seen: int = 0
    quarantined: int = 0
    skipped: int = 0
    blocks: int = 0
    reported_blocks: int = 0
    connections: int = 0
    lost_blocks: int = 0
    alarms: int = 0
    notices: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """Sharelog lines that were looked at."""
        return self.published + self.already_seen + self.quarantined

    def count(self, outcome: LineOutcome) -> None:
        """Count a line."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def add(self, more: Sums) -> None:
        """Add what a batch has dealt with."""
        for one in fields(Sums):
            setattr(self, one.name, getattr(self, one.name) + getattr(more, one.name))


@dataclass(slots=True)
class Counts(Sums):
    """The sums of a run, and what its last sweep left.

    `networks`: lines held back, in this run or before it, for addresses of another network: how
    many, and one of the addresses.
    """

    partial: int = 0
    unknown_workers: int = 0
    unmatched_blocks: int = 0
    links: int = 0
    unreadable: int = 0
    networks: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(slots=True)
class PendingBatch:
    """Events that were read but are neither published nor recorded yet.

    `sums`: what counts once it is recorded; `read_to`: how far the sharelogs are read with it.
    """

    sums: Sums = field(default_factory=Sums)
    read_to: Position | None = None
    entries: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sources: dict[str, Progress] = field(default_factory=dict)
    files: dict[str, Progress] = field(default_factory=dict)
    bad: list[dict[str, object]] = field(default_factory=list)
    solved: list[Solved] = field(default_factory=list)
    settled: list[Solved] = field(default_factory=list)
    given_up: list[Solved] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    held: dict[tuple[str, str], Held] = field(default_factory=dict)

    def hold(self, said: Refusal, at: int, found: Found) -> None:
        """Remember a share that other settings, or time, will make readable."""
        if said.kind == refusals.OTHER_NETWORK:
            why, due = refusals.network_name(said.address), NEVER
        elif said.kind == refusals.AHEAD:
            why, due = AHEAD, at - int(limits.EVENT_AHEAD.total_seconds())
        else:
            return
        new = Held(found.folder, found.name, why, example=said.address)
        held = self.held.setdefault((found.path, why), new)
        held.lines += 1
        held.due = max(held.due, due)


@dataclass(slots=True)
class Reading:
    """One file being read: what was known about it before, and its limits.

    `counted`: this run has counted the lines up to there before.
    """

    fd: int
    found: Found
    progress: Progress
    known: int
    old: int
    history: int
    counted: int

    def at(self, offset: int, *, lines: int) -> Progress:
        """The progress when everything before `offset` is dealt with."""
        was = self.progress
        was.offset = offset
        was.lines = lines
        was.mark = mark(self.fd, offset)
        was.reached = max(was.reached, offset)
        return was
