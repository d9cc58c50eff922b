"""What a merge has left to move; partitions of the raw shares; what may be forgotten of events."""

from __future__ import annotations

from tbg.core import inbox, limits, outbox, tasks
from tbg.core.schedule import Cron
from tbg.core.tx import Database
from tbg.domains.mining.actions.history import move_history
from tbg.domains.mining.actions.partitions import drop_old_shares, make_partitions


async def keep_partitions(database: Database) -> int:
    """Months to come are made, months past retention dropped; how many were."""
    async with database.transaction() as tx:
        made = await make_partitions(tx)
    # A merge moves a miner's shares in another order.
    async with database.transaction(owners="shared") as tx:
        dropped = await drop_old_shares(tx)
    return len(made) + len(dropped)


async def prune(database: Database) -> int:
    """Forget event keys, delivered messages and finished tasks that are old enough; how many."""
    async with database.transaction() as tx:
        keys = await inbox.prune(tx)
    async with database.transaction() as tx:
        return keys + await outbox.prune(tx) + await tasks.prune(tx)


JOBS = (
    Cron("move_history", move_history, every_s=limits.SOON_SECONDS),
    Cron("partition_keeper", keep_partitions, hour=3, minute=20),
    Cron("prune_events", prune, hour=3, minute=40),
)
