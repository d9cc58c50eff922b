"""What a player was rewarded with, why, and how much when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query

from tbg.adapters.http import AppCauses, SignedIn, Transaction
from tbg.domains.gamification import queries
from tbg.domains.gamification.presenters import grant_lines
from tbg.domains.gamification.queries import BadgeDefinition, rewards
from tbg.domains.gamification.schemas.rewards import Reward, RewardBadge, RewardFeed, RewardSummary

router = APIRouter(prefix="/rewards", tags=["rewards"])


@router.get("/feed", summary="The player's rewards, and why", operation_id="reward_feed")
async def reward_feed(
    tx: Transaction,
    who: SignedIn,
    causes: AppCauses,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,18}$")] = None,
) -> RewardFeed:
    """XP and badges in one list, newest first; each with what caused it."""
    before = None if cursor is None else int(cursor)
    found = await rewards.rewarded(tx, who.user_id, causes, before=before, most=limit + 1)
    badges = {item.badge.slug: item.badge for item in await queries.every_badge(tx)}
    names = {slug: badge.name for slug, badge in badges.items()}
    return RewardFeed(
        rewards=[_reward(one, badges, names) for one in found[:limit]],
        next_cursor=str(found[limit - 1].id) if len(found) > limit else None,
    )


@router.get(
    "/summary", summary="The player's XP by day, week and source", operation_id="reward_summary"
)
async def reward_summary(tx: Transaction, who: SignedIn) -> RewardSummary:
    """The last 30 days and 12 weeks, oldest first, by the time of what earned it."""
    return await rewards.summary(tx, who.user_id)


def _reward(
    one: rewards.Rewarded, badges: Mapping[str, BadgeDefinition], names: Mapping[str, str]
) -> Reward:
    granted = one.granted
    badge = badges.get(granted.source_id or "") if granted.source == "badge" else None
    return Reward(
        id=str(one.id),
        amount=granted.amount,
        source=granted.source,
        source_id=granted.source_id,
        at=granted.at,
        badge=None if badge is None else RewardBadge.model_validate(badge),
        cause=one.cause,
        line=next(grant_lines([granted], names)),
    )
