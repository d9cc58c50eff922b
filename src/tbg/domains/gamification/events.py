"""The domain's events; each becomes a notification or a frame."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tbg.core.event import PlayerEvent


class BadgeEarned(PlayerEvent):
    """A badge was earned; `metadata` names the share, block or event that earned it."""

    slug: str
    name: str
    description: str
    category: str
    rarity: str
    xp_reward: int
    earned_at: datetime
    metadata: dict[str, Any]


class XpGained(PlayerEvent):
    """XP was granted (or, negative, corrected); `total_xp` and `level` are those after it.

    What was granted together has the same totals; `total_after` adds up one grant after the other.
    `at` is the time of what earned it.
    """

    amount: int
    source: str
    source_id: str | None
    description: str
    total_xp: int
    total_after: int
    level: int
    at: datetime


class LevelUp(PlayerEvent):
    """A level was reached for the first time."""

    old_level: int
    new_level: int
    title: str
    total_xp: int
    at: datetime


class PersonalBest(PlayerEvent):
    """Today's best has beaten all earlier days, for the first time today."""

    sdiff: float
    previous: float
    worker: str
    at: datetime


class StreakExtended(PlayerEvent):
    """A closed week was mined; `streak` counts up to it, `longest` is the best run ever."""

    week_iso: str
    streak: int
    longest: int


class StreakBroken(PlayerEvent):
    """A closed week without a share, and without a freeze for it, ended a run of `was` weeks."""

    was: int
    longest: int
    last_active_week: str
    freezes: int = 0
    freezes_on: bool = True


class FreezeEarned(PlayerEvent):
    """A closed week made the streak reach a multiple of eight; `held` freezes are there now."""

    week_iso: str
    held: int


class FreezeUsed(PlayerEvent):
    """A freeze kept a streak of `streak` weeks over the last closed week; `left` are left.

    `on`: whether freezes are still switched on.
    """

    week_iso: str
    streak: int
    longest: int
    start: date | None
    last_active_week: str
    left: int
    on: bool


class StreakExpiring(PlayerEvent):
    """It is Sunday evening and a streak of `streak` weeks has no share this week.

    `freezes`: how many there are that may keep it.
    """

    streak: int
    week_iso: str
    week_end: date
    freezes: int = 0


class SilentRewards(PlayerEvent):
    """History was read to its end: what it earned, in one message instead of thousands."""

    badges: int
    xp: int
