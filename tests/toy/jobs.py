"""Old bells fall silent."""

from __future__ import annotations

from datetime import timedelta

from tbg.core.schedule import Cron
from tbg.core.tx import Database


async def silence_bells(database: Database) -> int:
    """Forget bells of more than a day ago; how many."""
    async with database.transaction() as tx:
        return await tx.run(
            "DELETE FROM bells WHERE rung_at < :before", before=tx.now - timedelta(days=1)
        )


JOBS = (Cron("silence_bells", silence_bells, every_min=5),)
