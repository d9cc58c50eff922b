"""When scheduled work is due: declared by the domains, without the queue that wakes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tbg.core.tx import Database


@dataclass(frozen=True, slots=True)
class Cron:
    """A domain's scheduled job, in UTC: at `minute` (None: every minute) of `hour` on `weekday`.

    `every_s`, `every_min`: that many seconds or minutes apart instead, a divisor of 60. `after`:
    whenever that job, which comes earlier in the list, has succeeded.

    `weekday` counts from Monday, 0; None means every day. `run` gets the database, makes its own
    transactions, and is harmless when run twice, late, or by two workers at once. Its name is that
    of its metrics and of its mark in `job_marks`.
    """

    name: str
    run: Callable[[Database], Awaitable[object]]
    minute: int | None = 0
    hour: int | None = None
    weekday: int | None = None
    every_s: int | None = None
    every_min: int | None = None
    after: str | None = None

    @property
    def minutes(self) -> set[int] | None:
        """The minutes of an hour at which it may be due; None: each."""
        if self.every_min is not None:
            return set(range(0, 60, self.every_min))
        return None if self.every_s is not None or self.minute is None else {self.minute}

    @property
    def seconds(self) -> set[int]:
        """The seconds of a minute at which it may be due."""
        return set(range(0, 60, self.every_s or 60))

    def last_due(self, now: datetime) -> datetime:
        """The last moment, up to and including `now`, at which it was due."""
        moment = now.replace(second=now.second - now.second % (self.every_s or 60), microsecond=0)
        if self.every_s is not None:
            return moment
        if self.every_min is not None:
            return moment.replace(minute=moment.minute - moment.minute % self.every_min)
        if self.minute is not None:
            moment = _back(moment, timedelta(minutes=1), moment.minute - self.minute, 60)
        if self.hour is not None:
            moment = _back(moment, timedelta(hours=1), moment.hour - self.hour, 24)
        if self.weekday is not None:
            moment = _back(moment, timedelta(days=1), moment.weekday() - self.weekday, 7)
        return moment


def _back(moment: datetime, unit: timedelta, by: int, period: int) -> datetime:
    return moment - unit * (by % period)
