"""The arithmetic of work, pure. Work is the sum of the difficulties of accepted shares."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

HASHES_PER_WORK = 2**32
_HOUR = timedelta(hours=1)
_LEAST_SECONDS = 60.0
"""Over less than this a hashrate is noise."""

_WORKER_CHARS = 40
"""Enough to tell the workers of a farm apart."""


class Recent(NamedTuple):
    """Work by the hours of the clock, and when its miner was first seen (None: never).

    `this_hour`: since the hour began; `last_hour`: the hour before it; `day`: this hour and the
    23 before it; `day_edge`: the hour before those.
    """

    this_hour: float
    last_hour: float
    day: float
    day_edge: float
    since: datetime | None


def short_number(value: float) -> str:
    """Three significant digits with a unit: 4.29 G, 612 M."""
    for unit in ("", " k", " M", " G", " T", " P"):
        if value < 999.5:
            return f"{value:.3g}{unit}"
        value /= 1000
    return f"{value:.3g} E"


def short_worker(name: str) -> str:
    """A worker's name as sentences and tables have it; a long one is cut."""
    return name if len(name) <= _WORKER_CHARS else f"{name[: _WORKER_CHARS - 1]}…"


def hour_of(moment: datetime) -> datetime:
    """When the hour of the clock began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hashrate_ths(work: float, seconds: float) -> float:
    """The mean hashrate, in TH/s, that does this work in so many seconds."""
    return work * HASHES_PER_WORK / seconds / 1e12


def hourly_rate_ths(recent: Recent, now: datetime) -> float:
    """The mean of the last hour, or of the time since the miner came if that is shorter."""
    return _rate(recent.this_hour, recent.last_hour, recent.since, now, _HOUR)


def daily_rate_ths(recent: Recent, now: datetime) -> float:
    """The mean of the last 24 hours, or of the time since the miner came if that is shorter."""
    return _rate(recent.day, recent.day_edge, recent.since, now, 24 * _HOUR)


def _rate(
    inside: float, edge: float, since: datetime | None, now: datetime, span: timedelta
) -> float:
    """`edge` is the hour in which the span began: only the part inside the span counts."""
    if since is None:
        return 0.0
    age = now - since
    left = 1.0 if age < span else 1 - (now - hour_of(now)) / _HOUR
    seconds = min(max(age.total_seconds(), _LEAST_SECONDS), span.total_seconds())
    return hashrate_ths(inside + edge * left, seconds)
