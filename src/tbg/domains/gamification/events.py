"""What the gamification room announces; each ends as a notification or a frame."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tbg.core.event import Event


class BadgeEarned(Event):
    """A badge was earned; `metadata` names the share, block or event that earned it."""

    user_id: int
    slug: str
    name: str
    description: str
    category: str
    rarity: str
    xp_reward: int
    earned_at: datetime
    metadata: dict[str, Any]


class XpGained(Event):
    """XP was granted (or, negative, corrected); `total_xp` and `level` are those after it."""

    user_id: int
    amount: int
    source: str
    source_id: str | None
    total_xp: int
    level: int


class LevelUp(Event):
    """A level was reached for the first time."""

    user_id: int
    old_level: int
    new_level: int
    title: str
    total_xp: int


class PersonalBest(Event):
    """The best of all days before today was beaten, for the first time today."""

    user_id: int
    sdiff: float
    previous: float
    worker: str
    at: datetime


class StreakExtended(Event):
    """A closed week was mined; `streak` counts up to it, `longest` is the best run ever."""

    user_id: int
    week_iso: str
    streak: int
    longest: int


class StreakBroken(Event):
    """No share in the last closed week ended a run of `was` weeks."""

    user_id: int
    was: int
    longest: int
    last_active_week: str


class StreakExpiring(Event):
    """It is Sunday evening and a streak of `streak` weeks has no share this week."""

    user_id: int
    streak: int
    week_iso: str
    week_end: date


class SilentRewards(Event):
    """History was read to its end: what it earned, in one message instead of thousands."""

    user_id: int
    badges: int
    xp: int
