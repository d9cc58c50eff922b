"""The Monday check: what is owed is paid once, whenever and however often it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.gamification.actions.streaks import StreakCheck, check_streaks, warn_streaks
from tests import servers
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    badges,
    execute,
    on,
    play,
    rows,
    share,
    state,
    told,
    value,
    xp,
)

MONDAY = datetime(2026, 3, 2, 0, 5, tzinfo=UTC)
"""00:05 on the Monday of 2026-W10: W09 has just closed."""

WEEK = timedelta(weeks=1)
TICK = timedelta(microseconds=1)


async def mine(db: Database, clock: FixedClock, *weeks_ago: int, user: str = ALICE) -> None:
    """A live share on the Wednesday of each of these weeks before W10, as it happened."""
    end = clock.at
    for ago in sorted(weeks_ago, reverse=True):
        clock.at = MONDAY.replace(hour=12) - ago * WEEK + timedelta(days=2)
        await play(db, [share(clock.at, user=user)])
    clock.at = end


async def streak_of(db: Database, user: str = ALICE) -> tuple[int, int, str]:
    (row,) = await rows(
        db,
        """
        SELECT current_streak, longest_streak, last_active_week
        FROM user_gamification JOIN user_addresses USING (user_id) WHERE address = :user
        """,
        user=user,
    )
    return row


@pytest.fixture
def second_database(pg_url: str, migrated_template: str) -> Iterator[str]:
    """Another migrated database, to compare with."""
    with servers.database(pg_url, template=migrated_template) as url:
        yield url


class TestStreakChecker:
    async def test_streak_extends_with_activity(self, db: Database, clock: FixedClock) -> None:
        await mine(db, clock, 4, 3, 2)
        clock.at = MONDAY - WEEK
        await check_streaks(db)
        assert (await told(db, "StreakExtended"))[-1]["streak"] == 3
        await mine(db, clock, 1)
        clock.at = MONDAY
        assert await check_streaks(db) == StreakCheck(paid=1, broken=0)
        assert (await told(db, "StreakExtended"))[-1] == {
            "user_id": 1, "week_iso": "2026-W09", "streak": 4, "longest": 4,
        }  # fmt: skip

    async def test_streak_resets_without_activity(self, db: Database, clock: FixedClock) -> None:
        await mine(db, clock, 6, 5, 4, 3, 2)
        clock.at = MONDAY
        assert await check_streaks(db) == StreakCheck(paid=5, broken=1)
        assert await told(db, "StreakBroken") == [
            {
                "user_id": 1, "was": 5, "longest": 5, "last_active_week": "2026-W08",
                "freezes": 0, "freezes_on": True,
            }
        ]  # fmt: skip
        await check_streaks(db)
        clock.move(WEEK)
        await check_streaks(db)
        assert len(await told(db, "StreakBroken")) == 1

    async def test_streak_badge_awarded_at_threshold(self, db: Database, clock: FixedClock) -> None:
        await mine(db, clock, 4, 3, 2)
        clock.at = MONDAY - WEEK
        await check_streaks(db)
        assert "streak_4" not in await badges(db)
        await mine(db, clock, 1)
        clock.at = MONDAY
        await check_streaks(db)
        assert "streak_4" in await badges(db)
        assert "streak_4" in [event["slug"] for event in await told(db, "BadgeEarned")]
        (earned,) = await rows(
            db, "SELECT earned_at, metadata FROM user_badges WHERE badge_slug = 'streak_4'"
        )
        assert earned == (on(2026, 3, 2, 0), {"streak": 4, "week": "2026-W09"})

    async def test_streak_xp_granted_weekly(self, db: Database, clock: FixedClock) -> None:
        await mine(db, clock, 2, 1)
        clock.at = MONDAY
        await check_streaks(db)
        granted = await rows(
            db,
            "SELECT idempotency_key, amount, created_at FROM xp_ledger WHERE source = 'streak'"
            " ORDER BY created_at",
        )
        assert granted == [
            ("streak:1:2026-W08", 25, on(2026, 2, 23, 0)),
            ("streak:1:2026-W09", 25, on(2026, 3, 2, 0)),
        ]


async def test_streaks_of_12_and_52_weeks(db: Database, clock: FixedClock) -> None:
    await play(db, [share(MONDAY - n * WEEK, history=True) for n in range(1, 53)])
    clock.at = MONDAY
    await check_streaks(db)
    assert {"streak_4", "streak_12", "streak_52"} <= await badges(db)
    assert await xp(db, source="streak") == 52 * 25
    # 50 first share, 100 + 200 + 500 badges, 52 weeks
    assert await xp(db) == 50 + 800 + 52 * 25


async def test_51_weeks_and_a_gap_are_not_52(db: Database, clock: FixedClock) -> None:
    weeks = [n for n in range(1, 54) if n != 48]  # too early to have a freeze for it
    await play(db, [share(MONDAY - n * WEEK, history=True) for n in weeks])
    clock.at = MONDAY
    await check_streaks(db)
    assert "streak_52" not in await badges(db)
    assert "streak_12" in await badges(db)


async def test_the_running_week_is_shown_but_not_paid(db: Database, clock: FixedClock) -> None:
    clock.at = on(2026, 3, 8, 23, 59)
    await play(db, [share(clock.at)])
    assert (await check_streaks(db)).paid == 0
    assert await streak_of(db) == (1, 1, "2026-W10")
    clock.at = on(2026, 3, 9, 0, 5)
    assert (await check_streaks(db)).paid == 1


async def test_sundays_last_shares_have_five_minutes_to_arrive(
    db: Database, clock: FixedClock
) -> None:
    await mine(db, clock, 2)
    clock.at = MONDAY - WEEK
    await check_streaks(db)
    clock.at = on(2026, 3, 2, 0, 0) + timedelta(seconds=1)  # `late_weeks` runs every minute
    assert await check_streaks(db) == StreakCheck(0, 0)
    assert await crown_champions(db) == ["2026-W08"]
    await play(db, [share(on(2026, 3, 1, 23, 59))])
    clock.at = MONDAY - TICK
    assert await check_streaks(db) == StreakCheck(0, 0)
    clock.at = MONDAY
    assert await check_streaks(db) == StreakCheck(paid=1, broken=0)
    assert [event["streak"] for event in await told(db, "StreakExtended")] == [1, 2]
    assert await told(db, "StreakBroken") == []
    assert await crown_champions(db) == ["2026-W09"]


async def test_the_edge_of_the_week_to_a_microsecond(db: Database, clock: FixedClock) -> None:
    edge = on(2026, 3, 2, 0)
    clock.at = edge + timedelta(minutes=5)
    await play(db, [share(edge - TICK, user=ALICE), share(edge, user=BOB)])
    await check_streaks(db)
    assert await xp(db, ALICE, source="streak") == 25
    assert await xp(db, BOB, source="streak") == 0
    assert await rows(db, "SELECT week_iso, days FROM streak_calendar ORDER BY 1") == [
        ("2026-W09", 64),
        ("2026-W10", 1),
    ]


async def test_a_streak_continues_over_the_new_year(db: Database, clock: FixedClock) -> None:
    days = [on(2025, 12, 24), on(2025, 12, 28), on(2025, 12, 29), on(2026, 1, 4), on(2026, 1, 7)]
    clock.at = on(2026, 1, 12, 0, 5)
    await play(db, [share(day) for day in days])
    await check_streaks(db)
    assert await rows(db, "SELECT week_iso FROM streak_calendar WHERE paid ORDER BY 1") == [
        ("2025-W52",), ("2026-W01",), ("2026-W02",),
    ]  # fmt: skip
    assert await streak_of(db) == (3, 3, "2026-W02")


async def test_twice_is_once(db: Database, clock: FixedClock) -> None:
    await mine(db, clock, 4, 3, 2, 1)
    clock.at = MONDAY
    await check_streaks(db)
    after, said = await state(db), await value(db, "SELECT count(*) FROM outbox")
    assert await check_streaks(db) == StreakCheck(0, 0)
    assert await state(db) == after
    assert await value(db, "SELECT count(*) FROM outbox") == said


async def test_twenty_concurrent_checks_are_one(
    db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOB_USERS", 2)
    for user in (ALICE, BOB, CAROL):
        await mine(db, clock, 4, 3, 2, 1, user=user)
    await mine(db, clock, 9, 8)
    clock.at = MONDAY
    found = await asyncio.gather(*[check_streaks(db) for _ in range(20)])
    assert sum(check.paid for check in found) == 14
    assert len(await told(db, "StreakExtended")) == 3
    for user in (ALICE, BOB, CAROL):
        assert "streak_4" in await badges(db, user)
        assert await xp(db, user, source="badge") == 150
    assert await xp(db, BOB, source="streak") == 100


async def test_three_missed_mondays_are_three_single_checks(
    db: Database, clock: FixedClock, second_database: str
) -> None:
    other = connect(second_database, clock)
    plans = {ALICE: (5, 4, 3, 2, 1), BOB: (5, 4), CAROL: (5, 3, 1)}
    for ago in (5, 4, 3, 2, 1):
        # One game checks every Monday, the other one only in the end.
        clock.at = MONDAY.replace(hour=12) - ago * WEEK + timedelta(days=2)
        for each in (db, other):
            shares = [share(clock.at, user=u, name=(u, ago)) for u, p in plans.items() if ago in p]
            await play(each, shares)
        clock.at = MONDAY - (ago - 1) * WEEK
        if ago >= 4:
            await check_streaks(db)
        await check_streaks(other)
    await check_streaks(db)
    assert await state(db) == await state(other)
    assert "streak_4" in await badges(db, ALICE)
    assert await xp(db, BOB, source="streak") == 50
    # The break of the user who stopped is announced once; one who came back gets no message.
    stopped = [event for event in await told(db, "StreakBroken") if event["was"] == 2]
    assert len(stopped) == 1
    assert stopped == [event for event in await told(other, "StreakBroken") if event["was"] == 2]
    await other.close()


async def test_after_missed_checks_a_break_is_announced_once(
    db: Database, clock: FixedClock
) -> None:
    await mine(db, clock, 5, 4, 3)
    clock.at = MONDAY - 2 * WEEK
    await check_streaks(db)
    clock.at = MONDAY + 3 * WEEK
    assert (await check_streaks(db)).broken == 1
    clock.move(WEEK)
    assert (await check_streaks(db)).broken == 0


async def test_late_shares_of_a_closed_week_join_two_runs(db: Database, clock: FixedClock) -> None:
    await mine(db, clock, 4, 3, 1)
    clock.at = MONDAY
    await check_streaks(db)
    assert await streak_of(db) == (1, 2, "2026-W09")
    await play(db, [share(MONDAY - 2 * WEEK)])
    assert await streak_of(db) == (4, 4, "2026-W09")
    assert await check_streaks(db) == StreakCheck(paid=1, broken=0)
    assert "streak_4" in await badges(db)
    assert await xp(db, source="streak") == 100
    # It came after the check had spoken: nobody is woken for it.
    assert len(await told(db, "StreakExtended")) == 1
    assert "streak_4" not in [event["slug"] for event in await told(db, "BadgeEarned")]
    assert await rows(db, "SELECT badges, xp FROM silent_rewards") == [(1, 25 + 25 + 25 + 100)]


async def test_breaks_in_history_are_silent(db: Database, clock: FixedClock) -> None:
    clock.at = MONDAY - timedelta(days=3)
    await play(db, [share(MONDAY - n * WEEK, history=True) for n in (40, 41, 42)])
    clock.at = MONDAY
    assert await check_streaks(db) == StreakCheck(paid=3, broken=0)
    assert await told(db, "StreakBroken") == []
    assert await xp(db, source="streak") == 75


async def test_the_check_handles_users_in_chunks(
    db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOB_USERS", 1)
    for user in (ALICE, BOB, CAROL):
        await mine(db, clock, 3, user=user)
    clock.at = MONDAY
    assert await check_streaks(db) == StreakCheck(paid=3, broken=3)


async def test_what_was_half_done_is_finished(db: Database, clock: FixedClock) -> None:
    """A check that died between two users leaves the rest to the next one."""
    await mine(db, clock, 2, 1, user=ALICE)
    await mine(db, clock, 2, 1, user=BOB)
    clock.at = MONDAY
    await check_streaks(db)
    whole = await state(db)
    await execute(
        db,
        "DELETE FROM job_marks",
        "ALTER TABLE xp_ledger DISABLE TRIGGER ALL",
        "DELETE FROM xp_ledger WHERE source = 'streak' AND user_id = 2",
        "ALTER TABLE xp_ledger ENABLE TRIGGER ALL",
        "UPDATE streak_calendar SET paid = false WHERE user_id = 2",
        "UPDATE user_gamification SET total_xp = 50, level = 1, level_title = 'Nocoiner'"
        " WHERE user_id = 2",
    )
    assert (await check_streaks(db)).paid == 2
    assert await state(db) == whole


class TestWarning:
    async def test_only_those_with_a_streak_and_no_share_this_week(
        self, db: Database, clock: FixedClock
    ) -> None:
        await mine(db, clock, 2, 1, user=ALICE)
        await mine(db, clock, 1, 0, user=BOB)
        await mine(db, clock, 3, user=CAROL)
        clock.at = on(2026, 3, 8, 18)
        assert await warn_streaks(db) == 1
        assert await told(db, "StreakExpiring") == [
            {
                "user_id": 1, "streak": 2, "week_iso": "2026-W10", "week_end": "2026-03-08",
                "freezes": 0,
            }
        ]  # fmt: skip

    async def test_once_a_week(self, db: Database, clock: FixedClock) -> None:
        await mine(db, clock, 1)
        clock.at = on(2026, 3, 8, 18)
        assert sum(await asyncio.gather(*[warn_streaks(db) for _ in range(5)])) == 1
        assert await warn_streaks(db) == 0

    async def test_never_when_it_is_too_early_or_too_late(
        self, db: Database, clock: FixedClock
    ) -> None:
        await mine(db, clock, 1)
        for moment in (on(2026, 3, 8, 17, 59), on(2026, 3, 9, 0, 5)):
            clock.at = moment
            assert await warn_streaks(db) == 0
