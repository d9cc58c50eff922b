"""The domain's events."""

from __future__ import annotations

from datetime import datetime

from tbg.core.event import PlayerEvent


class BlockRecorded(PlayerEvent):
    """A block was found: the pool's word is backed. `reward_sats` in satoshi if known."""

    worker: str
    height: int
    hash: str
    sdiff: float
    reward_sats: int | None
    found_at: datetime
