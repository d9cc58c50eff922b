"""A player's own badges, XP and streak."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tbg.adapters.http import OwnersTransaction, SharedAnswer, SignedIn, Transaction
from tbg.adapters.rate_limit import CHANGES
from tbg.core import limits
from tbg.core.tx import Database
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.streaks import switch_freezes
from tbg.domains.gamification.schemas import EarnedBadge, StreakState, StreakWeek, XpState
from tbg.domains.gamification.schemas.own import (
    BadgeSum,
    GamificationStats,
    GamificationSummary,
    OwnBadges,
    StreakCalendar,
    StreakChange,
    XpEntry,
    XpHistory,
)

router = APIRouter(prefix="/users/me", tags=["users"])


async def _count_badges(database: Database) -> int:
    async with database.transaction() as tx:
        return len(await queries.badge_catalogue(tx))


BADGES = SharedAnswer(
    _count_badges, seconds=limits.SOON_SECONDS, share=limits.POOL_STATS_SHARE
)  # so that a summary reads one row
BadgesAvailable = Annotated[int, Depends(BADGES)]


@router.get("/badges", summary="The player's badges", operation_id="own_badges")
async def own_badges(tx: Transaction, who: SignedIn, available: BadgesAvailable) -> OwnBadges:
    """The badges that the player has earned, newest first."""
    earned = await queries.earned_badges(tx, who.user_id)
    return OwnBadges(
        earned=[EarnedBadge.model_validate(badge) for badge in earned],
        total_available=available,
        total_earned=len(earned),
    )


@router.get("/xp", summary="The player's XP and level", operation_id="own_xp")
async def own_xp(tx: Transaction, who: SignedIn) -> XpState:
    """The total, and the way to the next level; at the last level there is nothing left to reach.

    Then `next_level` is the level itself.
    """
    return XpState.of((await queries.standing(tx, who.user_id)).total_xp)


@router.get("/xp/history", summary="What earned the player's XP", operation_id="own_xp_history")
async def own_xp_history(
    tx: Transaction,
    who: SignedIn,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=200)] = 50,
) -> XpHistory:
    """The ledger, newest entry first. A page past the end is empty.

    `total` counts the entries of all pages.
    """
    standing = await queries.standing(tx, who.user_id)
    skipped = (page - 1) * per_page
    entries = (
        await queries.ledger(tx, who.user_id, skipped=skipped, most=per_page)
        if skipped < standing.xp_entries
        else []
    )
    return XpHistory(
        entries=[XpEntry.model_validate(entry.granted) for entry in entries],
        total=standing.xp_entries,
        page=page,
        per_page=per_page,
    )


@router.get("/streak", summary="The player's streak", operation_id="own_streak")
async def own_streak(tx: Transaction, who: SignedIn) -> StreakState:
    """Consecutive mining weeks (UTC, from Monday), this week included as soon as it is mined.

    A freeze keeps the streak over a week that was not mined; every eight weeks of a streak earn
    one.
    """
    return (await queries.standing(tx, who.user_id)).streak(tx.now)


@router.patch("/streak", summary="Switch freezes off or on", operation_id="change_streak",
              dependencies=[Depends(CHANGES)])  # fmt: skip
async def change_streak(tx: OwnersTransaction, who: SignedIn, wish: StreakChange) -> StreakState:
    """Freezes that are switched off are kept, and no week is frozen.

    This applies from this week on: weeks that have ended stay as they are.
    """
    await switch_freezes(tx, user_id=who.user_id, on=wish.freezes_on)
    return (await queries.standing(tx, who.user_id)).streak(tx.now)


@router.get(
    "/streak/calendar", summary="The player's mining weeks", operation_id="own_streak_calendar"
)
async def own_streak_calendar(
    tx: Transaction, who: SignedIn, weeks: Annotated[int, Query(ge=4, le=104)] = 52
) -> StreakCalendar:
    """The last `weeks` weeks, oldest first, this one last; weeks without a share are there too."""
    found = await queries.calendar(tx, who.user_id, weeks=weeks)
    return StreakCalendar(weeks=[StreakWeek.model_validate(week) for week in found])


@router.get(
    "/gamification", summary="The player's XP, streak and sums", operation_id="own_gamification"
)
async def own_gamification(
    tx: Transaction, who: SignedIn, available: BadgesAvailable
) -> GamificationSummary:
    """Everything in one answer, read from one row."""
    standing = await queries.standing(tx, who.user_id)
    return GamificationSummary(
        xp=XpState.of(standing.total_xp),
        streak=standing.streak(tx.now),
        badges=BadgeSum(earned=standing.badges_earned, total=available),
        stats=GamificationStats(
            total_shares=standing.total_shares,
            best_diff=standing.best_difficulty,
            best_difficulty=standing.best_difficulty,
            blocks_found=standing.blocks_found,
        ),
    )
