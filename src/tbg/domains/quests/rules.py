"""The rules of quests, pure: what a quest is, its periods, and what is told of a completion."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeAlias

from tbg.domains.gamification.rules import get_week_iso, get_week_start

PeriodKind: TypeAlias = Literal["once", "daily", "weekly", "season"]

EXTERNAL = "external"
"""The fact of quests that another system completes."""

COMPLETED = "quest_completed"
"""The event of badges that quests award."""

SEASON_WEEKS = 13
_SEASONS = 4
_BEGINNING, _END = date(2009, 1, 3), date(9999, 12, 31)
_DAY = timedelta(days=1)

LIVE_FOR = timedelta(days=1)
"""A completion further back is history, as for the collector."""

CLOSE_GRACE = timedelta(minutes=5)
"""How long after its end a period's last facts may arrive and still be told of."""


class Quest(NamedTuple):
    """A quest: so much of a fact in one period. `starts` and `ends` are its first and last day."""

    slug: str
    name: str
    description: str
    period: PeriodKind
    fact: str
    threshold: float
    xp: int
    badge: str | None
    starts: date | None
    ends: date | None
    sort_order: int


class Period(NamedTuple):
    """One period of a quest: its key, and the days from `first` up to, but without, `end`."""

    key: str
    first: date
    end: date


def period_of(quest: Quest, day: date) -> Period | None:
    """The period of a quest that a day belongs to; None outside the quest's days."""
    if (quest.starts and day < quest.starts) or (quest.ends and day > quest.ends):
        return None
    whole = _PERIODS[quest.period](day)
    first = max(whole.first, quest.starts or whole.first)
    return Period(whole.key, first, min(whole.end, quest.ends + _DAY if quest.ends else whole.end))


def season_of(day: date) -> Period:
    """The season of a day: 13 ISO weeks, the year's last ones to its end."""
    year, week, _ = day.isocalendar()
    number = min((week - 1) // SEASON_WEEKS + 1, _SEASONS)
    first = date.fromisocalendar(year, SEASON_WEEKS * (number - 1) + 1, 1)
    last = number == _SEASONS
    end = (
        date.fromisocalendar(year + 1, 1, 1)
        if last
        else date.fromisocalendar(year, SEASON_WEEKS * number + 1, 1)
    )
    return Period(f"{year}-S{number}", first, end)


def _week_of(day: date) -> Period:
    monday = get_week_start(day)
    return Period(get_week_iso(day), monday, monday + 7 * _DAY)


_PERIODS = {
    "once": lambda day: Period("once", _BEGINNING, _END),  # noqa: ARG005 - as the others
    "daily": lambda day: Period(day.isoformat(), day, day + _DAY),
    "weekly": _week_of,
    "season": season_of,
}


def end_of(period: Period) -> datetime | None:
    """The moment at which a period ends; None if it does not."""
    return None if period.end == _END else datetime.combine(period.end, time(), UTC)


def is_silent(at: datetime, period: Period, *, now: datetime) -> bool:
    """Whether a completion is history, or late for a period that is closed."""
    end = end_of(period)
    return now - at > LIVE_FOR or (end is not None and now - end > CLOSE_GRACE)
