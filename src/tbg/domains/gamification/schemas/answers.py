"""What the API tells players about their rewards, and operators about the registry."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tbg.core.frames import FeedItem
from tbg.domains.accounts.schemas import Given
from tbg.domains.gamification.schemas import EarnedBadge, StreakState, StreakWeek, XpState


class BadgeText(BaseModel):
    """A badge's name and description in one language."""

    name: str
    description: str


class RegistryEntry(BadgeText):
    """A badge as the registry defines it; `translations`: texts by language."""

    slug: str
    category: str
    rarity: str
    xp_reward: int
    trigger_type: str
    trigger_config: dict[str, Any]
    sort_order: int
    translations: dict[str, BadgeText]


class BadgeRegistry(BaseModel):
    """All badges, packs included. `version` changes with the content, `schema_version` with the
    schema at `/registry/badges.schema.json`.
    """

    schema_version: str
    version: str
    badges: list[RegistryEntry]


class OwnBadges(BaseModel):
    """A player's badges, newest first; `total_available` counts all that there are."""

    earned: list[EarnedBadge]
    total_available: int
    total_earned: int


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
