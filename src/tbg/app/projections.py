"""The order in which a batch of mining facts visits the rooms; all of it in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tbg.adapters.streams import Batch
from tbg.core.tx import Tx
from tbg.domains.accounts.projection import admit
from tbg.domains.gamification.projection import credit
from tbg.domains.mining.projection import record

Projection = Callable[[Tx, Batch], Awaitable[None]]

PROJECTIONS: tuple[Projection, ...] = (
    admit,  # accounts: an address that mines is a user
    record,  # mining: workers, shares, blocks
    credit,  # gamification: counters, calendar, badges, XP, levels
)
