"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import NotExported, Personal, UserColumn, facts_of_a_user, not_users
from tbg.core.tables import Distributed, Local, Tables

TABLES: Tables = {
    "workers": Distributed(),
    "shares": Distributed(),
    "hourly_shares": Distributed(),
    "daily_shares": Distributed(),
    "daily_rejects": Distributed(),
    "personal_bests": Distributed(),
    "moved_workers": Distributed(),
    "rollup_queue": Local("a queue whose rows are whole batches, of many users"),
    "rolled_up": Local("a queue whose rows are whole roll-ups, of many users"),
    "pool_totals": Local("one row about the whole pool"),
    "blocks": Local("a few rows; the pool lists them by height"),
}

VIEWS: Tables = {
    "owned_shares": Distributed(),
    "owned_hourly_shares": Distributed(),
    "owned_daily_shares": Distributed(),
    "owned_daily_rejects": Distributed(),
}
"""Each of these tables with every row under the user who owns it now."""

PERSONAL: Personal = {
    "workers": facts_of_a_user("workers", "id"),
    "shares": facts_of_a_user("shares", "worker_id", "workinfoid"),
    "hourly_shares": facts_of_a_user("hourly_shares", "worker_id", "accepted", "rejected"),
    "daily_shares": facts_of_a_user("daily_shares", "worker_id", "accepted", "rejected"),
    "daily_rejects": facts_of_a_user("daily_rejects", "worker_id", "rejected"),
    "personal_bests": facts_of_a_user("personal_bests", "worker_id"),
    "blocks": facts_of_a_user("blocks", "worker_id", "reward_sats"),
    "moved_workers": {
        "user_id": UserColumn(
            merge="removed",  # at the latest when the last of their rows is moved
            erase="kept",
            export=NotExported("there are such rows only for minutes after a merge"),
        ),
        "to_user_id": UserColumn(
            merge="moved",
            erase="kept",
            export=NotExported("there are such rows only for minutes after a merge"),
        ),
        **not_users("worker_id", "to_worker_id"),
    },
    "rollup_queue": {
        "user_ids": UserColumn(
            merge="removed",  # a merge folds in all that waits
            erase="kept",
            export=NotExported("a second later it is in the sums"),
        ),
        **not_users("id", "worker_ids"),
    },
    "rolled_up": {
        "user_ids": UserColumn(
            merge="removed",  # a merge takes all that waits
            erase="kept",
            export=NotExported("a second later it is taken"),
        ),
        **not_users("id"),
    },
    "pool_totals": not_users("accepted", "rejected"),
}
