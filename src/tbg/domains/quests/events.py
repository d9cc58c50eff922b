"""The domain's events."""

from __future__ import annotations

from datetime import datetime

from tbg.core.event import PlayerEvent


class QuestCompleted(PlayerEvent):
    """A quest was completed in one of its periods; `at` is the time of what completed it."""

    quest: str
    name: str
    description: str
    period: str
    xp: int
    badge: str | None
    at: datetime
