"""What operators change: XP given or taken, and badges granted, with who and why."""

from __future__ import annotations

from tbg.core.errors import NotFound
from tbg.core.event import uuid7
from tbg.core.tx import Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.reward import Award, Grant, lock, reward
from tbg.domains.gamification.errors import BelowZero, EarnedByMining, NothingToCorrect


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


async def grant_badge(tx: Tx, *, user_id: int, slug: str, reason: str, by: str) -> bool:
    """Award a badge of an event by hand; False if the user has it already.

    In a transaction with the owners shared. NotFound if the registry has no such badge,
    EarnedByMining if the game itself decides who has it.
    """
    badge = (await queries.badge_catalogue(tx)).get(slug)
    if badge is None:
        raise NotFound(f"There is no badge called {slug}.")
    if badge.trigger_type != "event":
        raise EarnedByMining(
            f"{badge.name} follows from what was mined. If it is missing, run "
            "`tbg rewards verify --repair`."
        )
    await lock(tx, [user_id])
    metadata = {"granted_by": by, "reason": reason}
    return bool(await reward(tx, awards=[Award(user_id, badge, tx.now, metadata)]))
