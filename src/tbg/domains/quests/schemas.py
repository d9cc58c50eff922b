"""Wire shapes and frames."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, Field, Strict

from tbg.core import limits
from tbg.core.frames import FrameData, RewardData
from tbg.domains.accounts.schemas import Given


class QuestGoal(BaseModel):
    """So much of a fact of the game. `external`: another system completes the quest."""

    fact: str
    threshold: float


class QuestBadge(BaseModel):
    """The badge that a quest awards."""

    slug: str
    name: str


class QuestInfo(BaseModel):
    """A quest, with its period now: null where it is not running.

    `open`: it can be completed; else it waits for a part of the game that is not here yet.
    `starts`, `ends`: its first and last day; `period_ends_at`: null if it has no end.
    """

    slug: str
    name: str
    description: str
    period: str
    goal: QuestGoal
    xp: int
    badge: QuestBadge | None
    starts: date | None
    ends: date | None
    open: bool
    period_key: str | None
    period_ends_at: datetime | None


class QuestList(BaseModel):
    """All quests in the registry's order."""

    quests: list[QuestInfo]


class OwnQuest(QuestInfo):
    """A quest with the player's progress in its period, and when they completed it in that."""

    progress: float
    completed_at: datetime | None


class QuestCompletion(BaseModel):
    """A quest that the player completed in one of its periods; `name` is today's name."""

    quest: str
    name: str
    period_key: str
    xp: int
    at: datetime


class OwnQuests(BaseModel):
    """The player's quests, and those they completed, newest first."""

    quests: list[OwnQuest]
    completions: list[QuestCompletion]
    next_cursor: str | None


class QuestReported(Given):
    """Another system's word that a user completed a quest; `at` is now if it is absent."""

    user: str = Field(min_length=1, max_length=limits.TEXT_CHARS, description="handle or address")
    quest: str = Field(pattern="^[a-z0-9][a-z0-9_]{0,63}$")
    at: Annotated[AwareDatetime, Strict(False)] | None = None


class QuestAccepted(BaseModel):
    """A completion, by whichever report came first."""

    quest: str
    period_key: str
    xp: int
    at: datetime
    idempotentReplayed: bool  # noqa: N815 - the wire's name


class QuestCompletedData(RewardData):
    """A quest was completed."""

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "quest_completed"

    quest: str
    name: str
    period: str
    xp: int
    badge: str | None
    at: datetime


class QuestProgress(BaseModel):
    """How far a player is in a quest's period."""

    quest: str
    period: str
    progress: float


class QuestProgressData(FrameData):
    """Progress that may have changed, in the periods that are running."""

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "quest_progress"

    quests: list[QuestProgress]


FRAMES: tuple[type[FrameData], ...] = (QuestCompletedData, QuestProgressData)
