"""Reported completions of a batch → completions, with their rewards."""

from __future__ import annotations

from tbg.adapters.streams import BadEvent, Batch
from tbg.core.tx import Tx
from tbg.domains.quests import queries
from tbg.domains.quests.actions.completing import Completion, complete
from tbg.domains.quests.rules import EXTERNAL, is_silent, period_of


async def complete_reported(tx: Tx, batch: Batch) -> Batch:
    """Complete the external quests that other systems report; BadEvent for one that is none."""
    if not batch.quests:
        return batch
    catalogue = await queries.quest_catalogue(tx)
    completions = []
    for said in batch.quests:
        quest = catalogue.get(said.quest)
        if quest is None or quest.fact != EXTERNAL:
            raise BadEvent("quest", f"{said.quest} is no quest that other systems complete")
        period = period_of(quest, said.at.date())
        if period is None:
            raise BadEvent("quest", f"{said.quest} was not running at {said.at:%Y-%m-%d %H:%M}")
        silent = said.history or is_silent(said.at, period, now=tx.now)
        completions.append(
            Completion(
                batch.users[said.address],
                quest,
                period.key,
                said.at,
                reported_by=said.source,
                silent=silent,
            )
        )
    await complete(tx, completions)
    return batch
