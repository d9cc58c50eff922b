"""Streaks, derived from the calendar: never incremented, so any order of events agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from tbg.core import marks
from tbg.core.tx import AnyRow, Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.reward import Award, Grant, lock, reward
from tbg.domains.gamification.events import StreakBroken, StreakExpiring, StreakExtended
from tbg.domains.gamification.rules import (
    STREAK_XP,
    Streak,
    closed_run,
    first_reaching,
    get_week_iso,
    get_week_start,
    is_warning_time,
    running_week,
    streaks,
    week_end,
    week_start_of,
)


async def recount_runs(tx: Tx, user_ids: Sequence[int]) -> None:
    """Derive the users' runs of weeks from their whole calendars; their rows are locked."""
    if not user_ids:
        return
    found = await _runs(tx, user_ids)
    users = sorted(set(user_ids))
    last = [found[user][-1] if user in found else None for user in users]
    await tx.run(
        """
        UPDATE user_gamification g SET current_streak = t.run, longest_streak = t.longest,
            streak_start_date = t.start, last_active_week = t.week
        FROM unnest(:users ::bigint[], :runs ::integer[], :longests ::integer[],
            :starts ::date[], :weeks ::text[]) AS t (user_id, run, longest, start, week)
        WHERE g.user_id = t.user_id
        """,
        users=users,
        runs=[run.weeks if run else 0 for run in last],
        longests=[max((run.weeks for run in found.get(user, ())), default=0) for user in users],
        starts=[run.start if run else None for run in last],
        weeks=[get_week_iso(run.end) if run else None for run in last],
    )


async def _runs(
    tx: Tx, user_ids: Sequence[int], *, paid_only: bool = False
) -> dict[int, list[Streak]]:
    weeks: dict[int, list[date]] = defaultdict(list)
    for row in await tx.rows(
        """
        SELECT user_id, week_start FROM streak_calendar
        WHERE user_id = ANY(:ids ::bigint[]) AND is_active AND (paid OR NOT :paid_only)
        """,
        ids=list(user_ids),
        paid_only=paid_only,
    ):
        weeks[row.user_id].append(row.week_start)
    return {user: streaks(mondays) for user, mondays in weeks.items()}


class StreakCheck(NamedTuple):
    """The result of one check: weeks rewarded, users notified of a broken streak."""

    paid: int
    broken: int


async def check_streaks(database: Database) -> StreakCheck:
    """Reward the weeks that closed, award streak badges, announce extended and broken streaks.

    It rewards weeks of the calendar that are not rewarded yet, so running it twice, late,
    concurrently, or after late shares has the same result. Only the first check after a week has
    closed announces it.
    """
    async with database.transaction() as tx:
        announced_until = await marks.read(tx, _TOLD)
        begun, monday = tx.now, running_week(tx.now)
    announces = announced_until is None or announced_until < week_end(monday - timedelta(weeks=1))
    done = await serve_users(
        database,
        "streak_check",
        find=partial(_find_to_check, monday=monday, announces=announces),
        work=partial(_check, monday=monday, announces=announces, announced_until=announced_until),
    )
    if announces:
        async with database.transaction() as tx:
            await marks.move(tx, _TOLD, to=begun)
    return StreakCheck(sum(check.paid for check in done), sum(check.broken for check in done))


async def warn_streaks(database: Database) -> int:
    """On Sunday evening, warn users with a streak and no share this week; return how many."""
    now = database.clock.now()
    monday = get_week_start(now) if is_warning_time(now) else None
    return sum(
        await serve_users(
            database,
            "streak_warning",
            find=partial(_find_to_warn, monday=monday),
            work=partial(_warn, monday=monday),
        )
    )


_TOLD = "streaks_told"


async def _find_to_check(
    tx: Tx, after: int, most: int, *, monday: date, announces: bool
) -> list[int]:
    """Users with closed weeks that are not paid and, when it announces, with streaks that broke."""
    owed = await tx.rows(
        """
        SELECT DISTINCT user_id FROM streak_calendar
        WHERE NOT paid AND is_active AND week_start < :monday AND user_id > :after
        ORDER BY user_id LIMIT :most
        """,
        monday=monday,
        after=after,
        most=most,
    )
    broken: Sequence[AnyRow] = ()
    if announces:
        broken = await tx.rows(
            """
            SELECT user_id FROM user_gamification
            WHERE user_id > :after AND last_active_week < :last_closed
                AND streak_broken_told IS DISTINCT FROM last_active_week
            ORDER BY user_id LIMIT :most
            """,
            after=after,
            last_closed=get_week_iso(monday - timedelta(weeks=1)),
            most=most,
        )
    return sorted({row.user_id for row in (*owed, *broken)})[:most]


async def _check(
    tx: Tx, users: Sequence[int], *, monday: date, announces: bool, announced_until: datetime | None
) -> StreakCheck:
    held = await lock(tx, users)
    paid = await _pay(tx, held, monday=monday, announces=announces)
    broken = (
        await _announce_broken(tx, users, monday=monday, announced_until=announced_until)
        if announces
        else 0
    )
    return StreakCheck(paid, broken)


async def _pay(tx: Tx, held: Mapping[int, AnyRow], *, monday: date, announces: bool) -> int:
    """Pay the closed weeks of (locked) users that are not paid; how many there were."""
    weeks = await _take_unpaid(tx, list(held), monday=monday)
    last_closed = monday - timedelta(weeks=1)
    announced = {row.user_id for row in weeks if announces and row.week_start == last_closed}
    grants = [
        _week_grant(row, silent=row.user_id not in announced or row.week_start != last_closed)
        for row in weeks
    ]
    run = {
        user: closed_run(row.current_streak, row.last_active_week, monday)
        for user, row in held.items()
    }
    awards = [
        award._replace(
            silent=award.user_id not in announced or award.metadata["streak"] > run[award.user_id]
        )
        for award in await streak_awards(tx, sorted({row.user_id for row in weeks}))
    ]
    await reward(tx, awards=awards, grants=grants)
    for user in sorted(announced):
        tx.announce(
            StreakExtended(
                user_id=user,
                week_iso=get_week_iso(last_closed),
                streak=run[user],
                longest=held[user].longest_streak,
            )
        )
    return len(grants)


def _week_grant(row: AnyRow, *, silent: bool) -> Grant:
    return Grant(
        row.user_id,
        f"streak:{row.user_id}:{row.week_iso}",
        STREAK_XP,
        "streak",
        row.week_iso,
        f"Week {int(row.week_iso[6:])} of {row.week_iso[:4]}",
        week_end(row.week_start),
        silent,
    )


async def pay_silently(tx: Tx, user_id: int) -> None:
    """Pay the closed weeks of one (locked) user that are not paid, and the badges they reach."""
    weeks = await _take_unpaid(tx, [user_id], monday=running_week(tx.now))
    grants = [_week_grant(row, silent=True) for row in weeks]
    await reward(tx, awards=await streak_awards(tx, [user_id]), grants=grants)


async def _take_unpaid(tx: Tx, users: Sequence[int], *, monday: date) -> list[AnyRow]:
    """Mark what is owed to these (locked) users as paid; the weeks, in order."""
    rows = await tx.rows(
        """
        UPDATE streak_calendar SET paid = true
        WHERE user_id = ANY(:users ::bigint[]) AND NOT paid AND is_active
            AND week_start < :monday
        RETURNING user_id, week_iso, week_start
        """,
        users=list(users),
        monday=monday,
    )
    return sorted(rows, key=lambda row: (row.user_id, row.week_start))


async def streak_awards(tx: Tx, user_ids: Sequence[int]) -> list[Award]:
    """The streak badges that these users' paid weeks have reached and that they lack; silent."""
    lacking = await tx.rows(
        """
        SELECT g.user_id, b.slug FROM user_gamification g
        JOIN badge_definitions b ON b.trigger_type = 'streak' AND b.is_active
            AND g.longest_streak >= (b.trigger_config ->> 'threshold')::bigint
        WHERE g.user_id = ANY(:ids ::bigint[]) AND NOT EXISTS (
            SELECT 1 FROM user_badges u WHERE u.user_id = g.user_id AND u.badge_slug = b.slug)
        """,
        ids=list(user_ids),
    )
    if not lacking:
        return []
    badges = await queries.badge_catalogue(tx)
    runs = await _runs(tx, sorted({row.user_id for row in lacking}), paid_only=True)
    awards = []
    for row in lacking:
        badge = badges[row.slug]
        threshold = badge.trigger_config["threshold"]
        week = first_reaching(runs.get(row.user_id, ()), threshold)
        if week is not None:
            metadata = {"streak": threshold, "week": get_week_iso(week)}
            awards.append(Award(row.user_id, badge, week_end(week), metadata, silent=True))
    return awards


async def _announce_broken(
    tx: Tx, users: Sequence[int], *, monday: date, announced_until: datetime | None
) -> int:
    """Announce runs of (locked) users that ended before the last closed week, once per run.

    A break from before the last check, or from before the user was known, is history and silent.
    """
    rows = await tx.rows(
        """
        SELECT g.user_id, g.current_streak, g.longest_streak, g.last_active_week, u.created_at
        FROM user_gamification g JOIN users u ON u.id = g.user_id
        WHERE g.user_id = ANY(:users ::bigint[]) AND g.last_active_week < :last_closed
            AND g.streak_broken_told IS DISTINCT FROM g.last_active_week
        ORDER BY g.user_id
        """,
        users=list(users),
        last_closed=get_week_iso(monday - timedelta(weeks=1)),
    )
    if not rows:
        return 0
    await tx.run(
        """
        UPDATE user_gamification SET streak_broken_told = last_active_week
        WHERE user_id = ANY(:ids ::bigint[])
        """,
        ids=[row.user_id for row in rows],
    )
    known = announced_until or datetime.min.replace(tzinfo=UTC)
    broken = 0
    for row in rows:
        missed = week_start_of(row.last_active_week) + timedelta(weeks=1)
        if week_end(missed) > max(known, row.created_at):
            broken += 1
            tx.announce(
                StreakBroken(
                    user_id=row.user_id,
                    was=row.current_streak,
                    longest=row.longest_streak,
                    last_active_week=row.last_active_week,
                )
            )
    return broken


async def _find_to_warn(tx: Tx, after: int, most: int, *, monday: date | None) -> list[int]:
    """Users to warn; nobody when it is not the time for it (`monday` is None)."""
    if monday is None:
        return []
    rows = await tx.rows(
        """
        SELECT user_id FROM user_gamification
        WHERE user_id > :after AND last_active_week = :last_closed
            AND streak_warned_week IS DISTINCT FROM :week
        ORDER BY user_id LIMIT :most
        """,
        after=after,
        last_closed=get_week_iso(monday - timedelta(weeks=1)),
        week=get_week_iso(monday),
        most=most,
    )
    return [row.user_id for row in rows]


async def _warn(tx: Tx, users: Sequence[int], *, monday: date | None) -> int:
    if monday is None:  # those who are retried on another day: there is nothing left to warn of
        return 0
    week_iso, last_closed = get_week_iso(monday), get_week_iso(monday - timedelta(weeks=1))
    await lock(tx, users)
    rows = await tx.rows(
        """
        UPDATE user_gamification SET streak_warned_week = :week
        WHERE user_id = ANY(:users ::bigint[]) AND last_active_week = :last_closed
            AND streak_warned_week IS DISTINCT FROM :week
        RETURNING user_id, current_streak
        """,
        users=list(users),
        last_closed=last_closed,
        week=week_iso,
    )
    for row in sorted(rows, key=lambda row: row.user_id):
        tx.announce(
            StreakExpiring(
                user_id=row.user_id,
                streak=row.current_streak,
                week_iso=week_iso,
                week_end=monday + timedelta(days=6),
            )
        )
    return len(rows)
