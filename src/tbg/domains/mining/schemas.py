"""What was mined, as the API sends it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from tbg.core.frames import FrameData


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


class FoundBlock(BaseModel):
    """A confirmed block; `sdiff` is the difficulty of its share, `reward_sats` in satoshi."""

    model_config = ConfigDict(from_attributes=True)

    height: int
    hash: str
    found_at: datetime
    worker: str
    sdiff: float
    reward_sats: int | None


class StatsUpdateData(FrameData):
    """What the pool's miners sent since the last frame of this type."""

    CHANNEL: ClassVar[str] = "dashboard"
    TYPE: ClassVar[str] = "stats_update"

    accepted: int
    rejected: int
    best_sdiff: float

    def plus(self, before: StatsUpdateData | None) -> StatsUpdateData:
        """Both together."""
        if before is None:
            return self
        return StatsUpdateData(
            accepted=before.accepted + self.accepted,
            rejected=before.rejected + self.rejected,
            best_sdiff=max(before.best_sdiff, self.best_sdiff),
        )


class ShareSubmittedData(FrameData):
    """Shares of one worker and day, all accepted or all rejected, that arrived together.

    `diff`, `sdiff`, `at` and `share_id` are those of the best of them; `work` is the sum of their
    difficulties, `last_at` the time of the last one, and `online` whether its worker is by that.
    """

    CHANNEL: ClassVar[str] = "mining"
    TYPE: ClassVar[str] = "share_submitted"

    worker: str
    agent: str | None
    diff: float
    sdiff: float
    accepted: bool
    count: int
    work: float
    at: datetime
    last_at: datetime
    online: bool
    share_id: UUID


class WorkerStatusData(FrameData):
    """A worker connected or disconnected; `online` is what its page shows from now on."""

    CHANNEL: ClassVar[str] = "mining"
    TYPE: ClassVar[str] = "worker_status"

    worker: str
    online: bool
    agent: str | None
    last_seen: datetime


class BlockFoundData(FrameData):
    """A confirmed block was found; `reward_sats` if known."""

    CHANNEL: ClassVar[str] = "mining"
    TYPE: ClassVar[str] = "block_found"

    worker: str
    height: int
    hash: str
    sdiff: float
    reward_sats: int | None
    at: datetime


FRAMES: tuple[type[FrameData], ...] = (
    StatsUpdateData, ShareSubmittedData, WorkerStatusData, BlockFoundData,
)  # fmt: skip
