"""What the API tells everybody: the pool, a miner's page, the configuration."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tbg.core.frames import FeedItem
from tbg.core.settings import Network
from tbg.domains.gamification.schemas import EarnedBadge, StreakState, StreakWeek, XpState
from tbg.domains.mining.schemas import FoundBlock, MinerBests


class Shown(BaseModel):
    """A wire shape that may be read off a row of the same names."""

    model_config = ConfigDict(from_attributes=True)


class Config(BaseModel):
    """What a client needs to know about this pool."""

    network: Network
    name: str
    version: str
    demo: bool
    stratum: str | None = Field(
        description="where miners reach the pool (stratum+tcp://host:port), if its operator says so"
    )
    features: dict[str, bool]
    categories: list[str]
    rarities: list[str]


class PoolFeedItem(FeedItem):
    """One line of the pool's feed: `user` is who it happened to, `seed` what their tile is of."""

    user: str
    seed: str


class PoolBest(BaseModel):
    """The best difficulty ever reached here."""

    sdiff: float
    user: str
    seed: str
    at: datetime


class LastBlock(FoundBlock):
    """The highest block found here that is confirmed; `user`, `seed` and `worker` may be ""."""

    user: str
    seed: str


class WallTile(BaseModel):
    """A miner on the wall; `seed` determines their tile."""

    user: str
    seed: str
    level: int
    level_title: str
    online: bool


class PublicStats(BaseModel):
    """The pool's totals, its wall and what happened just now; kept for a few seconds."""

    miners: int = Field(description="users with an accepted share")
    miners_online: int
    workers_online: int
    shares_accepted: int
    shares_rejected: int
    hashrate_ths: float = Field(description="mean of the last hour")
    work: float = Field(description="sum of the difficulties of accepted shares")
    best_difficulty: PoolBest | None
    blocks_found: int
    blocks_reported: int = Field(description="reported by the pool only, not confirmed yet")
    last_block: LastBlock | None
    height: int | None = Field(description="height being worked on, if the pool reports it")
    xp_granted: int
    badges_earned: int
    updated_at: datetime
    wall: list[WallTile]
    recent: list[PoolFeedItem]


class MinerStreak(StreakState):
    """The run of weeks, and the last year of them, oldest first."""

    weeks: list[StreakWeek]


class BadgeProgress(BaseModel):
    """The progress to a badge that is not earned yet; `counts` is the unit of `value`."""

    slug: str
    counts: str = Field(description="share_count, best_diff or streak")
    value: float
    threshold: float


class MinerBadges(BaseModel):
    """Badges earned, newest first, and the way to those that count something."""

    earned: list[EarnedBadge]
    total_earned: int
    total_available: int
    progress: list[BadgeProgress]


class MinerStats(BaseModel):
    """A miner's sums; hashrates are means, in TH/s."""

    shares_accepted: int
    shares_rejected: int
    work: float
    blocks_found: int
    best_difficulty: float
    hashrate_ths_1h: float
    hashrate_ths_24h: float


class HashrateHistory(BaseModel):
    """The mean hashrate of each hour of the clock, oldest first, up to the last one that is over.

    `ths` is in TH/s; 0 where no share came, null before the first event.
    """

    since: datetime = Field(description="the beginning of the first hour")
    ths: list[float | None]


class Pace(BaseModel):
    """The mean day of the last week, or of the time since the first share if that is shorter."""

    shares: float = Field(description="accepted shares a day")
    work: float = Field(description="sum of their difficulties a day")


class MinerWorker(BaseModel):
    """One of a miner's machines."""

    name: str
    online: bool
    last_seen: datetime | None
    agent: str | None
    shares_accepted: int
    shares_rejected: int
    best_sdiff: float
    hashrate_ths_1h: float


class PublicMiner(BaseModel):
    """One miner's public page.

    `handle` is the name that was requested, in our spelling: their handle or an address. `address`
    is null or shortened, as they want it; `avatar_seed` determines their tile.
    """

    handle: str
    address: str | None
    avatar_seed: str
    display_name: str | None
    country: str | None
    bio: str | None
    claimed: bool
    since: datetime = Field(description="the first event")
    last_share_at: datetime | None
    online: bool
    xp: XpState
    streak: MinerStreak
    badges: MinerBadges
    bests: MinerBests
    stats: MinerStats
    hashrate: HashrateHistory
    pace: Pace
    workers: list[MinerWorker] = Field(description="the most recently seen ones")
    workers_total: int
    workers_online: int
    blocks: list[FoundBlock] = Field(description="confirmed ones, highest first")
    feed: list[FeedItem]
