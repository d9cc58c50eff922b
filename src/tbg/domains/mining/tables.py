"""Where each of the domain's tables is when there are several database nodes."""

from __future__ import annotations

from tbg.core.tables import Distributed, Local, Tables

TABLES: Tables = {
    "workers": Distributed(),
    "shares": Distributed(),
    "hourly_shares": Distributed(),
    "daily_shares": Distributed(),
    "daily_rejects": Distributed(),
    "personal_bests": Distributed(),
    "rollup_queue": Local("a queue whose rows are whole batches, of many users"),
    "pool_totals": Local("one row about the whole pool"),
    "blocks": Local("a few rows; the pool lists them by height"),
}
