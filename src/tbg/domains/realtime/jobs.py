"""Frames that no browser can resume from any more are forgotten."""

from __future__ import annotations

from tbg.core import limits
from tbg.core.schedule import Cron
from tbg.core.tx import Database


async def prune_frames(database: Database) -> int:
    """Forget frames older than a browser may have been away; the number forgotten."""
    # A merge takes a miner's frames in another order.
    async with database.transaction(owners="shared") as tx:
        await tx.take_as_long_as_needed()
        return await tx.run(
            "DELETE FROM frames WHERE created_at < :before", before=tx.now - limits.FRAMES_KEPT
        )


JOBS = (Cron("prune_frames", prune_frames, hour=4, minute=20),)
