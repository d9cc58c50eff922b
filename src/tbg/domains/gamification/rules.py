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


WEEK = timedelta(weeks=1)

FREEZE_WEEKS = 8
"""A streak earns a freeze each time that it reaches a multiple of so many weeks."""

FREEZES_HELD = 2
"""Freezes that a user holds at most; one that is earned beyond that is not given."""


class LastRun(NamedTuple):
    """The run that ends with the last mined week; this much is kept of each user.

    `weeks` counts the mined weeks from the Monday `start` to the Monday `last`; `held` is how many
    freezes there are after it. `switched`: Mondays of the weeks in which freezes were switched off,
    on, off … (`switch`); they begin switched on.
    """

    weeks: int = 0
    start: date | None = None
    last: date | None = None
    held: int = 0
    switched: tuple[date, ...] = ()

    def freezes_on(self, monday: date) -> bool:
        """Whether freezes are switched on when a week ends."""
        return sum(week <= monday for week in self.switched) % 2 == 0

    def frozen(self, until: date) -> list[date]:
        """The weeks after the run and before the Monday `until` that freezes cover.

        One after the other, as long as there are freezes and they are switched on.
        """
        found: list[date] = []
        if self.last is None:
            return found
        week = self.last + WEEK
        while week < until and len(found) < self.held and self.freezes_on(week):
            found.append(week)
            week += WEEK
        return found

    def goes_on(self, until: date) -> bool:
        """Whether the run still goes on in the week that begins on the Monday `until`."""
        if self.last is None:
            return False
        return self.last + (len(self.frozen(until)) + 1) * WEEK >= until

    def extended(self, monday: date) -> LastRun:
        """The last run when a later week is mined as well."""
        held = self.held - len(self.frozen(monday))
        weeks, start = (self.weeks + 1, self.start) if self.goes_on(monday) else (1, monday)
        if weeks % FREEZE_WEEKS == 0:
            held = min(held + 1, FREEZES_HELD)
        return LastRun(weeks, start, monday, held, self.switched)

    def shown(self, today: date) -> int:
        """The weeks to show today, whether or not the Monday check has run yet.

        The current week adds one as soon as it is mined; frozen weeks add nothing.
        """
        return self.weeks if self.goes_on(get_week_start(today)) else 0

    def held_on(self, today: date) -> int:
        """The freezes that are left today, after those that closed weeks have used since."""
        return self.held - len(self.frozen(get_week_start(today)))


class Freeze(NamedTuple):
    """A freeze: the Mondays of the week that earned it and of the week that it froze, if any.

    One that a late share has given back is like one that was never used.
    """

    earned: date
    used: date | None


class Streak(NamedTuple):
    """A run of weeks: those that were mined, oldest first. Frozen weeks may lie between them."""

    mined: tuple[date, ...]

    @property
    def weeks(self) -> int:
        """Its length."""
        return len(self.mined)


class Streaks(NamedTuple):
    """Everything that follows from a calendar: runs and freezes, oldest first, and the last run."""

    runs: list[Streak]
    freezes: list[Freeze]
    last: LastRun

    @property
    def longest(self) -> int:
        """The weeks of the longest run."""
        return max((run.weeks for run in self.runs), default=0)

    @property
    def frozen(self) -> set[date]:
        """The Mondays of the frozen weeks."""
        return {freeze.used for freeze in self.freezes if freeze.used is not None}


def streaks(
    week_starts: Iterable[date], *, switched: Iterable[date] = (), until: date | None = None
) -> Streaks:
    """What follows from the Mondays of the mined weeks and the history of the switch.

    The weeks before the Monday `until` are closed: those that were not mined use freezes.
    """
    runs: list[list[date]] = []
    used: list[Freeze] = []
    held: list[date] = []
    last = LastRun(switched=tuple(switched))
    mined = sorted(set(week_starts))
    for monday in mined:
        used += [Freeze(held.pop(0), week) for week in last.frozen(monday)]
        last = last.extended(monday)
        if last.weeks == 1:
            runs.append([])
        runs[-1].append(monday)
        if last.held > len(held):
            held.append(monday)
    if until is not None:
        used += [Freeze(held.pop(0), week) for week in last.frozen(until)]
    freezes = [*used, *(Freeze(monday, None) for monday in held)]
    return Streaks([Streak(tuple(run)) for run in runs], freezes, last)


def switch(switched: Iterable[date], *, on: bool, today: date) -> tuple[date, ...]:
    """The history of the switch, once freezes are switched on or off today.

    What counts is how it stands when a week ends, so that there is one entry a week at most.
    """
    before, monday = tuple(switched), get_week_start(today)
    if (len(before) % 2 == 0) == on:
        return before
    return before[:-1] if before and before[-1] == monday else (*before, monday)


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
    return next((run.mined[weeks - 1] for run in runs if run.weeks >= weeks), None)


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
