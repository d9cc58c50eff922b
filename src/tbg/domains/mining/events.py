"""What the mining room announces."""

from __future__ import annotations

from datetime import datetime

from tbg.core.event import Event


class BlockRecorded(Event):
    """A block was found: the pool's word is backed. `reward_sats` in satoshi if known."""

    user_id: int
    worker: str
    height: int
    hash: str
    sdiff: float
    reward_sats: int | None
    found_at: datetime
