"""An operator's hand: XP given or taken, with who and why."""

from __future__ import annotations

from tbg.core.event import uuid7
from tbg.core.tx import Tx
from tbg.domains.gamification.actions.reward import Grant, lock, reward
from tbg.domains.gamification.errors import BelowZero, NothingToCorrect


async def correct_xp(tx: Tx, *, user_id: int, amount: int, reason: str, by: str) -> Grant:
    """Write one correction of `amount` XP (negative takes) to the ledger.

    In a transaction with the owners shared. BelowZero if that would make the total negative. Each
    call is a separate correction.
    """
    if not amount or not reason.strip() or not by.strip():
        raise NothingToCorrect("give an amount other than 0, a reason, and who decided")
    held = await lock(tx, [user_id])
    total = held[user_id].total_xp
    if total + amount < 0:
        raise BelowZero(f"the user has {total} XP: {amount} would make it negative")
    key = f"correction:{uuid7()}"
    grant = Grant(user_id, key, amount, "correction", by.strip(), reason.strip(), tx.now)
    (written,) = await reward(tx, grants=[grant])
    return written
