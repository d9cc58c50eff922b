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
from tbg.domains.gamification.events import (
    FreezeEarned,
    FreezeUsed,
    StreakBroken,
    StreakExpiring,
    StreakExtended,
)
from tbg.domains.gamification.queries import last_run
from tbg.domains.gamification.rules import (
    FREEZE_WEEKS,
    FREEZES_HELD,
    STREAK_XP,
    WEEK,
    LastRun,
    Streaks,
    closed_run,
    first_reaching,
    get_week_iso,
    get_week_start,
    is_warning_time,
    running_week,
    streaks,
    switch,
    week_end,
)


async def recount_runs(tx: Tx, user_ids: Sequence[int]) -> None:
    """Derive the users' runs and freezes from their whole calendars; their rows are locked."""
    if not user_ids:
        return
    found = await _streaks(tx, user_ids)
    users = sorted(set(user_ids))
    await write_runs(
        tx, {user: (found[user].last, found[user].longest) for user in users if user in found}
    )


async def write_runs(tx: Tx, runs: Mapping[int, tuple[LastRun, int]]) -> None:
    """Write users' last runs, and how long their longest ones are; their rows are locked."""
    last = [run for run, _ in runs.values()]
    await tx.run(
        """
        UPDATE user_gamification g SET current_streak = t.run, longest_streak = t.longest,
            streak_start_date = t.start, last_active_week = t.week, freezes_held = t.held
        FROM unnest(:users ::bigint[], :runs ::integer[], :longests ::integer[],
            :starts ::date[], :weeks ::text[], :held ::smallint[])
            AS t (user_id, run, longest, start, week, held)
        WHERE g.user_id = t.user_id
        """,
        users=list(runs),
        runs=[run.weeks for run in last],
        longests=[longest for _, longest in runs.values()],
        starts=[run.start for run in last],
        weeks=[None if run.last is None else get_week_iso(run.last) for run in last],
        held=[run.held for run in last],
    )


async def _streaks(
    tx: Tx, user_ids: Sequence[int], *, paid_only: bool = False
) -> dict[int, Streaks]:
    """What follows from these users' calendars, or from their paid weeks."""
    weeks: dict[int, list[date]] = defaultdict(list)
    switched: dict[int, Sequence[date]] = {}
    for row in await tx.rows(
        """
        SELECT g.user_id, c.week_start, g.freezes_switched
        FROM user_gamification g LEFT JOIN streak_calendar c ON c.user_id = g.user_id
            AND c.is_active AND (c.paid OR NOT :paid_only)
        WHERE g.user_id = ANY(:ids ::bigint[])
        """,
        ids=list(user_ids),
        paid_only=paid_only,
    ):
        switched[row.user_id] = row.freezes_switched or ()
        if row.week_start is not None:
            weeks[row.user_id].append(row.week_start)
    return {user: streaks(weeks[user], switched=of) for user, of in switched.items()}


async def switch_freezes(tx: Tx, *, user_id: int, on: bool) -> None:
    """Switch a user's freezes on or off, from the end of this week on.

    In a transaction with the owners shared.
    """
    held = await lock(tx, [user_id])
    await tx.run(
        "UPDATE user_gamification SET freezes_switched = :switched WHERE user_id = :id",
        switched=list(switch(last_run(held[user_id]).switched, on=on, today=tx.now.date())),
        id=user_id,
    )
    await recount_runs(tx, [user_id])  # a share of next week may be here already


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
    """Users with closed weeks that are not paid and, when it announces, with a week missed."""
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
                AND freeze_told_week IS DISTINCT FROM :last_closed
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
        await _announce_missed(tx, users, monday=monday, announced_until=announced_until)
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
    await _announce_earned(tx, [user for user in announced if _may_earn(run[user])], last_closed)
    return len(grants)


def _may_earn(weeks: int) -> bool:
    return weeks > 0 and weeks % FREEZE_WEEKS == 0


async def _announce_earned(tx: Tx, users: Sequence[int], week: date) -> None:
    """Announce the freezes that a closed week earned; those who held enough earned none."""
    for user, found in sorted((await _streaks(tx, users)).items()):
        earned = [freeze for freeze in found.freezes if freeze.earned == week]
        if earned:
            held = found.last.held_on(tx.now.date())
            tx.announce(FreezeEarned(user_id=user, week_iso=get_week_iso(week), held=held))


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
    found = await _streaks(tx, sorted({row.user_id for row in lacking}), paid_only=True)
    awards = []
    for row in lacking:
        badge = badges[row.slug]
        threshold = badge.trigger_config["threshold"]
        week = first_reaching(found[row.user_id].runs, threshold)
        if week is not None:
            metadata = {"streak": threshold, "week": get_week_iso(week)}
            awards.append(Award(row.user_id, badge, week_end(week), metadata, silent=True))
    return awards


async def _announce_missed(
    tx: Tx, users: Sequence[int], *, monday: date, announced_until: datetime | None
) -> int:
    """Announce what became of the runs of (locked) users who did not mine the last closed week.

    A run that broke, once per run, or a freeze that kept it, once per week; how many broke. A week
    from before the last check, or from before the user was known, is history and silent.
    """
    last_closed = monday - WEEK
    rows = await tx.rows(
        """
        SELECT g.user_id, g.current_streak, g.longest_streak, g.streak_start_date,
            g.last_active_week, g.freezes_held, g.freezes_switched, u.created_at
        FROM user_gamification g JOIN users u ON u.id = g.user_id
        WHERE g.user_id = ANY(:users ::bigint[]) AND g.last_active_week < :last_closed
            AND g.streak_broken_told IS DISTINCT FROM g.last_active_week
            AND g.freeze_told_week IS DISTINCT FROM :last_closed
        ORDER BY g.user_id
        """,
        users=list(users),
        last_closed=get_week_iso(last_closed),
    )
    frozen = [row for row in rows if last_run(row).goes_on(monday)]
    broken = [row for row in rows if not last_run(row).goes_on(monday)]
    await tx.run(
        """
        UPDATE user_gamification SET
            streak_broken_told = CASE WHEN user_id = ANY(:broken ::bigint[])
                THEN last_active_week ELSE streak_broken_told END,
            freeze_told_week = CASE WHEN user_id = ANY(:frozen ::bigint[])
                THEN :last_closed ELSE freeze_told_week END
        WHERE user_id = ANY(:broken ::bigint[]) OR user_id = ANY(:frozen ::bigint[])
        """,
        broken=[row.user_id for row in broken],
        frozen=[row.user_id for row in frozen],
        last_closed=get_week_iso(last_closed),
    )
    known = announced_until or datetime.min.replace(tzinfo=UTC)
    for row in frozen:
        if week_end(last_closed) > max(known, row.created_at):
            tx.announce(_freeze_used(row, monday))
    told = [row for row in broken if _broke_at(last_run(row), monday) > max(known, row.created_at)]
    for row in told:
        tx.announce(_streak_broken(row, monday))
    return len(told)


def _broke_at(run: LastRun, monday: date) -> datetime:
    """The end of the first week that neither a share nor a freeze kept."""
    assert run.last is not None
    return week_end(run.last + (len(run.frozen(monday)) + 1) * WEEK)


def _freeze_used(row: AnyRow, monday: date) -> FreezeUsed:
    run = last_run(row)
    return FreezeUsed(
        user_id=row.user_id,
        week_iso=get_week_iso(monday - WEEK),
        streak=run.weeks,
        longest=row.longest_streak,
        start=run.start,
        last_active_week=row.last_active_week,
        left=run.held_on(monday),
        on=run.freezes_on(monday),
    )


def _streak_broken(row: AnyRow, monday: date) -> StreakBroken:
    run = last_run(row)
    return StreakBroken(
        user_id=row.user_id,
        was=run.weeks,
        longest=row.longest_streak,
        last_active_week=row.last_active_week,
        freezes=run.held_on(monday),
        freezes_on=run.freezes_on(monday),
    )


async def _find_to_warn(tx: Tx, after: int, most: int, *, monday: date | None) -> list[int]:
    """Users to warn, if their streaks still go on; nobody when it is not the time for it
    (`monday` is None).
    """
    if monday is None:
        return []
    rows = await tx.rows(
        """
        SELECT user_id FROM user_gamification
        WHERE user_id > :after AND last_active_week BETWEEN :earliest AND :last_closed
            AND streak_warned_week IS DISTINCT FROM :week
        ORDER BY user_id LIMIT :most
        """,
        after=after,
        earliest=get_week_iso(monday - (1 + FREEZES_HELD) * WEEK),
        last_closed=get_week_iso(monday - WEEK),
        week=get_week_iso(monday),
        most=most,
    )
    return [row.user_id for row in rows]


async def _warn(tx: Tx, users: Sequence[int], *, monday: date | None) -> int:
    if monday is None:  # those who are retried on another day: there is nothing left to warn of
        return 0
    found = {user: last_run(row) for user, row in (await lock(tx, users)).items()}
    going_on = [u for u, run in found.items() if run.last != monday and run.goes_on(monday)]
    rows = await tx.rows(
        """
        UPDATE user_gamification SET streak_warned_week = :week
        WHERE user_id = ANY(:users ::bigint[]) AND streak_warned_week IS DISTINCT FROM :week
        RETURNING user_id
        """,
        users=going_on,
        week=get_week_iso(monday),
    )
    for user in sorted(row.user_id for row in rows):
        run = found[user]
        tx.announce(
            StreakExpiring(
                user_id=user,
                streak=run.weeks,
                week_iso=get_week_iso(monday),
                week_end=monday + timedelta(days=6),
                freezes=run.held_on(monday) if run.freezes_on(monday) else 0,
            )
        )
    return len(rows)
