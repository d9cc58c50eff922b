"""The pool's page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tbg.core import limits
from tbg.core.tx import Database, Tx
from tbg.domains.accounts.queries import Name
from tbg.domains.accounts.queries import names as names_of
from tbg.domains.gamification.presenters import badge_line, pool_best_line
from tbg.domains.gamification.rules import LEVELS
from tbg.domains.mining import queries as mining
from tbg.domains.mining.presenters import line_of
from tbg.domains.mining.rules import hourly_rate_ths
from tbg.domains.public.schemas import LastBlock, PoolBest, PoolFeedItem, PublicStats, WallTile

Names = dict[int, Name]

_REPORTED = 3
"""Blocks in the news that nothing confirms: anybody can write such lines into ckpool's log."""

_NOBODY = Name("", "")
"""For users who are on no list, or are gone: what they did stays, without a name."""


async def pool_page(database: Database) -> bytes:
    """The pool's page as JSON.

    A fixed number of statements, of which four read whole tables (workers, twice, totals and
    bests): what they cost grows with the pool, and the caller keeps the answer the longer for it.
    """
    async with database.transaction() as tx:
        page = await _page(tx)
    return page.model_dump_json().encode()


async def _page(tx: Tx) -> PublicStats:
    work = await mining.pool_work(tx)
    sums = await _sums(tx)
    best = await mining.pool_best(tx)
    active = await mining.last_active(tx, most=limits.WALL_TILES)
    blocks = await mining.pool_blocks(tx, most=limits.POOL_FEED_ITEMS)
    earned = await _latest_badges(tx)
    people = [one.user_id for one in active] + [block.user_id for block in blocks]
    people += [one.user_id for one in earned] + ([best.user_id] if best else [])
    bests = await mining.pool_records(tx, most=limits.POOL_FEED_ITEMS)
    people += [one.user_id for one in bests]
    names = await names_of(tx, sorted(set(people)))
    return PublicStats(
        miners=sums.miners,
        miners_online=work.miners_online,
        workers_online=work.workers_online,
        shares_accepted=work.accepted,
        shares_rejected=work.rejected,
        hashrate_ths=hourly_rate_ths(work.recent, tx.now),
        work=work.work,
        best_difficulty=_best(best, names),
        blocks_found=work.blocks_found,
        blocks_reported=work.blocks_reported,
        last_block=_last_block(blocks, names),
        height=await mining.height_of(tx, active[0].user_id) if active else None,
        xp_granted=sums.xp,
        badges_earned=sums.badges,
        updated_at=tx.now,
        wall=await _wall(tx, active, names),
        recent=_recent(blocks, earned, bests, names),
    )


class _Sums(NamedTuple):
    miners: int
    xp: int
    badges: int


async def _sums(tx: Tx) -> _Sums:
    row = await tx.row(
        """
        SELECT count(*) FILTER (WHERE total_shares > 0), COALESCE(sum(total_xp), 0)::bigint,
            COALESCE(sum(badges_earned), 0)::bigint
        FROM user_gamification
        """
    )
    assert row is not None  # an aggregate always has its one row
    return _Sums(*row)


def _best(best: mining.PoolBestShare | None, names: Names) -> PoolBest | None:
    if best is None:
        return None
    who = names.get(best.user_id, _NOBODY)
    return PoolBest(sdiff=best.sdiff, user=who.name, seed=who.seed, at=best.at)


def _last_block(blocks: Sequence[mining.Block], names: Names) -> LastBlock | None:
    last = next((block for block in blocks if block.confirmed), None)
    if last is None:
        return None
    who = names.get(last.user_id, _NOBODY)
    return LastBlock(
        height=last.height,
        hash=last.hash,
        found_at=last.found_at,
        worker=last.worker if who.name else "",
        sdiff=last.sdiff,
        reward_sats=last.reward_sats,
        user=who.name,
        seed=who.seed,
    )


async def _wall(tx: Tx, active: Sequence[mining.Active], names: Names) -> list[WallTile]:
    rows = await tx.rows(
        "SELECT user_id, level, level_title FROM user_gamification WHERE user_id = ANY(:ids)",
        ids=[one.user_id for one in active],
    )
    levels = {row.user_id: (row.level, row.level_title) for row in rows}
    nobody = (LEVELS[0].level, LEVELS[0].title)
    return [
        WallTile(user=who.name, seed=who.seed, level=level, level_title=title, online=one.online)
        for one in active
        if (who := names.get(one.user_id)) is not None
        for level, title in [levels.get(one.user_id, nobody)]
    ]


class _Earned(NamedTuple):
    user_id: int
    slug: str
    name: str
    xp_reward: int
    earned_at: datetime


async def _latest_badges(tx: Tx) -> list[_Earned]:
    rows = await tx.rows(
        """
        SELECT e.user_id, e.badge_slug, d.name, d.xp_reward, e.earned_at
        FROM user_badges e JOIN badge_definitions d ON d.slug = e.badge_slug
        ORDER BY e.earned_at DESC, e.user_id LIMIT :most
        """,
        most=limits.POOL_FEED_ITEMS,
    )
    return [_Earned(*row) for row in rows]


def _recent(
    blocks: Sequence[mining.Block],
    earned: Sequence[_Earned],
    bests: Sequence[mining.LateRecord],
    names: Names,
) -> list[PoolFeedItem]:
    lines = [
        (one.user_id, badge_line(one.slug, one.name, one.xp_reward, one.earned_at))
        for one in earned
    ]
    reported = [one for one in blocks if not one.confirmed][:_REPORTED]
    shown = [one for one in blocks if one.confirmed] + reported
    lines += [(one.user_id, line_of(one, confirmed=one.confirmed)) for one in shown]
    lines += [(one.user_id, pool_best_line(one.sdiff, one.worker, one.at)) for one in bests]
    lines.sort(key=lambda line: (line[1].at, line[1].id), reverse=True)
    items = []
    for user_id, line in lines[: limits.POOL_FEED_ITEMS]:
        who = names.get(user_id)
        if who is not None:
            rest = line.model_dump() | {"id": f"{line.id}-{who.name}"}
            items.append(PoolFeedItem(**rest, user=who.name, seed=who.seed))
    return items
