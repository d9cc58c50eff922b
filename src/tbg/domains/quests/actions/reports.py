"""Completions that another system reports over HTTP."""

from __future__ import annotations

from datetime import datetime

from tbg.core import limits
from tbg.core.tx import Tx
from tbg.domains.quests import queries
from tbg.domains.quests.actions.completing import Completion, complete
from tbg.domains.quests.errors import QuestClosed, QuestNotExternal, QuestUnknown, TimeRefused
from tbg.domains.quests.queries import Completed
from tbg.domains.quests.rules import EXTERNAL, Period, Quest, is_silent, period_of


async def report(
    tx: Tx, *, user_id: int, slug: str, at: datetime | None, by: str, request: str
) -> tuple[Completed, bool]:
    """Complete an external quest; the completion, and whether it was there before.

    The same `request` (an idempotency key) means the same completion, even in another period.
    """
    quest = (await queries.quest_catalogue(tx)).get(slug)
    if quest is None:
        raise QuestUnknown(f"There is no quest called {slug}.", quest=slug)
    if quest.fact != EXTERNAL:
        raise QuestNotExternal(f"The game itself decides who completes {slug}.", quest=slug)
    before = await queries.reported_before(tx, user_id=user_id, quest=slug, request=request)
    if before is not None:
        return before, True
    moment = at or tx.now
    period = _running(quest, moment, now=tx.now)
    silent = is_silent(moment, period, now=tx.now)
    one = Completion(
        user_id, quest, period.key, moment, reported_by=by, request=request, silent=silent
    )
    new = await complete(tx, [one])
    if new:
        return Completed(slug, period.key, quest.xp, moment), False
    known = await queries.completion(tx, one.key)
    assert known is not None  # completions are never removed
    return known, True


def _running(quest: Quest, at: datetime, *, now: datetime) -> Period:
    if at - now > limits.EVENT_AHEAD:
        raise TimeRefused("The time of the completion is in the future.")
    if now - at > limits.EVENT_AGE:
        raise TimeRefused("The time of the completion is more than 90 days ago.")
    period = period_of(quest, at.date())
    if period is None:
        raise QuestClosed(f"{quest.slug} was not running then.", quest=quest.slug)
    return period
