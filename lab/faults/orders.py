"""What operators and players do while everything breaks: each order is carried out once."""

from __future__ import annotations

from dataclasses import replace

from lab.faults.cases import Order
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions import correct_xp
from tbg.domains.gamification.actions.streaks import switch_freezes


async def carry_out(database: Database, order: Order) -> bool:
    """Carry out an order, unless that was done before; False while the miner is not known."""
    async with replace(database, clock=FixedClock(order.at)).transaction(owners="shared") as tx:
        user = await tx.value(
            "SELECT user_id FROM user_addresses WHERE address = :address", address=order.address
        )
        if user is None:
            return False
        if not order.amount:
            await switch_freezes(tx, user_id=user, on=order.freezes_on)
            return True
        done = await tx.value(
            """
            SELECT count(*) FROM xp_ledger
            WHERE user_id = :user AND source = 'correction' AND description = :reason
            """,
            user=user,
            reason=order.reason,
        )
        if not done:
            await correct_xp(
                tx, user_id=user, amount=order.amount, reason=order.reason, by="the fault harness"
            )
    return True
