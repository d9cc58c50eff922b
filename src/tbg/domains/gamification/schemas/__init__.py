"""What everybody may know of badges, levels and streaks, and the frames of rewards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tbg.core.frames import FrameData, RewardData
from tbg.domains.gamification.rules import compute_level

CATEGORIES = ("mining", "streak", "competition", "social", "node")
RARITIES = ("common", "rare", "epic", "legendary")


class Badge(BaseModel):
    """A badge and how many users have it; `threshold` if there is a number to reach.

    `open`: somebody can earn it; else it waits for a part of the game that is not here yet.
    `picture`: the path of an SVG in place of the game's own drawing.
    """

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
    open: bool
    picture: str | None
    total_earned: int
    percentage: float


class BadgeList(BaseModel):
    """The badges asked for; `total_available` counts all there are."""

    badges: list[Badge]
    total_available: int


class RecentEarner(BaseModel):
    """Users who earned a badge recently."""

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


class BadgeObject(BaseModel):
    """The badge of a frame."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    slug: str
    name: str
    description: str
    rarity: str
    xp_reward: int
    category: str


class BadgeEarnedData(RewardData):
    """A badge was earned; `metadata` names what earned it.

    The documents disagree: the badge is here as an object, and its fields beside it.
    """

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "badge_earned"

    badge: BadgeObject
    badge_slug: str
    badge_name: str
    description: str
    category: str
    rarity: str
    xp_reward: int
    earned_at: datetime
    metadata: dict[str, Any]


class XpState(BaseModel):
    """A total of XP and the way to the next level, as the miner's page shows it."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    total_xp: int
    level: int
    level_title: str
    xp_into_level: int
    xp_for_level: int
    xp_to_next_level: int
    next_level: int
    next_title: str

    @classmethod
    def of(cls, total_xp: int) -> XpState:
        """The state at this total."""
        level, title, *way = compute_level(total_xp)
        names = ("xp_into_level", "xp_for_level", "xp_to_next_level", "next_level", "next_title")
        return cls(
            total_xp=total_xp, level=level, level_title=title, **dict(zip(names, way, strict=True))
        )


class XpGainedData(RewardData):
    """XP was granted (or, negative, corrected); `state` is that after it."""

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "xp_gained"

    amount: int
    source: str
    source_id: str | None
    total_xp: int
    level: int
    state: XpState


class LevelUpData(RewardData):
    """A level was reached for the first time."""

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "level_up"

    old_level: int
    new_level: int
    title: str
    total_xp: int


class StreakState(BaseModel):
    """A run of weeks, as the miner's page shows it, and the freezes that are left."""

    model_config = ConfigDict(frozen=True)

    current_streak: int
    longest_streak: int
    streak_start_date: date | None
    last_active_week: str | None
    is_active_this_week: bool
    freezes_held: int = Field(description="0 to 2; each keeps the streak over a week not mined")
    freezes_on: bool = Field(description="whether they are used at the end of this week")


class StreakWeek(BaseModel):
    """A week of the calendar; `days` is a bitmask, bit 0 is Monday.

    `is_frozen`: it was not mined, and a freeze kept the streak; it does not count.
    """

    model_config = ConfigDict(from_attributes=True)

    week_iso: str
    week_start: date
    share_count: int
    best_diff: float
    is_active: bool
    days: int = Field(ge=0, le=127)
    is_frozen: bool


class EarnedBadge(BaseModel):
    """A badge a miner has; `metadata` names what earned it."""

    model_config = ConfigDict(from_attributes=True)

    slug: str
    earned_at: datetime
    metadata: dict[str, Any]


class StreakUpdateData(RewardData):
    """A week was closed with shares, or without (`broken`, `frozen`); or a first share made a week
    count.

    `state`, if given, is what the page shows from now on.
    """

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "streak_update"

    streak: int
    longest: int
    week: str
    broken: bool = False
    frozen: bool = False
    state: StreakState | None = None


class BestDiffData(FrameData):
    """The pool's word of a difficulty, or a share that beat all before it (`previous`)."""

    CHANNEL: ClassVar[str] = "mining"
    TYPE: ClassVar[str] = "best_diff"

    sdiff: float
    worker: str
    at: datetime
    share_id: UUID
    previous: float


FRAMES: tuple[type[FrameData], ...] = (
    BadgeEarnedData, XpGainedData, LevelUpData, StreakUpdateData, BestDiffData,
)  # fmt: skip
