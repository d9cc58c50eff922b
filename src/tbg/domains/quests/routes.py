"""Quests: for everybody, for the player, and for systems that complete them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from tbg.adapters.http import (
    AppGoalFacts,
    OwnersTransaction,
    RequiredKey,
    Service,
    SignedIn,
    Transaction,
    problems,
)
from tbg.adapters.rate_limit import RateLimit
from tbg.core import quest_limits
from tbg.core.errors import Invalid, NotFound
from tbg.core.goals import GoalFacts
from tbg.core.tx import Tx
from tbg.domains.accounts import queries as accounts
from tbg.domains.gamification.queries import badge_catalogue
from tbg.domains.quests import queries
from tbg.domains.quests.actions import report
from tbg.domains.quests.queries.progress import Attempt, progress
from tbg.domains.quests.queries.registry import text_of
from tbg.domains.quests.rules import Quest, end_of, period_of
from tbg.domains.quests.schemas import (
    OwnQuest,
    OwnQuests,
    QuestAccepted,
    QuestBadge,
    QuestCompletion,
    QuestGoal,
    QuestInfo,
    QuestList,
    QuestReported,
)

router = APIRouter(tags=["quests"])

REPORTS = RateLimit("quest_reports", quest_limits.RATE_QUEST_REPORTS)

Language = Annotated[str | None, Query(pattern="^[a-z]{2}$")]
Slug = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9_]{0,63}$")]


@router.get("/quests", summary="All quests", operation_id="list_quests")
async def list_quests(tx: Transaction, facts: AppGoalFacts, lang: Language = None) -> QuestList:
    """All quests in the registry's order, each with its period now.

    `lang`: the language of names and descriptions; in English where there is no translation.
    """
    quests = (await queries.quest_catalogue(tx)).values()
    badges = await _badge_names(tx)
    return QuestList(quests=[_info(quest, tx.now, facts, badges, lang) for quest in quests])


# Before the route of one quest, whose path this one matches too: `Allow` is that of the first.
@router.post("/quests/completions", status_code=201, operation_id="report_quest",
             summary="Report that a user completed a quest",
             dependencies=[Depends(REPORTS)],
             responses=problems(404, 409)
             | {202: {"model": QuestAccepted, "description": "It was there before"}})  # fmt: skip
async def post_completion(
    tx: OwnersTransaction,
    who: Service,
    said: QuestReported,
    request: RequiredKey,
    response: Response,
) -> QuestAccepted:
    """201 the first time; 202 if the user has completed the quest in that period before."""
    user = await accounts.miner(tx, said.user, anybody=True)
    if user is None:
        raise NotFound(f"There is no user called {said.user}.")
    done, again = await report(
        tx, user_id=user.id, slug=said.quest, at=said.at, by=f"key:{who.key_id}",
        request=request,
    )  # fmt: skip
    response.status_code = 202 if again else 201
    return QuestAccepted(
        quest=done.quest, period_key=done.period, xp=done.xp, at=done.at, idempotentReplayed=again
    )


@router.get("/quests/{slug}", summary="One quest", operation_id="get_quest",
            responses=problems(404))  # fmt: skip
async def get_quest(
    tx: Transaction, facts: AppGoalFacts, slug: Slug, lang: Language = None
) -> QuestInfo:
    """A quest, with its period now."""
    quest = (await queries.quest_catalogue(tx)).get(slug)
    if quest is None:
        raise NotFound(f"There is no quest called {slug}.")
    return _info(quest, tx.now, facts, await _badge_names(tx), lang)


@router.get("/users/me/quests", summary="The player's quests", operation_id="own_quests")
async def own_quests(
    tx: Transaction,
    who: SignedIn,
    facts: AppGoalFacts,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    cursor: Annotated[str | None, Query(max_length=160)] = None,
    lang: Language = None,
) -> OwnQuests:
    """All quests with the player's progress, and what they completed, newest first."""
    before = None if cursor is None else _place(cursor)
    found = await queries.completions(tx, who.user_id, before=before, most=limit + 1)
    names = {item.quest.slug: item.quest for item in await queries.every_quest(tx)}
    return OwnQuests(
        quests=await _own(tx, who.user_id, facts, lang),
        completions=[_completion(one, names, lang) for one in found[:limit]],
        next_cursor=_cursor(found[limit - 1]) if len(found) > limit else None,
    )


async def _badge_names(tx: Tx) -> dict[str, str]:
    return {slug: badge.name for slug, badge in (await badge_catalogue(tx)).items()}


async def _own(tx: Tx, user_id: int, facts: GoalFacts, lang: str | None) -> list[OwnQuest]:
    quests = (await queries.quest_catalogue(tx)).values()
    badges = await _badge_names(tx)
    running = {quest.slug: period_of(quest, tx.now.date()) for quest in quests}
    attempts = {
        quest.slug: Attempt(user_id, quest, period)
        for quest in quests
        if (period := running[quest.slug]) is not None
    }
    done = await queries.completed_among(tx, [one.key for one in attempts.values()])
    values = await progress(tx, facts, list(attempts.values()))
    found = []
    for quest in quests:
        attempt = attempts.get(quest.slug)
        at = done.get(attempt.key) if attempt else None
        value = values[attempt.key] if attempt else 0.0
        info = _info(quest, tx.now, facts, badges, lang)
        reached = max(value, quest.threshold) if at else value
        found.append(OwnQuest(**info.model_dump(), progress=reached, completed_at=at))
    return found


def _info(
    quest: Quest, now: datetime, facts: GoalFacts, badges: dict[str, str], lang: str | None
) -> QuestInfo:
    name, description = text_of(quest, lang)
    period = period_of(quest, now.date())
    badge = quest.badge
    return QuestInfo(
        slug=quest.slug,
        name=name,
        description=description,
        period=quest.period,
        goal=QuestGoal(fact=quest.fact, threshold=quest.threshold),
        xp=quest.xp,
        badge=None if badge is None else QuestBadge(slug=badge, name=badges.get(badge, badge)),
        starts=quest.starts,
        ends=quest.ends,
        open=queries.is_open(quest, facts),
        period_key=period and period.key,
        period_ends_at=period and end_of(period),
    )


def _completion(
    one: queries.Completed, quests: dict[str, Quest], lang: str | None
) -> QuestCompletion:
    quest = quests.get(one.quest)
    return QuestCompletion(
        quest=one.quest,
        name=text_of(quest, lang)[0] if quest else one.quest,
        period_key=one.period,
        xp=one.xp,
        at=one.at,
    )


def _cursor(one: queries.Completed) -> str:
    return f"{one.at.isoformat()}~{one.quest}~{one.period}"


def _place(cursor: str) -> tuple[datetime, str, str]:
    """The completion that a cursor names; Invalid if it is none of ours."""
    at, _, rest = cursor.partition("~")
    quest, _, period = rest.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Invalid("The cursor is not one that this list gave.") from None
    if moment.tzinfo is None or "\0" in cursor:
        raise Invalid("The cursor is not one that this list gave.")
    return moment, quest, period
