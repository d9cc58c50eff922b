"""A batch of mining facts → counters, calendar, badges, XP, levels; set-based, users in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from tbg.adapters.streams import Batch, BestDiff, BlockFound, Share
from tbg.core.event import Frame
from tbg.core.tx import AnyRow, Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions import Award, Grant, lock, reward
from tbg.domains.gamification.actions.streaks import recount_runs
from tbg.domains.gamification.events import PersonalBest
from tbg.domains.gamification.rules import SHARES_PER_XP, crossed, share_xp
from tbg.domains.gamification.rules import week_start_of as _week_start_of


@dataclass(slots=True)
class _WeekDelta:
    shares: int = 0
    best: float = 0.0
    days: int = 0


@dataclass(slots=True)
class _Delta:
    """What a batch adds to one user."""

    accepted: list[Share] = field(default_factory=list)
    best: Share | BestDiff | None = None
    blocks: list[BlockFound] = field(default_factory=list)
    weeks: dict[str, _WeekDelta] = field(default_factory=dict)


async def credit(tx: Tx, batch: Batch) -> None:
    """Reward a batch of fresh facts; every effect of a fact is in this transaction."""
    deltas = _deltas(batch)
    before = await lock(tx, deltas)
    await _write_totals(tx, deltas, before)
    stale = await _write_calendar(tx, deltas, before)
    badges = await queries.badge_catalogue(tx)
    awards: list[Award] = []
    grants: list[Grant] = []
    for user_id, delta in deltas.items():
        old = before[user_id]
        awards += _count_badges(badges, user_id, delta, old)
        awards += _diff_badges(badges, user_id, delta, old)
        awards += _block_badges(badges, user_id, delta)
        grants += _share_grants(user_id, delta, old)
        _tell_best(tx, user_id, delta, old)
    if awards or grants:
        await reward(tx, awards=awards, grants=grants)
    await recount_runs(tx, stale)


def _deltas(batch: Batch) -> dict[int, _Delta]:
    deltas: dict[int, _Delta] = {user: _Delta() for user in sorted(set(batch.users.values()))}
    for share in batch.shares:
        if not share.accepted:
            continue
        delta = deltas[batch.users[share.address]]
        delta.accepted.append(share)
        day = _day_of(int(share.at.timestamp()) // 86_400)
        week = delta.weeks.get(day.week_iso)
        if week is None:
            week = delta.weeks[day.week_iso] = _WeekDelta()
        week.shares += 1
        week.days |= day.bit
        if share.sdiff > week.best:
            week.best = share.sdiff
        if delta.best is None or share.sdiff > delta.best.sdiff:
            delta.best = share
    for best in batch.bests:
        delta = deltas[batch.users[best.address]]
        if delta.best is None or best.sdiff > delta.best.sdiff:
            delta.best = best
    for block in batch.blocks:
        deltas[batch.users[block.address]].blocks.append(block)
    return deltas


class _Day(NamedTuple):
    week_iso: str
    bit: int


@lru_cache(maxsize=4096)
def _day_of(days_since_epoch: int) -> _Day:
    day = date(1970, 1, 1) + timedelta(days=days_since_epoch)
    year, week, weekday = day.isocalendar()
    return _Day(f"{year:04d}-W{week:02d}", 1 << (weekday - 1))


async def _write_totals(tx: Tx, deltas: dict[int, _Delta], before: dict[int, AnyRow]) -> None:
    """Most users of a batch only count on; the few with a new best, week or block get it all."""
    plain: list[int] = []
    moved: list[tuple[int, _Run, tuple[float, date | None]]] = []
    for user, delta in deltas.items():
        old = before[user]
        run, best = _extend_run(old, delta), _best_after(old, delta)
        if run.last_week != old.last_active_week or best[0] != old.best_difficulty or delta.blocks:
            moved.append((user, run, best))
        elif delta.accepted:
            plain.append(user)
    if plain:
        await tx.run(
            """
            UPDATE user_gamification g SET total_shares = g.total_shares + t.shares,
                updated_at = :now
            FROM unnest(:users ::bigint[], :shares ::bigint[]) AS t (user_id, shares)
            WHERE g.user_id = t.user_id
            """,
            now=tx.now,
            users=plain,
            shares=[len(deltas[user].accepted) for user in plain],
        )
    if not moved:
        return
    await tx.run(
        """
        UPDATE user_gamification g SET total_shares = g.total_shares + t.shares,
            blocks_found = g.blocks_found + t.blocks, best_difficulty = t.best,
            best_on = t.best_on, current_streak = t.run, longest_streak = t.longest,
            streak_start_date = t.start, last_active_week = t.week, updated_at = :now
        FROM unnest(:users ::bigint[], :shares ::bigint[], :blocks ::integer[],
            :bests ::float8[], :best_ons ::date[], :runs ::integer[], :longests ::integer[],
            :starts ::date[], :weeks ::text[])
            AS t (user_id, shares, blocks, best, best_on, run, longest, start, week)
        WHERE g.user_id = t.user_id
        """,
        now=tx.now,
        users=[user for user, _, _ in moved],
        shares=[len(deltas[user].accepted) for user, _, _ in moved],
        blocks=[len(deltas[user].blocks) for user, _, _ in moved],
        bests=[best for _, _, (best, _) in moved],
        best_ons=[day for _, _, (_, day) in moved],
        runs=[run.weeks for _, run, _ in moved],
        longests=[run.longest for _, run, _ in moved],
        starts=[run.start for _, run, _ in moved],
        weeks=[run.last_week for _, run, _ in moved],
    )


# The same few weeks, asked for thousands of times a batch.
week_start_of = lru_cache(maxsize=1024)(_week_start_of)


def _best_after(old: AnyRow, delta: _Delta) -> tuple[float, date | None]:
    if delta.best is None or delta.best.sdiff <= old.best_difficulty:
        return old.best_difficulty, old.best_on
    return delta.best.sdiff, delta.best.at.date()


class _Run(NamedTuple):
    weeks: int
    longest: int
    start: date | None
    last_week: str | None


def _extend_run(old: AnyRow, delta: _Delta) -> _Run:
    """The run of weeks after this batch, when its weeks come in order (almost always).

    A week before the last active one may join runs or begin one: `recount_runs` sees to those.
    """
    run = _Run(old.current_streak, old.longest_streak, old.streak_start_date, old.last_active_week)
    for week in sorted(delta.weeks):
        if run.last_week is not None and week <= run.last_week:
            continue
        monday = week_start_of(week)
        follows = run.last_week is not None and monday - week_start_of(run.last_week) == timedelta(
            weeks=1
        )
        weeks = run.weeks + 1 if follows else 1
        run = _Run(weeks, max(weeks, run.longest), run.start if follows else monday, week)
    return run


async def _write_calendar(
    tx: Tx, deltas: dict[int, _Delta], before: dict[int, AnyRow]
) -> list[int]:
    """Add to the calendar; the users with a new week that is not their latest."""
    rows = [
        (user, week, delta.weeks[week])
        for user, delta in deltas.items()
        for week in sorted(delta.weeks)
    ]
    if not rows:
        return []
    written = await tx.rows(
        """
        INSERT INTO streak_calendar AS c (user_id, week_iso, week_start, share_count, best_diff,
            days, is_active)
        SELECT user_id, week, start, shares, best, days, true FROM unnest(:users ::bigint[],
            :weeks ::text[], :starts ::date[], :shares ::bigint[], :bests ::float8[],
            :days ::smallint[]) AS t (user_id, week, start, shares, best, days)
        ON CONFLICT (user_id, week_iso) DO UPDATE SET
            share_count = c.share_count + excluded.share_count,
            best_diff = GREATEST(c.best_diff, excluded.best_diff),
            days = c.days | excluded.days, is_active = true
        RETURNING user_id, week_iso, xmax = 0 AS fresh
        """,
        users=[user for user, _, _ in rows],
        weeks=[week for _, week, _ in rows],
        starts=[week_start_of(week) for _, week, _ in rows],
        shares=[delta.shares for _, _, delta in rows],
        bests=[delta.best for _, _, delta in rows],
        days=[delta.days for _, _, delta in rows],
    )
    return sorted(
        {
            row.user_id
            for row in written
            if row.fresh and row.week_iso < (before[row.user_id].last_active_week or "")
        }
    )


_Badges = dict[str, queries.Badge]


def _cause(fact: Share | BestDiff) -> dict[str, Any]:
    return {"share_id": str(fact.key), "sdiff": fact.sdiff, "worker": fact.worker}


def _count_badges(badges: _Badges, user_id: int, delta: _Delta, old: AnyRow) -> Iterator[Award]:
    after = old.total_shares + len(delta.accepted)
    for badge in badges.values():
        if badge.trigger_type == "share_count" and crossed(
            badge.trigger_config["threshold"], old.total_shares, after
        ):
            nth = int(badge.trigger_config["threshold"]) - old.total_shares - 1
            share = sorted(delta.accepted, key=_age)[nth]
            metadata = _cause(share) | {"total_shares": nth + 1 + old.total_shares}
            yield Award(user_id, badge.slug, share.at, metadata, share.history)


def _age(share: Share) -> tuple[datetime, Any]:
    return share.at, share.key


def _diff_badges(badges: _Badges, user_id: int, delta: _Delta, old: AnyRow) -> Iterator[Award]:
    best = delta.best
    if best is None or best.sdiff <= old.best_difficulty:
        return
    for badge in badges.values():
        if badge.trigger_type == "best_diff" and crossed(
            badge.trigger_config["threshold"], old.best_difficulty, best.sdiff
        ):
            yield Award(user_id, badge.slug, best.at, _cause(best), best.history)


def _block_badges(badges: _Badges, user_id: int, delta: _Delta) -> Iterator[Award]:
    for badge in badges.values():
        if badge.trigger_type == "block_found" and delta.blocks:
            block = min(delta.blocks, key=lambda b: b.at)
            metadata = {"height": block.height, "hash": block.hash, "worker": block.worker}
            yield Award(user_id, badge.slug, block.at, metadata, block.history)


def _share_grants(user_id: int, delta: _Delta, old: AnyRow) -> Iterator[Grant]:
    after = old.total_shares + len(delta.accepted)
    amount = share_xp(old.total_shares, after)
    if amount:
        hundreds = after // SHARES_PER_XP
        last = max(delta.accepted, key=_age)
        yield Grant(
            user_id,
            f"share:{user_id}:{hundreds}",
            amount,
            "share",
            str(hundreds * SHARES_PER_XP),
            f"{hundreds * SHARES_PER_XP:,} shares",
            last.at,
            last.history,
        )


def _tell_best(tx: Tx, user_id: int, delta: _Delta, old: AnyRow) -> None:
    best = delta.best
    if best is None or best.history or not 0 < old.best_difficulty < best.sdiff:
        return
    tx.show(
        Frame(
            "mining",
            f"miner:{best.address}",
            "best_diff",
            {
                "sdiff": best.sdiff,
                "worker": best.worker,
                "at": best.at.isoformat(),
                "previous": old.best_difficulty,
            },
        )
    )
    # The first crossing of a day is the day's personal best; later ones today are the same one.
    if old.best_on is not None and old.best_on < best.at.date():
        tx.announce(
            PersonalBest(
                user_id=user_id,
                sdiff=best.sdiff,
                previous=old.best_difficulty,
                worker=best.worker,
                at=best.at,
            )
        )
