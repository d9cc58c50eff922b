"""One miner's page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tbg.core import limits
from tbg.core.frames import FeedItem
from tbg.core.tx import Tx
from tbg.domains.accounts.queries import KnownMiner
from tbg.domains.gamification import queries as gamification
from tbg.domains.gamification.presenters import best_line, grant_lines, level_reached, shares_line
from tbg.domains.gamification.schemas import EarnedBadge, StreakState, StreakWeek, XpState
from tbg.domains.mining import queries as mining
from tbg.domains.mining.presenters import line_of
from tbg.domains.mining.rules import daily_rate_ths, hashrate_ths, hour_of, hourly_rate_ths
from tbg.domains.mining.schemas import FoundBlock, MinerBests
from tbg.domains.public.schemas import (
    BadgeProgress,
    HashrateHistory,
    MinerBadges,
    MinerStats,
    MinerStreak,
    MinerWorker,
    Pace,
    PublicMiner,
)

_HOUR = timedelta(hours=1)

Catalogue = dict[str, gamification.BadgeDefinition]


async def miner_page(tx: Tx, miner: KnownMiner, *, handle: str) -> PublicMiner:
    """A miner's page: ten statements, however much the miner has."""
    standing = await gamification.standing(tx, miner.id)
    mined = await mining.mined(tx, miner.id)
    catalogue = await gamification.badge_catalogue(tx)
    streak = await _streak(tx, miner.id, standing)
    bests = await mining.bests(tx, miner.id)
    hours = await mining.hours(tx, miner.id, most=limits.HOURS_SHOWN)
    since = mined.recent.since or miner.created_at
    blocks = await mining.user_blocks(tx, miner.id, most=limits.FEED_ITEMS)
    found = [FoundBlock.model_validate(block) for block in blocks if block.confirmed]
    any_share = mined.accepted + mined.rejected > 0
    return PublicMiner(
        handle=handle,
        address=miner.address_shown,
        avatar_seed=miner.seed,
        display_name=miner.display_name,
        country=miner.country,
        bio=miner.bio,
        claimed=miner.claimed,
        since=since,
        last_share_at=mined.last_seen if any_share else None,
        online=mined.online > 0,
        xp=XpState.of(standing.total_xp),
        streak=streak,
        badges=await _badges(tx, miner.id, standing, catalogue, streak),
        bests=MinerBests.model_validate(bests),
        stats=MinerStats(
            shares_accepted=standing.total_shares,
            shares_rejected=mined.rejected,
            work=mined.work,
            blocks_found=standing.blocks_found,
            best_difficulty=standing.best_difficulty,
            hashrate_ths_1h=hourly_rate_ths(mined.recent, tx.now),
            hashrate_ths_24h=daily_rate_ths(mined.recent, tx.now),
        ),
        hashrate=_history(hours, since),
        pace=_pace(hours, since, tx.now),
        workers=[_worker(worker, tx.now) for worker in mined.workers],
        workers_total=mined.total,
        workers_online=mined.online,
        blocks=found,
        feed=await _feed(tx, miner.id, catalogue, blocks),
    )


def _history(hours: mining.Hours, since: datetime) -> HashrateHistory:
    return HashrateHistory(
        since=hours.first,
        ths=[
            None if hours.first + n * _HOUR < hour_of(since) else _rounded(hashrate_ths(work, 3600))
            for n, work in enumerate(hours.work)
        ],
    )


def _rounded(ths: float) -> float:
    """Four digits: more would be noise, and there are many."""
    return float(f"{ths:.4g}")


def _pace(hours: mining.Hours, since: datetime, now: datetime) -> Pace:
    """Hours that are over, alone: the running one would count for less than it is."""
    over = hour_of(now) - max(hours.first, since)
    if over <= timedelta():
        return Pace(shares=0.0, work=0.0)
    days = max(over, _HOUR) / timedelta(days=1)
    return Pace(shares=sum(hours.accepted) / days, work=sum(hours.work) / days)


async def _streak(tx: Tx, user_id: int, standing: gamification.Standing) -> MinerStreak:
    weeks = await gamification.calendar(tx, user_id, weeks=limits.CALENDAR_WEEKS)
    return MinerStreak(
        **standing.streak(tx.now).model_dump(),
        weeks=[StreakWeek.model_validate(week) for week in weeks],
    )


async def _badges(
    tx: Tx, user_id: int, standing: gamification.Standing, catalogue: Catalogue, streak: StreakState
) -> MinerBadges:
    earned = await gamification.earned_badges(tx, user_id)
    have = {badge.slug for badge in earned}
    # A week counts towards a badge when it has closed.
    values = {
        "share_count": standing.total_shares,
        "best_diff": standing.best_difficulty,
        "streak": max(0, streak.current_streak - streak.is_active_this_week),
    }
    progress = [
        BadgeProgress(
            slug=badge.slug,
            counts=badge.trigger_type,
            value=values[badge.trigger_type],
            threshold=badge.threshold,
        )
        for badge in catalogue.values()
        if badge.threshold is not None
        and badge.trigger_type in values
        and badge.slug not in have
        # What is reached is about to be awarded: it is neither on the way nor missing.
        and values[badge.trigger_type] < badge.threshold
    ]
    return MinerBadges(
        earned=[EarnedBadge.model_validate(badge) for badge in earned],
        total_earned=len(earned),
        total_available=len(catalogue),
        progress=progress,
    )


def _worker(worker: mining.WorkerState, now: datetime) -> MinerWorker:
    return MinerWorker(
        name=worker.name,
        online=worker.online,
        last_seen=worker.last_seen,
        agent=worker.agent,
        shares_accepted=worker.accepted,
        shares_rejected=worker.rejected,
        best_sdiff=worker.best_sdiff,
        hashrate_ths_1h=hourly_rate_ths(worker.recent, now),
    )


async def _feed(
    tx: Tx, user_id: int, catalogue: Catalogue, blocks: Sequence[mining.Block]
) -> list[FeedItem]:
    most = limits.FEED_ITEMS
    granted = await gamification.latest_grants(tx, user_id, most=most)
    bests = await mining.records(tx, user_id, most=most)
    names = {slug: badge.name for slug, badge in catalogue.items()}
    lines = [
        *grant_lines(granted.others, names),
        *(shares_line(*day) for day in granted.days),
        *(line for grant in granted.levels for line in level_reached(grant)),
        *(line_of(block, confirmed=block.confirmed) for block in blocks),
        *(best_line(best.sdiff, best.worker, best.at) for best in bests),
    ]
    lines.sort(key=lambda line: (line.at, line.id), reverse=True)
    return lines[:most]
