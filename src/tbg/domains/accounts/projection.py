"""The users of a batch: every address that mines is a user, before anybody signs in."""

from __future__ import annotations

from dataclasses import replace

from tbg.adapters.streams import Batch
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.users import admit_addresses


async def admit(tx: Tx, batch: Batch) -> Batch:
    """The batch with its users; an address never seen before becomes an unclaimed user."""
    addresses = sorted({fact.address for fact in batch.all()})
    return replace(batch, users=await admit_addresses(tx, addresses))
