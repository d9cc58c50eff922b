"""The lock on which address belongs to whom, taken first thing in a transaction that declares it.

`shared`: no user is merged or erased until the transaction ends. For whatever writes by what an
address said, rewards anybody, or deletes what a merge moves. `exclusive`: for a merge or
an erasure. It waits for all who share, but not for long, because those who come next wait behind
it.

Whoever only reads needs no lock and waits for nobody: pages stay up while accounts are merged.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tbg.core import limits
from tbg.core.errors import Refused

Owners = Literal["shared", "exclusive"]

_SHARE = text("LOCK TABLE user_addresses IN ROW SHARE MODE")
_EXCLUDE = text("LOCK TABLE user_addresses IN EXCLUSIVE MODE")
_WAIT_AT_MOST = text("SELECT set_config('lock_timeout', :wait, true)")
_LOCK_NOT_AVAILABLE = "55P03"


class AccountsBusy(Refused):
    """Somebody held the lock for too long: nothing was changed, and a retry may succeed."""

    status = 503
    code = "accounts_busy"
    title = "The accounts are in use"


async def lock_owners(connection: AsyncConnection, owners: Owners) -> None:
    """Take the lock; it is released when the transaction ends."""
    if owners == "shared":
        await connection.execute(_SHARE)
        return
    wait: dict[str, Any] = {"wait": f"{limits.TABLE_LOCK_SECONDS}s"}
    await connection.execute(_WAIT_AT_MOST, wait)
    await connection.execute(_EXCLUDE)
