"""What the API says of badges and levels."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

CATEGORIES = ("mining", "streak", "competition", "social", "node")
RARITIES = ("common", "rare", "epic", "legendary")


class Badge(BaseModel):
    """A badge and how many have it; `threshold` where there is a number to reach."""

    model_config = ConfigDict(from_attributes=True)

    slug: str
    name: str
    description: str
    category: str
    rarity: str
    xp_reward: int
    trigger_type: str
    threshold: float | None
    sort_order: int
    total_earned: int
    percentage: float


class BadgeList(BaseModel):
    """The badges asked for; `total_available` counts all there are."""

    badges: list[Badge]
    total_available: int


class RecentEarner(BaseModel):
    """Who earned a badge lately."""

    user: str
    seed: str
    earned_at: datetime


class BadgeWithEarners(Badge):
    """A badge and who earned it last, newest first."""

    recent_earners: list[RecentEarner]


class BadgeDetail(BaseModel):
    """One badge."""

    badge: BadgeWithEarners


class Level(BaseModel):
    """A level: `cumulative` XP reach it."""

    model_config = ConfigDict(from_attributes=True)

    level: int
    title: str
    xp_required: int
    cumulative: int


class LevelList(BaseModel):
    """All levels, lowest first."""

    levels: list[Level]
