"""Reads badges, XP, levels and streaks."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from tbg.core import limits
from tbg.core.tx import AnyRow, Tx
from tbg.domains.gamification.rules import (
    LEVELS,
    LastRun,
    get_week_iso,
    get_week_start,
    streaks,
    week_start_of,
)
from tbg.domains.gamification.schemas import StreakState


class BadgeDefinition(NamedTuple):
    """A badge's definition; `trigger_config` as the registry has it."""

    slug: str
    name: str
    description: str
    category: str
    rarity: str
    xp_reward: int
    trigger_type: str
    trigger_config: dict[str, Any]
    sort_order: int
    icon_url: str | None = None
    picture: str | None = None

    @property
    def threshold(self) -> float | None:
        """The threshold, for triggers that have one."""
        found = self.trigger_config.get("threshold")
        return None if found is None else float(found)


def is_open(badge: BadgeDefinition, events: Set[str]) -> bool:
    """Whether anybody can earn a badge, when these events are recorded."""
    return badge.trigger_type != "event" or badge.trigger_config["event"] in events


class Granted(NamedTuple):
    """A grant of XP, and the total just after it, as far as it is known."""

    amount: int
    source: str
    source_id: str | None
    description: str
    at: datetime
    total_after: int | None = None


class DayOfShares(NamedTuple):
    """What a day's shares were granted, and the lifetime count that they reached.

    `cut`: it began with grants that were not read.
    """

    day: date
    hundreds: int
    total: int
    at: datetime
    cut: bool


class Grants(NamedTuple):
    """A user's latest rewards: those of shares by day, and of these also each that reached a level.

    A day that is not read to its beginning is left out, unless it is the only one.
    """

    others: list[Granted]
    days: list[DayOfShares]
    levels: list[Granted]


async def latest_grants(tx: Tx, user_id: int, *, most: int) -> Grants:
    """The last `most` grants of other things than shares, and what the latest shares earned."""
    # The total comes from the same statement as the grants: a batch that commits between two
    # would make levels appear where none was reached.
    rows = await tx.rows(
        """
        WITH recent AS (
            SELECT * FROM xp_ledger WHERE user_id = :id ORDER BY user_id, id DESC LIMIT :grants
        ), counted AS (
            SELECT r.*, (g.total_xp - COALESCE(sum(r.amount) OVER (ORDER BY r.id DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::bigint AS total_after,
                (r.created_at AT TIME ZONE 'UTC')::date AS day
            FROM recent r JOIN user_gamification g ON g.user_id = r.user_id
        ), others AS (
            SELECT * FROM xp_ledger WHERE user_id = :id AND source <> 'share'
            ORDER BY user_id, id DESC LIMIT :most
        )
        SELECT 'other' AS kind, o.amount, o.source, o.source_id, o.description, o.created_at,
            c.total_after, NULL::date AS day, false AS cut
        FROM others o LEFT JOIN counted c ON c.user_id = o.user_id AND c.id = o.id
        UNION ALL
        SELECT 'day', sum(amount)::bigint, 'share', max(source_id::bigint)::text, '',
            max(created_at), NULL, day, (SELECT count(*) FROM counted) = :grants
                AND day = (SELECT day FROM counted ORDER BY id LIMIT 1)
        FROM counted WHERE source = 'share' GROUP BY day
        UNION ALL
        SELECT 'level', amount, source, source_id, description, created_at, total_after, day, false
        FROM counted WHERE source = 'share'
            AND width_bucket(GREATEST(total_after, 0), :levels ::bigint[])
                > width_bucket(GREATEST(total_after - amount, 0), :levels ::bigint[])
        """,
        id=user_id,
        grants=limits.FEED_GRANTS,
        most=most,
        levels=[level.cumulative for level in LEVELS],
    )
    days = [
        DayOfShares(row.day, row.amount, int(row.source_id), row.created_at, row.cut)
        for row in rows
        if row.kind == "day"
    ]
    return Grants(
        [Granted(*row[1:7]) for row in rows if row.kind == "other"],
        [day for day in days if not day.cut or len(days) == 1],
        [Granted(*row[1:7]) for row in rows if row.kind == "level"],
    )


async def badge_catalogue(tx: Tx) -> dict[str, BadgeDefinition]:
    """All active badges by slug, in the registry's order.

    Every batch reads it again: even a shared lock on the table orders the batch before or after a
    change of the registry, so that the backfill misses none.
    """
    return {item.badge.slug: item.badge for item in await every_badge(tx) if item.is_active}


class StoredBadge(NamedTuple):
    """A badge as the database has it. `backfilled`: those who had reached it have it."""

    badge: BadgeDefinition
    is_active: bool
    backfilled: bool


async def every_badge(tx: Tx) -> list[StoredBadge]:
    """All badges there ever were, packs that are gone included, in the registry's order."""
    rows = await tx.rows(
        """
        SELECT slug, name, description, category, rarity, xp_reward, trigger_type,
            trigger_config::text AS config, sort_order, icon_url, picture, is_active,
            backfilled_at IS NOT NULL AS backfilled
        FROM badge_definitions ORDER BY sort_order, slug
        """
    )
    return [
        StoredBadge(
            _badge(row),
            row.is_active,
            row.backfilled,
        )
        for row in rows
    ]


def _badge(row: AnyRow) -> BadgeDefinition:
    return BadgeDefinition(
        slug=row.slug,
        name=row.name,
        description=row.description,
        category=row.category,
        rarity=row.rarity,
        xp_reward=row.xp_reward,
        trigger_type=row.trigger_type,
        trigger_config=orjson.loads(row.config),
        sort_order=row.sort_order,
        icon_url=row.icon_url,
        picture=row.picture,
    )


class BadgeCount(NamedTuple):
    """How many have a badge; `percentage` of users with an accepted share."""

    total_earned: int
    percentage: float


async def badge_counts(tx: Tx) -> dict[str, BadgeCount]:
    """How many earned each badge, as of the last count."""
    rows = await tx.rows("SELECT badge_slug, total_earned, percentage FROM badge_stats")
    return {row.badge_slug: BadgeCount(row.total_earned, float(row.percentage)) for row in rows}


class Earner(NamedTuple):
    """The users who earned a badge, and when."""

    user_id: int
    earned_at: datetime


async def recent_earners(tx: Tx, slug: str) -> list[Earner]:
    """The last to earn a badge, newest first."""
    rows = await tx.rows(
        """
        SELECT user_id, earned_at FROM user_badges WHERE badge_slug = :slug
        ORDER BY earned_at DESC, user_id LIMIT :most
        """,
        slug=slug,
        most=limits.RECENT_EARNERS,
    )
    return [Earner(*row) for row in rows]


def last_run(row: AnyRow) -> LastRun:
    """The last run of a row of `user_gamification` that has its columns."""
    week = row.last_active_week
    return LastRun(
        weeks=row.current_streak,
        start=row.streak_start_date,
        last=None if week is None else week_start_of(week),
        held=row.freezes_held,
        switched=tuple(row.freezes_switched or ()),
    )


def streak_state(run: LastRun, *, longest: int, now: datetime) -> StreakState:
    """A streak at a moment; one that is over has no beginning."""
    shown, today = run.shown(now.date()), now.date()
    return StreakState(
        current_streak=shown,
        longest_streak=longest,
        streak_start_date=run.start if shown else None,
        last_active_week=None if run.last is None else get_week_iso(run.last),
        is_active_this_week=run.last == get_week_start(today),
        freezes_held=run.held_on(today),
        freezes_on=run.freezes_on(get_week_start(today)),
    )


class Standing(NamedTuple):
    """A user's one row: everything a summary needs."""

    total_xp: int
    level: int
    badges_earned: int
    run: LastRun
    longest_streak: int
    total_shares: int
    best_difficulty: float
    blocks_found: int
    xp_entries: int

    def streak(self, now: datetime) -> StreakState:
        """The streak at a moment."""
        return streak_state(self.run, longest=self.longest_streak, now=now)


NOBODY = Standing(0, 1, 0, LastRun(), 0, 0, 0.0, 0, 0)


async def standing(tx: Tx, user_id: int) -> Standing:
    """A user's totals: one read by primary key."""
    row = await tx.row(
        """
        SELECT total_xp, level, badges_earned, current_streak, longest_streak,
            streak_start_date, last_active_week, freezes_held, freezes_switched, total_shares,
            best_difficulty, blocks_found, xp_entries
        FROM user_gamification WHERE user_id = :id
        """,
        id=user_id,
    )
    if row is None:
        return NOBODY
    return Standing(
        row.total_xp,
        row.level,
        row.badges_earned,
        last_run(row),
        row.longest_streak,
        row.total_shares,
        row.best_difficulty,
        row.blocks_found,
        row.xp_entries,
    )


class LedgerEntry(NamedTuple):
    """An entry of the ledger, by its number."""

    id: int
    granted: Granted


async def ledger(
    tx: Tx, user_id: int, *, most: int, skipped: int = 0, before: int | None = None
) -> list[LedgerEntry]:
    """A user's ledger, newest entry first: all, or those before the entry `before`."""
    rows = await tx.rows(
        """
        SELECT id, amount, source, source_id, description, created_at FROM xp_ledger
        WHERE user_id = :id AND id < COALESCE(CAST(:before AS bigint), 9223372036854775807)
        ORDER BY user_id, id DESC OFFSET :skipped LIMIT :most
        """,
        id=user_id,
        before=before,
        skipped=skipped,
        most=most,
    )
    return [
        LedgerEntry(
            row.id,
            Granted(row.amount, row.source, row.source_id, row.description, row.created_at),
        )
        for row in rows
    ]


class Earned(NamedTuple):
    """A badge a user has, and what earned it."""

    slug: str
    earned_at: datetime
    metadata: dict[str, Any]


async def earned_badges(tx: Tx, user_id: int) -> list[Earned]:
    """A user's badges, newest first."""
    rows = await tx.rows(
        """
        SELECT badge_slug, earned_at, metadata::text AS metadata FROM user_badges
        WHERE user_id = :id ORDER BY earned_at DESC, badge_slug
        """,
        id=user_id,
    )
    return [Earned(row.badge_slug, row.earned_at, orjson.loads(row.metadata)) for row in rows]


class Week(NamedTuple):
    """One week of the calendar; `days` is a bitmask, bit 0 is Monday."""

    week_iso: str
    week_start: date
    share_count: int
    best_diff: float
    is_active: bool
    days: int
    is_frozen: bool


async def calendar(tx: Tx, user_id: int, *, weeks: int) -> list[Week]:
    """The last `weeks` weeks, oldest first, the running one last; weeks not mined are zero.

    All weeks are read, since freezes depend on what came before.
    """
    this = get_week_start(tx.now)
    rows = await tx.rows(
        """
        SELECT c.week_iso, c.week_start, c.share_count, c.best_diff, c.is_active, c.days,
            g.freezes_switched
        FROM streak_calendar c LEFT JOIN user_gamification g ON g.user_id = c.user_id
        WHERE c.user_id = :id AND c.week_start <= :this
        """,
        id=user_id,
        this=this,
    )
    switched = (rows[0].freezes_switched if rows else None) or ()
    active = [row.week_start for row in rows if row.is_active]
    frozen = streaks(active, switched=switched, until=this).frozen
    mined = {
        row.week_start: Week(
            row.week_iso,
            row.week_start,
            row.share_count,
            row.best_diff,
            row.is_active,
            row.days,
            is_frozen=False,
        )
        for row in rows
    }
    mondays = [this - timedelta(weeks=n) for n in reversed(range(weeks))]
    return [
        mined.get(day) or Week(get_week_iso(day), day, 0, 0.0, False, 0, day in frozen)
        for day in mondays
    ]
