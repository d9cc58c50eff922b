"""A batch of mining facts → counters, calendar, badges, XP, levels; set-based, users in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from heapq import nlargest
from typing import Any, NamedTuple

from tbg.adapters.streams import Batch, BestDiff, BlockFound, Share
from tbg.core import limits
from tbg.core.frames import FeedItemData, Frame
from tbg.core.tx import Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions import Award, Grant, reward
from tbg.domains.gamification.actions.streaks import recount_runs, write_runs
from tbg.domains.gamification.events import PersonalBest
from tbg.domains.gamification.presenters import best_line
from tbg.domains.gamification.rules import (
    SHARES_PER_XP,
    LastRun,
    crossed,
    share_xp,
    week_start_of,
)
from tbg.domains.gamification.schemas import BestDiffData, StreakUpdateData


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


async def credit(tx: Tx, batch: Batch) -> Batch:
    """Reward a batch of fresh facts; every effect of a fact is in this transaction."""
    deltas = _deltas(batch)
    counted = await _count(tx, deltas)
    await _extend_runs(tx, deltas, counted)
    weeks_begun = await _write_calendar(tx, deltas)
    triggers = _Triggers.of(await queries.badge_catalogue(tx))
    awards: list[Award] = []
    grants: list[Grant] = []
    beaten: list[tuple[Share | BestDiff, _Counted]] = []
    for user_id, now in counted.items():
        delta = deltas[user_id]
        if delta.accepted:
            awards += _count_awards(triggers, user_id, delta, now.total_shares)
            grants += _share_grants(user_id, delta, now.total_shares)
        if delta.best is not None and delta.best.sdiff > now.previous_best:
            awards += _diff_awards(triggers, user_id, delta.best, now.previous_best)
            _announce_best(tx, user_id, delta.best, now)
            beaten.append((delta.best, now))
        if delta.blocks:
            awards += _block_awards(triggers, user_id, delta.blocks)
    if awards or grants:
        await reward(tx, awards=awards, grants=grants)
    await recount_runs(tx, _out_of_order(weeks_begun, counted))
    _show_bests(tx, beaten)
    _show_reported_bests(tx, batch, counted)
    await _show_streaks(tx, batch, weeks_begun)
    return batch


def _deltas(batch: Batch) -> dict[int, _Delta]:
    deltas: dict[int, _Delta] = {user: _Delta() for user in sorted(set(batch.users.values()))}
    for share in batch.shares:
        if not share.accepted:
            continue
        delta = deltas[batch.users[share.address]]
        delta.accepted.append(share)
        day = _day_of(share.at.toordinal())
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
def _day_of(ordinal: int) -> _Day:
    year, week, weekday = date.fromordinal(ordinal).isocalendar()
    return _Day(f"{year:04d}-W{week:02d}", 1 << (weekday - 1))


class _Counted(NamedTuple):
    """A user after the count: new totals, the best before it, the run of weeks still to move."""

    total_shares: int
    previous_best: float
    previous_best_on: date | None
    run: LastRun
    longest_streak: int


async def _count(tx: Tx, deltas: dict[int, _Delta]) -> dict[int, _Counted]:
    """Add to the totals of the batch's users; return the new totals.

    One sorted upsert makes missing rows, locks in ascending order and adds, all at once.
    `previous_best` returns the best before it; streaks are updated by the next step.
    """
    users = list(deltas)
    bests = [deltas[user].best for user in users]
    rows = await tx.rows(
        """
        INSERT INTO user_gamification AS g (user_id, total_shares, blocks_found, best_difficulty,
            best_on, updated_at)
        SELECT user_id, shares, blocks, best, best_on, :now FROM unnest(:users ::bigint[],
            :shares ::bigint[], :blocks ::integer[], :bests ::float8[], :best_ons ::date[])
            AS t (user_id, shares, blocks, best, best_on) ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET
            total_shares = g.total_shares + excluded.total_shares,
            blocks_found = g.blocks_found + excluded.blocks_found,
            previous_best = g.best_difficulty, previous_best_on = g.best_on,
            best_difficulty = GREATEST(g.best_difficulty, excluded.best_difficulty),
            best_on = CASE WHEN excluded.best_difficulty > g.best_difficulty
                THEN excluded.best_on ELSE g.best_on END,
            updated_at = excluded.updated_at
        RETURNING user_id, total_shares, previous_best, previous_best_on, current_streak,
            longest_streak, streak_start_date, last_active_week, freezes_held, freezes_switched
        """,
        now=tx.now,
        users=users,
        shares=[len(deltas[user].accepted) for user in users],
        blocks=[len(deltas[user].blocks) for user in users],
        bests=[best.sdiff if best else 0.0 for best in bests],
        best_ons=[best.at.date() if best else None for best in bests],
    )
    return {
        row.user_id: _Counted(
            row.total_shares,
            row.previous_best,
            row.previous_best_on,
            queries.last_run(row),
            row.longest_streak,
        )
        for row in rows
    }


async def _extend_runs(tx: Tx, deltas: dict[int, _Delta], counted: dict[int, _Counted]) -> None:
    """Move on the runs of those whose latest active week is a new one.

    A week before it may join runs or begin one: `recount_runs` sees to those.
    """
    moved: dict[int, tuple[LastRun, int]] = {}
    for user, now in counted.items():
        run, longest = now.run, now.longest_streak
        for monday in sorted(week_start_of(week) for week in deltas[user].weeks):
            if run.last is None or monday > run.last:
                run = run.extended(monday)
                longest = max(longest, run.weeks)
                moved[user] = run, longest
    if moved:
        await write_runs(tx, moved)


async def _write_calendar(tx: Tx, deltas: dict[int, _Delta]) -> list[tuple[int, str]]:
    """Add to the calendar; the users and weeks that had no share before."""
    rows = [
        (user, week, delta.weeks[week])
        for user, delta in deltas.items()
        for week in sorted(delta.weeks)
    ]
    if not rows:
        return []
    fresh = await tx.rows(
        """
        WITH written AS (
            INSERT INTO streak_calendar AS c (user_id, week_iso, week_start, share_count,
                best_diff, days, is_active)
            SELECT user_id, week, start, shares, best, days, true FROM unnest(:users ::bigint[],
                :weeks ::text[], :starts ::date[], :shares ::bigint[], :bests ::float8[],
                :days ::smallint[]) AS t (user_id, week, start, shares, best, days)
            ON CONFLICT (user_id, week_iso) DO UPDATE SET
                share_count = c.share_count + excluded.share_count,
                best_diff = GREATEST(c.best_diff, excluded.best_diff),
                days = c.days | excluded.days, is_active = true
            RETURNING user_id, week_iso, xmax = 0 AS fresh
        ) SELECT user_id, week_iso FROM written WHERE fresh
        """,
        users=[user for user, _, _ in rows],
        weeks=[week for _, week, _ in rows],
        starts=[week_start_of(week) for _, week, _ in rows],
        shares=[delta.shares for _, _, delta in rows],
        bests=[delta.best for _, _, delta in rows],
        days=[delta.days for _, _, delta in rows],
    )
    return [(row.user_id, row.week_iso) for row in fresh]


def _out_of_order(
    weeks_begun: Iterable[tuple[int, str]], counted: dict[int, _Counted]
) -> list[int]:
    """The users with a new week that is not their latest: their runs must be counted again."""
    begun = [(user, week_start_of(week), counted[user].run.last) for user, week in weeks_begun]
    return sorted({user for user, week, last in begun if last is not None and week < last})


class _Triggers(NamedTuple):
    """The badges that shares can earn, by what they look at."""

    counts: list[tuple[int, queries.BadgeDefinition]]
    diffs: list[tuple[float, queries.BadgeDefinition]]
    blocks: list[queries.BadgeDefinition]

    @classmethod
    def of(cls, catalogue: dict[str, queries.BadgeDefinition]) -> _Triggers:
        found = cls([], [], [])
        for badge in catalogue.values():
            if badge.trigger_type == "share_count":
                found.counts.append((int(badge.trigger_config["threshold"]), badge))
            elif badge.trigger_type == "best_diff":
                found.diffs.append((badge.trigger_config["threshold"], badge))
            elif badge.trigger_type == "block_found":
                found.blocks.append(badge)
        return found


def _cause(fact: Share | BestDiff) -> dict[str, Any]:
    return {"share_id": str(fact.key), "sdiff": fact.sdiff, "worker": fact.worker}


def _count_awards(triggers: _Triggers, user_id: int, delta: _Delta, after: int) -> Iterator[Award]:
    before = after - len(delta.accepted)
    for threshold, badge in triggers.counts:
        if crossed(threshold, before, after):
            share = sorted(delta.accepted, key=_age)[threshold - before - 1]
            metadata = _cause(share) | {"total_shares": threshold}
            yield Award(user_id, badge, share.at, metadata, share.history)


def _age(share: Share) -> tuple[datetime, Any]:
    return share.at, share.key


def _diff_awards(
    triggers: _Triggers, user_id: int, best: Share | BestDiff, before: float
) -> Iterator[Award]:
    for threshold, badge in triggers.diffs:
        if crossed(threshold, before, best.sdiff):
            yield Award(user_id, badge, best.at, _cause(best), best.history)


def _block_awards(triggers: _Triggers, user_id: int, blocks: list[BlockFound]) -> Iterator[Award]:
    block = min(blocks, key=lambda b: b.at)
    metadata = {"height": block.height, "hash": block.hash, "worker": block.worker}
    for badge in triggers.blocks:
        yield Award(user_id, badge, block.at, metadata, block.history)


def _share_grants(user_id: int, delta: _Delta, after: int) -> Iterator[Grant]:
    amount = share_xp(after - len(delta.accepted), after)
    if amount:
        reached = after // SHARES_PER_XP
        last = max(delta.accepted, key=_age)
        yield Grant(
            user_id,
            f"share:{user_id}:{reached}",
            amount,
            "share",
            str(reached * SHARES_PER_XP),
            f"{reached * SHARES_PER_XP:,} shares",
            last.at,
            last.history,
        )


def _announce_best(tx: Tx, user_id: int, best: Share | BestDiff, before: _Counted) -> None:
    if best.history:
        return
    # The first crossing of a day is the day's personal best; later ones today are the same one.
    on = before.previous_best_on
    if before.previous_best and on is not None and on < best.at.date():
        tx.announce(
            PersonalBest(
                user_id=user_id,
                sdiff=best.sdiff,
                previous=before.previous_best,
                worker=best.worker,
                at=best.at,
            )
        )


def _show_bests(tx: Tx, beaten: Iterable[tuple[Share | BestDiff, _Counted]]) -> None:
    """Show the greatest of the bests that were beaten, each with its line of the feed."""
    live = [one for one in beaten if not one[0].history]
    for best, before in nlargest(limits.FRAMES_PER_BATCH, live, key=lambda one: one[0].sdiff):
        if isinstance(best, Share):  # else it is among those that the pool reports
            _show_best(tx, best, before)
        line = best_line(best.sdiff, best.worker, best.at)
        tx.show(Frame(f"miner:{best.address}", FeedItemData(**line.model_dump())))


def _show_reported_bests(tx: Tx, batch: Batch, counted: dict[int, _Counted]) -> None:
    """Show what the pool says was reached: it may be the best of a week, if not of all time."""
    for best in batch.bests[: limits.FRAMES_PER_BATCH]:
        if not best.history:
            _show_best(tx, best, counted[batch.users[best.address]])


def _show_best(tx: Tx, best: Share | BestDiff, before: _Counted) -> None:
    data = BestDiffData(
        sdiff=best.sdiff,
        worker=best.worker,
        at=best.at,
        share_id=best.key,
        previous=before.previous_best,
    )
    tx.show(Frame(f"miner:{best.address}", data))


async def _show_streaks(tx: Tx, batch: Batch, weeks_begun: Sequence[tuple[int, str]]) -> None:
    """Show the streaks that a first share of a week has changed."""
    live = {batch.users[s.address]: s.address for s in batch.shares if not s.history}
    users = sorted({user for user, _ in weeks_begun} & live.keys())[: limits.FRAMES_PER_BATCH]
    if not users:
        return
    rows = await tx.rows(
        """
        SELECT user_id, current_streak, longest_streak, streak_start_date, last_active_week,
            freezes_held, freezes_switched
        FROM user_gamification WHERE user_id = ANY(:ids ::bigint[]) ORDER BY user_id
        """,
        ids=users,
    )
    for row in rows:
        state = queries.streak_state(queries.last_run(row), longest=row.longest_streak, now=tx.now)
        data = StreakUpdateData(
            streak=state.current_streak,
            longest=row.longest_streak,
            week=row.last_active_week,
            state=state,
        )
        tx.show(Frame(f"miner:{live[row.user_id]}", data))
