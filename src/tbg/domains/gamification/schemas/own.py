"""A player's own badges, XP and streak."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tbg.domains.gamification.schemas import EarnedBadge, StreakState, StreakWeek, XpState


class OwnBadges(BaseModel):
    """A player's badges, newest first; `total_available` counts all that there are."""

    earned: list[EarnedBadge]
    total_available: int
    total_earned: int


class StreakChange(BaseModel):
    """Whether closed weeks without a share use freezes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    freezes_on: bool


class StreakCalendar(BaseModel):
    """Weeks, oldest first."""

    weeks: list[StreakWeek]


class XpEntry(BaseModel):
    """One entry of the ledger; `created_at` is the time of what earned it."""

    model_config = ConfigDict(from_attributes=True)

    amount: int = Field(description="negative if it was taken")
    source: str
    source_id: str | None
    description: str
    created_at: datetime = Field(validation_alias="at")


class XpHistory(BaseModel):
    """A page of the ledger, newest entry first; `total` counts the entries of all pages."""

    entries: list[XpEntry]
    total: int
    page: int
    per_page: int


class BadgeSum(BaseModel):
    """How many badges a player has, of how many."""

    earned: int
    total: int


class GamificationStats(BaseModel):
    """What was mined; `best_diff` and `best_difficulty` are the same number."""

    total_shares: int
    best_diff: float
    best_difficulty: float
    blocks_found: int


class GamificationSummary(BaseModel):
    """A player's XP, streak, badges and sums."""

    xp: XpState
    streak: StreakState
    badges: BadgeSum
    stats: GamificationStats
