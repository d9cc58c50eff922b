"""What a player was rewarded with, why, and how much when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tbg.core.frames import FeedItem


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
    reason: str | None = Field(None, description="why an operator granted it by hand")
    period: str | None = Field(None, description="of a quest: once, a day, a week or a season")
    fact: str | None = Field(None, description="what the quest was about")
    threshold: float | None = Field(None, description="how much of that it took")
    reported_by: str | None = Field(None, description="the system that said it was completed")

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
