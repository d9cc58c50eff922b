"""Events after which a goal's fact may have grown."""

from __future__ import annotations

from collections.abc import Sequence

from tbg.core.outbox import Delivery
from tbg.core.tx import Tx
from tbg.domains.quests.actions.evaluating import note_changes


async def note_growth(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Let the users of these events wait to be evaluated for today."""
    users = {user for one in deliveries for user in one.event.subjects()}
    await note_changes(tx, [(user, tx.now.date()) for user in users], silent=False)
