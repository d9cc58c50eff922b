"""What a sweep carries along: the file it reads, the batch it fills, what it has counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from tbg.adapters.ckpool.files import Found, mark
from tbg.adapters.ckpool.poollog import Solved
from tbg.adapters.ckpool.record import Notes, Progress


class Verdict(Enum):
    """What becomes of a line that can be read."""

    PUBLISH = "published"
    SEEN = "already_seen"
    SKIP = "skipped"


@dataclass(slots=True)
class Counts:
    """What a run has done; `lines` = published + already_seen + quarantined."""

    files: int = 0
    published: int = 0
    already_seen: int = 0
    quarantined: int = 0
    skipped: int = 0
    partial: int = 0
    blocks: int = 0
    reported_blocks: int = 0
    connections: int = 0
    unknown_workers: int = 0
    unmatched_blocks: int = 0
    lost_blocks: int = 0
    alarms: int = 0
    links: int = 0
    unreadable: int = 0

    @property
    def lines(self) -> int:
        """Sharelog lines that were looked at."""
        return self.published + self.already_seen + self.quarantined


@dataclass(slots=True)
class Batch:
    """What was read and is neither published nor recorded yet."""

    entries: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sources: dict[str, Progress] = field(default_factory=dict)
    files: dict[str, Progress] = field(default_factory=dict)
    bad: list[dict[str, object]] = field(default_factory=list)
    solved: list[Solved] = field(default_factory=list)
    settled: list[Solved] = field(default_factory=list)
    given_up: list[Solved] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)


@dataclass(slots=True)
class Reading:
    """One file being read: what was known of it before, and the bounds that hold in it."""

    fd: int
    found: Found
    progress: Progress
    known: int
    old: int
    history: int

    def at(self, offset: int, *, lines: int) -> Progress:
        """The progress when everything before `offset` is dealt with."""
        was = self.progress
        was.offset = offset
        was.lines = lines
        was.mark = mark(self.fd, offset)
        was.reached = max(was.reached, offset)
        return was
