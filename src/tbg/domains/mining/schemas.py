"""What was mined, on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Best(BaseModel):
    """The best difficulty of a period, and what reached it."""

    model_config = ConfigDict(from_attributes=True)

    sdiff: float
    at: datetime
    worker: str
    share_id: UUID | None


class MinerBests(BaseModel):
    """The best of all time, of this month, of this week."""

    model_config = ConfigDict(from_attributes=True)

    alltime: Best | None = None
    month: Best | None = None
    week: Best | None = None
