"""Time is passed in: nothing in the program asks the operating system for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, in UTC."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment as the machine knows it."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved; for tests and for replays."""

    at: datetime

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Move it by `by` (backwards when negative)."""
        self.at += by
