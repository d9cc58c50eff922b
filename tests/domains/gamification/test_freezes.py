"""Streak freezes: what follows from a calendar and the history of the switch, and nothing else."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tbg.app.verifier import verify
from tbg.core import schema
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.streaks import (
    StreakCheck,
    check_streaks,
    switch_freezes,
    warn_streaks,
)
from tbg.domains.gamification.events import FreezeEarned, FreezeUsed, StreakExpiring
from tbg.domains.gamification.presenters import PRESENTERS
from tbg.domains.gamification.rules import (
    FREEZES_HELD,
    Freeze,
    LastRun,
    get_week_iso,
    streaks,
    switch,
)
from tbg.domains.gamification.schemas import StreakUpdateData
from tests import servers
from tests.accounts import link, player, sign_in
from tests.domains.gamification.play import (
    ALICE,
    badges,
    execute,
    play,
    rows,
    share,
    told,
    value,
    xp,
)
from tests.migrating import migrate_to

FIRST = date(2025, 9, 1)
WEEK = timedelta(weeks=1)


def monday(number: int) -> date:
    """The Monday of the nth week."""
    return FIRST + number * WEEK


def mined(pattern: str) -> list[date]:
    """The Mondays of the weeks that a pattern marks with an x."""
    return [monday(n) for n, mark in enumerate(pattern) if mark == "x"]


@pytest.mark.parametrize(
    ("pattern", "runs", "held", "frozen"),
    [
        ("xxxxxxx", [7], 0, []),
        ("xxxxxxxx", [8], 1, []),
        ("xxxxxxxx.", [8], 0, [8]),  # the streak stands, and a closed week has used its freeze
        ("xxxxxxxx.x", [9], 0, [8]),  # a frozen week is not counted
        ("xxxxxxxx..", [8], 0, [8]),  # the second week without a share breaks it
        ("xxxxxxxx..x", [8, 1], 0, [8]),
        ("xxxxxxx.x", [7, 1], 0, []),  # no freeze is held: as without freezes
        ("xxxxxxxxxxxxxxxx..x", [17], 0, [16, 17]),
        ("xxxxxxxxxxxxxxxx...x", [16, 1], 0, [16, 17]),
        ("xxxxxxxx" * 3, [24], 2, []),  # two at most
        ("xxxxxxxx.xxxxxxxx", [16], 1, [8]),
        ("..xxxxxxxx", [8], 1, []),  # before the first week there is nothing to keep
    ],
)
def test_runs_and_freezes_of_a_calendar(
    pattern: str, runs: list[int], held: int, frozen: list[int]
) -> None:
    found = streaks(mined(pattern), until=monday(len(pattern)))
    assert [run.weeks for run in found.runs] == runs
    assert found.last.held_on(monday(len(pattern))) == held
    assert found.frozen == {monday(n) for n in frozen}


def test_the_oldest_freeze_is_used_first() -> None:
    found = streaks(mined("xxxxxxxxxxxxxxxx.x"))
    assert found.freezes == [Freeze(monday(7), monday(16)), Freeze(monday(15), None)]


def test_a_late_share_gives_the_freeze_back() -> None:
    before, after = streaks(mined("xxxxxxxx.xx")), streaks(mined("xxxxxxxxxxx"))
    assert (before.last.weeks, before.last.held) == (10, 0)
    assert (after.last.weeks, after.last.held) == (11, 1)
    assert after.freezes == [Freeze(monday(7), None)]


def test_a_week_that_ends_while_freezes_are_off_uses_none() -> None:
    off = switch((), on=False, today=monday(8))
    found = streaks(mined("xxxxxxxx.x"), switched=off)
    assert [run.weeks for run in found.runs] == [8, 1]
    assert found.last.held == 1, "it is kept"
    again = switch(off, on=True, today=monday(9))
    assert streaks(mined("xxxxxxxx.x.x"), switched=again).last == LastRun(
        2, monday(9), monday(11), 0, again
    )


def test_only_how_the_switch_stands_when_the_week_ends_counts() -> None:
    off = switch((), on=False, today=monday(3) + timedelta(days=6))
    assert off == (monday(3),)
    assert switch(off, on=False, today=monday(5)) == off
    assert switch(off, on=True, today=monday(3) + timedelta(days=6)) == ()
    assert switch(off, on=True, today=monday(4)) == (monday(3), monday(4))
    run = LastRun(switched=off)
    assert [run.freezes_on(monday(n)) for n in (2, 3, 9)] == [True, False, False]


def literally(weeks: set[int], flips: set[int], until: int) -> tuple[list[int], int, list[int]]:
    """The rules word by word, one week after the other: runs, held freezes, frozen weeks."""
    runs: list[int] = []
    frozen: list[int] = []
    held, on, alive = 0, True, False
    for week in range(until):
        on ^= week in flips
        if week in weeks:
            if alive:
                runs[-1] += 1
            else:
                runs.append(1)
            alive = True
            if runs[-1] % 8 == 0:
                held = min(2, held + 1)
        elif alive and on and held:
            held -= 1
            frozen.append(week)
        else:
            alive = False
    return runs, held, frozen


CALENDARS = st.lists(
    # Mostly mined, so that freezes are earned; gaps of a week or two.
    st.sampled_from(["xxxxxxxx", "xxxxxxxxxxxxxxxx", "xxx", "x", ".", "."]),
    max_size=12,
).map("".join)


@given(CALENDARS, st.sets(st.integers(0, 60)), st.randoms(use_true_random=False))
def test_any_order_of_weeks_gives_what_the_rules_say(
    pattern: str, flips: set[int], dice: random.Random
) -> None:
    weeks = {n for n, mark in enumerate(pattern) if mark == "x"}
    order = [monday(n) for n in weeks] * 2
    dice.shuffle(order)
    until = len(pattern) + 3
    found = streaks(order, switched=sorted(map(monday, flips)), until=monday(until))
    runs, held, frozen = literally(weeks, flips, until)
    assert [run.weeks for run in found.runs] == runs
    assert found.last.held_on(monday(until)) == held
    assert found.frozen == {monday(n) for n in frozen}
    assert sum(freeze.used is None for freeze in found.freezes) == held <= FREEZES_HELD
    trailing = set(range(max(weeks) + 1, until)) if weeks else {until}
    assert found.last.goes_on(monday(until)) == (trailing <= set(frozen))


async def store(db: Database, user: int, pattern: str, *, longest: int = 0) -> None:
    """A calendar as the database has it; `longest`: what the totals say of it."""
    async with db.transaction() as tx:
        await tx.run(
            """
            INSERT INTO user_gamification (user_id, longest_streak, updated_at)
            VALUES (:user, :longest, now())
            """,
            user=user,
            longest=longest,
        )
        for week in mined(pattern):
            await tx.run(
                "INSERT INTO streak_calendar VALUES (:user, :iso, :week, 1, 1, 1, true, true)",
                user=user,
                iso=get_week_iso(week),
                week=week,
            )


async def test_the_verifiers_aggregate_does_the_same(db: Database) -> None:
    found: list[tuple[str, list[date]]] = []

    @settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None)
    @given(CALENDARS, st.sets(st.integers(0, 60), max_size=8))
    def collect(pattern: str, flips: set[int]) -> None:
        found.append((pattern, sorted(map(monday, flips))))

    collect()
    async with db.transaction() as tx:
        for pattern, flips in found:
            run = await tx.value(
                """
                SELECT public.streak_runs(week, CAST(:flips AS date[]) ORDER BY week)
                FROM unnest(CAST(:weeks AS date[])) AS week
                """,
                weeks=mined(pattern),
                flips=flips,
            )
            expected = streaks(mined(pattern), switched=flips)
            last = expected.last
            numbers = [(day - date(1970, 1, 5)).days // 7 for day in (last.start, last.last) if day]
            of_last = [*(numbers or [0, 0]), last.held]
            assert run == [last.weeks, expected.longest, *of_last]


async def test_the_migration_derives_the_runs_of_those_who_have_freezes(pg_url: str) -> None:
    with servers.database(pg_url) as url:
        db = connect(url, FixedClock(at(40)))
        await migrate_to(db, "0018_owned_facts")
        await store(db, 1, "xxxxxxxx.xxxx..x", longest=8)
        await store(db, 2, "xxx.xxx", longest=3)
        await schema.upgrade(db)
        found = await rows(
            db,
            """
            SELECT user_id, current_streak, longest_streak, streak_start_date, freezes_held
            FROM user_gamification ORDER BY 1
            """,
        )
        assert found[0] == (1, 1, 12, monday(15), 0)
        assert found[1][2:] == (3, None, 0), "nothing changes for those without freezes"
        await db.close()


def at(week: int, day: int = 2) -> datetime:
    """A Wednesday noon, or another day, of the nth week."""
    return datetime.combine(monday(week) + timedelta(days=day), time(12), UTC)


def check_after(week: int) -> datetime:
    """When the check runs after the nth week."""
    return datetime.combine(monday(week + 1), time(0, 5), UTC)


async def live(db: Database, clock: FixedClock, pattern: str, user: str = ALICE) -> None:
    """Week after week as a pattern says, with the check at each week's end."""
    for week, mark in enumerate(pattern):
        if mark == "x":
            clock.at = at(week)
            await play(db, [share(clock.at, user=user)])
        clock.at = check_after(week)
        await check_streaks(db)


async def stored(db: Database, user: str = ALICE) -> tuple[Any, ...]:
    """Weeks, longest, start and held freezes, as the totals have them."""
    (row,) = await rows(
        db,
        """
        SELECT current_streak, longest_streak, streak_start_date, freezes_held
        FROM user_gamification JOIN user_addresses USING (user_id) WHERE address = :user
        """,
        user=user,
    )
    return row


async def user_of(db: Database, address: str) -> int:
    sql = "SELECT user_id FROM user_addresses WHERE address = :a"
    return int(await value(db, sql, a=address))


async def turn(db: Database, user: int, *, on: bool) -> None:
    async with db.transaction(owners="shared") as tx:
        await switch_freezes(tx, user_id=user, on=on)


async def test_a_missed_week_uses_a_freeze_and_pays_nothing(
    db: Database, clock: FixedClock
) -> None:
    await live(db, clock, "xxxxxxxx.")
    assert await told(db, "FreezeEarned") == [
        {"user_id": 1, "week_iso": get_week_iso(monday(7)), "held": 1}
    ]
    (used,) = await told(db, "FreezeUsed")
    assert (used["week_iso"], used["streak"], used["left"]) == (get_week_iso(monday(8)), 8, 0)
    assert await told(db, "StreakBroken") == []
    assert await xp(db, source="streak") == 8 * 25
    clock.at = at(9)
    await play(db, [share(clock.at)])
    assert await stored(db) == (9, 9, monday(0), 0)
    async with db.transaction() as tx:
        weeks = await queries.calendar(tx, 1, weeks=4)
    assert [(week.is_active, week.is_frozen) for week in weeks] == [
        (True, False), (True, False), (False, True), (True, False),
    ]  # fmt: skip
    assert (await verify(db)).mismatches == 0


async def test_a_second_missed_week_breaks_the_streak_and_is_announced_once(
    db: Database, clock: FixedClock
) -> None:
    await live(db, clock, "xxxxxxxx..")
    assert len(await told(db, "FreezeUsed")) == 1
    (broken,) = await told(db, "StreakBroken")
    assert (broken["was"], broken["freezes"]) == (8, 0)
    assert await check_streaks(db) == StreakCheck(0, 0)
    await live(db, clock, "..........")
    assert len(await told(db, "StreakBroken")) == 1


async def test_a_check_that_runs_again_announces_a_used_freeze_once(
    db: Database, clock: FixedClock
) -> None:
    await live(db, clock, "xxxxxxxx.")
    await execute(db, "DELETE FROM job_marks")  # as if the check had died before its end
    await check_streaks(db)
    assert len(await told(db, "FreezeUsed")) == 1
    assert len(await told(db, "FreezeEarned")) == 1


async def test_freezes_of_history_are_silent(db: Database, clock: FixedClock) -> None:
    clock.at = at(30)
    weeks = [n for n in range(31) if n not in (16, 17, 20)]
    await play(db, [share(at(n), history=True) for n in weeks])
    clock.at = check_after(30)
    await check_streaks(db)
    assert await told(db, "FreezeUsed") == await told(db, "FreezeEarned") == []


async def test_a_late_share_gives_the_freeze_back_and_pays_the_week(
    db: Database, clock: FixedClock
) -> None:
    await live(db, clock, "xxxxxxxx.xxx")
    assert await stored(db) == (11, 11, monday(0), 0)
    await play(db, [share(at(8))])
    assert await stored(db) == (12, 12, monday(0), 1)
    assert await check_streaks(db) == StreakCheck(paid=1, broken=0)
    assert "streak_12" in await badges(db)
    assert await xp(db, source="streak") == 12 * 25
    assert (await verify(db)).mismatches == 0


async def test_with_freezes_switched_off_a_missed_week_breaks_the_streak(
    db: Database, clock: FixedClock
) -> None:
    await live(db, clock, "xxxxxxxx")
    clock.at = at(8)
    await turn(db, 1, on=False)
    clock.at = check_after(8)
    assert await check_streaks(db) == StreakCheck(paid=0, broken=1)
    (broken,) = await told(db, "StreakBroken")
    assert (broken["freezes"], broken["freezes_on"]) == (1, False)
    await turn(db, 1, on=True)  # too late for the week that has closed
    clock.at = at(9)
    await play(db, [share(clock.at)])
    assert await stored(db) == (1, 8, monday(9), 1)
    assert (await verify(db)).mismatches == 0


async def test_a_run_with_frozen_weeks_earns_the_badges_of_its_mined_weeks(
    db: Database, clock: FixedClock
) -> None:
    clock.at = check_after(53)
    await play(db, [share(at(n), history=True) for n in range(54) if n not in (20, 30)])
    await check_streaks(db)
    assert {"streak_4", "streak_12", "streak_52"} <= await badges(db)
    (earned,) = await rows(db, "SELECT metadata FROM user_badges WHERE badge_slug = 'streak_52'")
    assert earned[0] == {"streak": 52, "week": get_week_iso(monday(53))}
    assert (await verify(db)).mismatches == 0


async def test_the_warning_says_whether_a_freeze_would_keep_the_streak(
    db: Database, clock: FixedClock
) -> None:
    await live(db, clock, "xxxxxxxxxxxxxxxx.")  # one freeze of two is used
    for week, freezes in ((17, 1), (18, 0)):
        clock.at = at(week, 6).replace(hour=18)
        assert await warn_streaks(db) == 1
        assert await warn_streaks(db) == 0
        warned = (await told(db, "StreakExpiring"))[-1]
        assert (warned["streak"], warned["freezes"]) == (16, freezes)
        clock.at = check_after(week)
        await check_streaks(db)
    clock.at = at(19, 6).replace(hour=18)
    assert await warn_streaks(db) == 0, "it is over"


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_shares_and_switches_gives_the_same_streaks(
    db: Database, clock: FixedClock, seed: int
) -> None:
    dice = random.Random(seed)
    mines = {n for n in range(40) if dice.random() < 0.86}
    flips = sorted(dice.sample(range(40), 3))
    waiting: list[int] = []
    clock.at = at(0)
    await play(db, [share(at(0))])
    user = await user_of(db, ALICE)
    for week in range(40):
        clock.at = at(week, 5)
        if week in flips:
            await turn(db, user, on=flips.index(week) % 2 == 1)
        if week in mines:
            waiting.append(week)
        if dice.random() < 0.6:  # a few shares in time, the others late and in any order
            dice.shuffle(waiting)
            for late in waiting[: dice.randrange(4)]:
                waiting.remove(late)
                await play(db, [share(at(late), name=(seed, late))])
        clock.at = check_after(week)
        await check_streaks(db)
        await warn_streaks(db)
    dice.shuffle(waiting)
    await play(db, [share(at(late), name=(seed, late)) for late in waiting])
    await check_streaks(db)
    runs, held, frozen = literally(mines | {0}, set(flips), 40)
    found = await stored(db)
    last = max(mines | {0})
    trailing = sum(n > last for n in frozen)
    assert (found[0], found[1], found[3]) == (runs[-1], max(runs), held + trailing)
    assert await xp(db, source="streak") == 25 * len(mines | {0})
    async with db.transaction() as tx:
        weeks = await queries.calendar(tx, user, weeks=41)
    assert {week.week_start for week in weeks if week.is_frozen} == set(map(monday, frozen))
    assert (await verify(db)).mismatches == 0


async def test_when_accounts_merge_the_switch_of_the_one_that_stays_counts(
    db: Database, clock: FixedClock, client: httpx.AsyncClient
) -> None:
    ours, theirs = player(0).address, player(1).address
    for week in range(20):
        clock.at = at(week)
        if week not in (17, 18):
            await play(db, [share(clock.at, user=ours if week % 2 else theirs)])
    gone = await user_of(db, theirs)
    clock.at = at(12)
    await turn(db, gone, on=False)
    clock.at = at(19)
    await check_streaks(db)
    me = await sign_in(client)
    assert (await link(me, 1)).status_code == 201
    assert await stored(db, ours) == (18, 18, monday(0), 0)
    assert (await verify(db)).mismatches == 0


async def test_a_badge_of_a_run_that_a_merge_breaks_stays_and_is_no_mismatch(
    db: Database, clock: FixedClock, client: httpx.AsyncClient
) -> None:
    ours, theirs = player(0).address, player(1).address
    clock.at = at(0)
    await play(db, [share(clock.at, user=ours)])
    await turn(db, await user_of(db, ours), on=False)
    await live(db, clock, "xxxxxxxx.xxxx", user=theirs)
    assert "streak_12" in await badges(db, theirs)
    me = await sign_in(client)
    assert (await link(me, 1)).status_code == 201
    assert (await stored(db, ours))[:2] == (4, 8)
    assert "streak_12" in await badges(db, ours)
    assert (await verify(db)).mismatches == 0
    await execute(
        db,
        "UPDATE user_gamification SET badges_earned = badges_earned + 1",
        "INSERT INTO user_badges SELECT user_id, 'streak_52', now(), now(), '{}'"
        " FROM user_gamification",
    )
    assert (await verify(db)).checks["badges_reached"].mismatches == 1


class TestRoutes:
    async def test_the_switch_is_a_part_of_the_streak(
        self, db: Database, clock: FixedClock, client: httpx.AsyncClient
    ) -> None:
        await live(db, clock, "xxxxxxxx", user=player(0).address)
        me = await sign_in(client)
        before = (await me.ask("GET", "/users/me/streak")).json()
        assert (before["freezes_held"], before["freezes_on"]) == (1, True)
        answer = await me.ask("PATCH", "/users/me/streak", json={"freezes_on": False})
        assert answer.status_code == 200
        assert answer.json() == before | {"freezes_on": False}
        assert (await me.ask("GET", "/users/me/streak")).json() == answer.json()
        summary = (await me.ask("GET", "/users/me/gamification")).json()
        assert summary["streak"] == answer.json()
        clock.at = check_after(8)
        me = await sign_in(client)
        after = (await me.ask("GET", "/users/me/streak")).json()
        assert (after["current_streak"], after["freezes_held"]) == (0, 1)

    @pytest.mark.parametrize("wish", [{}, {"freezes_on": None}, {"freezes_on": 1}, {"on": True}])
    async def test_anything_else_is_refused(
        self, client: httpx.AsyncClient, wish: dict[str, Any]
    ) -> None:
        me = await sign_in(client)
        assert (await me.ask("PATCH", "/users/me/streak", json=wish)).status_code == 422

    async def test_the_calendar_marks_frozen_weeks_before_the_check_runs(
        self, db: Database, clock: FixedClock, client: httpx.AsyncClient
    ) -> None:
        await live(db, clock, "xxxxxxxx", user=player(0).address)
        clock.at = datetime.combine(monday(9), time(0, 0, 1), UTC)
        me = await sign_in(client)
        streak = (await me.ask("GET", "/users/me/streak")).json()
        assert (streak["current_streak"], streak["freezes_held"]) == (8, 0)
        weeks = (await me.ask("GET", "/users/me/streak/calendar?weeks=4")).json()["weeks"]
        assert [week["is_frozen"] for week in weeks] == [False, False, True, False]


def test_what_is_said_of_freezes() -> None:
    earned = PRESENTERS[FreezeEarned](FreezeEarned(user_id=1, week_iso="2026-W10", held=2))
    assert earned.frame is None
    assert earned.notice is not None
    assert earned.notice.subtype == "freeze_earned"
    assert "You hold 2" in earned.notice.description
    used = FreezeUsed(
        user_id=1, week_iso="2026-W10", streak=9, longest=12, start=monday(0),
        last_active_week="2026-W09", left=1, on=True,
    )  # fmt: skip
    look = PRESENTERS[FreezeUsed](used)
    assert isinstance(look.frame, StreakUpdateData)
    assert look.frame.frozen
    assert look.frame.state is not None
    assert (look.frame.state.current_streak, look.frame.state.freezes_held) == (9, 1)
    assert look.notice is not None
    assert "9 weeks" in look.notice.title
    for freezes, ends in ((0, "ends tonight"), (1, "uses a freeze tonight")):
        warning = StreakExpiring(
            user_id=1, streak=8, week_iso="2026-W10", week_end=monday(0), freezes=freezes
        )
        notice = PRESENTERS[StreakExpiring](warning).notice
        assert notice is not None
        assert notice.title == f"A streak of 8 weeks {ends}"
