"""The game's rules, pure: levels, weeks, streaks, thresholds. No database, clock or network."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

SHARES_PER_XP = 100
PERSONAL_BEST_XP = 50
STREAK_XP = 25
LESSON_XP = 25
TRACK_XP = 50
COMPETITION_XP = 200

XP_SOURCES = {
    "badge": True,  # the badges of both users are united
    "share": True,
    "personal_best": True,
    "streak": True,
    "lesson": False,
    "track": False,
    "competition": False,
    "quest": False,
    "correction": False,
    "merge": True,  # it closes a ledger: each merge writes its own
}
"""What XP is granted for → whether it can be derived again from what was mined and earned.

A merge grants again what cannot be. Only these sources are accepted; a new one needs a migration as
well, which adds it to the ledger's constraint `xp_ledger_source`.
"""

REDERIVABLE = tuple(source for source, rederivable in XP_SOURCES.items() if rederivable)
"""The sources that a merge derives again from the facts of both users."""


class Threshold(NamedTuple):
    """One level: `cumulative` XP reach it; `xp_required` is the documents' own column."""

    level: int
    title: str
    xp_required: int
    cumulative: int


LEVELS = (
    Threshold(1, "Nocoiner", 0, 0),
    Threshold(2, "Curious Cat", 100, 100),
    Threshold(3, "Hash Pupil", 500, 600),
    Threshold(4, "Solo Miner", 1_000, 1_600),
    Threshold(5, "Difficulty Hunter", 2_500, 4_100),
    Threshold(6, "Share Collector", 3_000, 7_100),
    Threshold(7, "Hash Veteran", 3_500, 10_600),
    Threshold(8, "Block Chaser", 4_000, 14_600),
    Threshold(9, "Nonce Grinder", 5_000, 19_600),
    Threshold(10, "Hashrate Warrior", 10_000, 29_600),
    Threshold(15, "Diff Hunter", 25_000, 79_600),
    Threshold(20, "Mining Veteran", 50_000, 179_600),
    Threshold(25, "Satoshi's Apprentice", 100_000, 429_600),
    Threshold(30, "Cypherpunk", 250_000, 929_600),
    Threshold(50, "Timechain Guardian", 1_000_000, 4_929_600),
)
_CUMULATIVE = [threshold.cumulative for threshold in LEVELS]


class LevelProgress(NamedTuple):
    """The level of a total of XP; at the last level there is nothing left to reach."""

    level: int
    title: str
    xp_into_level: int
    xp_for_level: int
    xp_to_next_level: int
    next_level: int
    next_title: str


def compute_level(total_xp: int) -> LevelProgress:
    """The level that `total_xp` (≥ 0) reaches, and the way to the next one."""
    if total_xp < 0:
        raise ValueError("a total of XP is never negative")
    index = bisect_right(_CUMULATIVE, total_xp) - 1
    here = LEVELS[index]
    into = total_xp - here.cumulative
    if here is LEVELS[-1]:
        return LevelProgress(here.level, here.title, into, 0, 0, here.level, here.title)
    after = LEVELS[index + 1]
    span = after.cumulative - here.cumulative
    return LevelProgress(here.level, here.title, into, span, span - into, after.level, after.title)


def share_xp(before: int, after: int) -> int:
    """XP for the full hundreds of accepted shares between two lifetime totals."""
    return after // SHARES_PER_XP - before // SHARES_PER_XP


def get_week_start(moment: date | datetime) -> date:
    """The Monday of the mining week (UTC) that a moment is in."""
    day = moment.date() if isinstance(moment, datetime) else moment
    return day - timedelta(days=day.weekday())


def get_week_iso(moment: date | datetime) -> str:
    """The mining week as `2026-W09`: the ISO year, not the calendar's."""
    year, week, _ = moment.isocalendar()
    return f"{year:04d}-W{week:02d}"


@lru_cache(maxsize=1024)  # a batch asks for the same few weeks thousands of times
def week_start_of(week_iso: str) -> date:
    """The Monday of a week written as `2026-W09`."""
    return date.fromisocalendar(int(week_iso[:4]), int(week_iso[6:]), 1)


class Streak(NamedTuple):
    """A run of consecutive active weeks: its length, its first and its last Monday."""

    weeks: int
    start: date
    end: date


def streaks(week_starts: Iterable[date]) -> list[Streak]:
    """The runs of consecutive weeks among the Mondays of active weeks, oldest first."""
    runs: list[Streak] = []
    for monday in sorted(set(week_starts)):
        if runs and monday - runs[-1].end == timedelta(weeks=1):
            runs[-1] = Streak(runs[-1].weeks + 1, runs[-1].start, monday)
        else:
            runs.append(Streak(1, monday, monday))
    return runs


def shown_streak(run: int, last_active_week: str | None, today: date) -> int:
    """The length today of a streak of `run` weeks that ends with `last_active_week`.

    The current week adds one as soon as it is active; a streak that ended before the last closed
    week is over, whether or not the Monday check has run yet.
    """
    if last_active_week is None:
        return 0
    weeks_ago = (get_week_start(today) - week_start_of(last_active_week)).days // 7
    return run if weeks_ago <= 1 else 0


def week_end(week_start: date) -> datetime:
    """The moment (UTC) a week is closed: the Monday after it, 00:00."""
    return datetime.combine(week_start + timedelta(weeks=1), time(), UTC)


CHECK_GRACE = timedelta(minutes=5)
"""How long after its end a week is left open: Sunday's last shares are still on their way."""


def running_week(moment: datetime) -> date:
    """The Monday of the week that checks take as running; all before it are closed."""
    return get_week_start(moment - CHECK_GRACE)


def is_warning_time(moment: datetime) -> bool:
    """Whether to warn of streaks that are about to end: Sunday from 18:00 UTC."""
    return moment.weekday() == 6 and moment.hour >= 18


def closed_run(run: int, last_active_week: str | None, today: date) -> int:
    """How many weeks of a run ending with `last_active_week` count up to the last closed week.

    0 when the last closed week is not part of the run.
    """
    if last_active_week is None:
        return 0
    last_closed = get_week_start(today) - timedelta(weeks=1)
    after = (week_start_of(last_active_week) - last_closed).days // 7
    return max(run - after, 0) if after >= 0 else 0


def first_reaching(runs: Iterable[Streak], weeks: int) -> date | None:
    """The Monday of the week that first made a run `weeks` long; None when none is."""
    for run in runs:
        if run.weeks >= weeks:
            return run.start + timedelta(weeks=weeks - 1)
    return None


def crossed(threshold: float, before: float, after: float) -> bool:
    """Whether a value that only grows reached `threshold` just now."""
    return before < threshold <= after


EVENT_ALIASES = {
    "world_cup_participate": "worldcup_joined",
    "world_cup_win": "worldcup_won",
    "gift_bitaxe": "gift_sent",
    "track_complete": "education_track_complete",
    "node_verified_full": "node_verified",
    "node_verified_pruned": "node_pruned_verified",
    "node_verified_archival": "node_archival_verified",
}
"""Event names in old documents, and their names here."""
