"""What the API says about badges and levels."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tbg.core.frames import FeedItem, FrameData, RewardData
from tbg.domains.accounts.schemas import Given
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

    model_config = ConfigDict(frozen=True)

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
    """A run of weeks, as the miner's page shows it."""

    model_config = ConfigDict(frozen=True)

    current_streak: int
    longest_streak: int
    streak_start_date: date | None
    last_active_week: str | None
    is_active_this_week: bool


class StreakWeek(BaseModel):
    """A week of the calendar; `days` is a bitmask, bit 0 is Monday."""

    model_config = ConfigDict(from_attributes=True)

    week_iso: str
    week_start: date
    share_count: int
    best_diff: float
    is_active: bool
    days: int = Field(ge=0, le=127)


class StreakCalendar(BaseModel):
    """Weeks, oldest first."""

    weeks: list[StreakWeek]


class EarnedBadge(BaseModel):
    """A badge a miner has; `metadata` names what earned it."""

    model_config = ConfigDict(from_attributes=True)

    slug: str
    earned_at: datetime
    metadata: dict[str, Any]


class OwnBadges(BaseModel):
    """A player's badges, newest first; `total_available` counts all that there are."""

    earned: list[EarnedBadge]
    total_available: int
    total_earned: int


class XpEntry(BaseModel):
    """One entry of the ledger; `created_at` is the time of what earned it."""

    model_config = ConfigDict(from_attributes=True)

    amount: int = Field(description="negative if it was taken")
    source: str
    source_id: str | None
    description: str
    created_at: datetime


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


class NamesShare(Protocol):
    """A row that names a share by fields of a cause."""

    def _asdict(self) -> dict[str, Any]: ...


class RewardCause(BaseModel):
    """Why something was rewarded. `kind` is the source of the XP; the rest is what is known.

    `share_id` and `at` name a share, while it is kept.
    """

    kind: str
    id: str | None = Field(None, description="what it was for, such as a badge or a quest")
    event: str | None = Field(None, description="the event of a badge")
    share_id: UUID | None = None
    at: datetime | None = None
    sdiff: float | None = None
    worker: str | None = None
    count: int | None = Field(None, description="accepted shares: in all, or of the week")
    day: date | None = None
    week: str | None = None
    weeks: int | None = Field(None, description="length of a streak")
    height: int | None = None
    hash: str | None = None

    @classmethod
    def of_badge(cls, slug: str | None, metadata: dict[str, Any]) -> RewardCause:
        """The cause of a badge, from what was noted when it was awarded."""
        names = {"total_shares": "count", "streak": "weeks"}
        known = {names.get(name, name): value for name, value in metadata.items()}
        mine = {name: value for name, value in known.items() if name in cls.model_fields}
        return cls.model_validate(mine | {"kind": "badge", "id": slug})

    @classmethod
    def of_share(cls, kind: str, share: NamesShare | None, **more: Any) -> RewardCause:
        """The cause of what a share earned; of a share that is forgotten there is only the rest."""
        named = {} if share is None else share._asdict()
        return cls(kind=kind, **more, **named)


class RewardBadge(BaseModel):
    """The badge that was awarded."""

    model_config = ConfigDict(from_attributes=True)

    slug: str
    name: str
    category: str
    rarity: str


class Reward(BaseModel):
    """XP that was granted (negative: taken), perhaps with a badge; `at` is the time of the cause.

    `line` says it in words.
    """

    id: str
    amount: int
    source: str
    source_id: str | None
    at: datetime
    badge: RewardBadge | None
    cause: RewardCause
    line: FeedItem


class RewardFeed(BaseModel):
    """Rewards, newest first; `next_cursor` leads to older ones."""

    rewards: list[Reward]
    next_cursor: str | None


class XpOfDay(BaseModel):
    """The XP of a day (UTC)."""

    day: date
    xp: int
    by_source: dict[str, int]


class XpOfWeek(BaseModel):
    """The XP of a mining week."""

    week_iso: str
    week_start: date
    xp: int
    by_source: dict[str, int]


class RewardSummary(BaseModel):
    """XP by day and by week, oldest first, today and this week last."""

    total_xp: int
    today: int
    this_week: int
    days: list[XpOfDay]
    weeks: list[XpOfWeek]


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class XpCorrection(Given):
    """XP to give, or (negative) to take; the player reads the reason."""

    amount: int = Field(ge=-10_000_000, le=10_000_000)
    reason: Reason


class XpCorrected(BaseModel):
    """A correction was written; `total_xp` is the total after it."""

    user_id: int
    amount: int
    total_xp: int


class BadgeGrant(Given):
    """Whom to grant a badge, by handle or address, and why."""

    user: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    reason: Reason


class BadgeGranted(BaseModel):
    """Whether the badge is new to the user."""

    user_id: int
    slug: str
    granted: bool


class StreakUpdateData(RewardData):
    """A week was closed with shares, or without (`broken`); or a first share made a week count.

    `state`, if given, is what the page shows from now on.
    """

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "streak_update"

    streak: int
    longest: int
    week: str
    broken: bool = False
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
