"""Champions, personal bests, counts, summaries and corrections."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tbg.app.verifier import verify
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification import jobs
from tbg.domains.gamification.actions import correct_xp, stats
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.reward import lock
from tbg.domains.gamification.actions.stats import count_badges
from tbg.domains.gamification.actions.summaries import tell_silent
from tbg.domains.gamification.errors import BelowZero, NothingToCorrect
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    badges,
    best,
    execute,
    on,
    play,
    rows,
    share,
    told,
    value,
    xp,
)

MONDAY = on(2026, 3, 2, 0, 5)
LAST_WEEK = on(2026, 2, 25)


class TestChampion:
    async def test_the_best_of_the_closed_week(self, db: Database, clock: FixedClock) -> None:
        clock.at = MONDAY
        await play(
            db,
            [
                share(LAST_WEEK, user=ALICE, sdiff=5000),
                share(LAST_WEEK, user=BOB, sdiff=6000),
                share(MONDAY, user=ALICE, sdiff=9e5),
                share(LAST_WEEK, user=CAROL, sdiff=9e9, accepted=False),
            ],
        )
        assert await crown_champions(db) == ["2026-W09"]
        assert "weekly_diff_champion" in await badges(db, BOB)
        assert "weekly_diff_champion" not in await badges(db, ALICE)
        assert await rows(db, "SELECT week_iso, best_difficulty FROM weekly_champions") == [
            ("2026-W09", 6000.0)
        ]
        assert "weekly_diff_champion" in [event["slug"] for event in await told(db, "BadgeEarned")]
        (earned,) = await rows(
            db,
            "SELECT earned_at, metadata FROM user_badges WHERE badge_slug = 'weekly_diff_champion'",
        )
        assert earned[0] == on(2026, 3, 2, 0)
        ((best,),) = await rows(db, "SELECT id FROM shares WHERE sdiff = 6000")
        said = {"event": "weekly_diff_champion", "week": "2026-W09", "sdiff": 6000.0}
        assert earned[1] == said | {"share_id": str(best)}

    async def test_a_tie_goes_to_the_first_then_to_the_lower_id(
        self, db: Database, clock: FixedClock
    ) -> None:
        clock.at = MONDAY
        await play(db, [share(LAST_WEEK - timedelta(weeks=2), user=CAROL, sdiff=1)])
        await play(
            db,
            [
                share(LAST_WEEK + timedelta(seconds=1), user=ALICE, sdiff=5000),
                share(LAST_WEEK, user=BOB, sdiff=5000),
                share(LAST_WEEK, user=CAROL, sdiff=5000),
            ],
        )
        await crown_champions(db)
        champion = await value(
            db,
            "SELECT address FROM weekly_champions JOIN user_addresses USING (user_id)"
            " WHERE week_iso = '2026-W09'",
        )
        assert champion == CAROL, "the lowest id: the first to mine here"

    async def test_weeks_that_were_missed_are_made_up_for_silently(
        self, db: Database, clock: FixedClock
    ) -> None:
        clock.at = MONDAY
        for ago, user in ((1, ALICE), (2, BOB), (4, CAROL), (5, ALICE)):
            await play(db, [share(NOW - timedelta(weeks=ago), user=user)])
        assert await crown_champions(db) == ["2026-W05", "2026-W06", "2026-W08", "2026-W09"]
        for user in (ALICE, BOB, CAROL):
            assert "weekly_diff_champion" in await badges(db, user)
        assert await xp(db, ALICE) == 350, "champion twice, one badge"

    async def test_nothing_to_crown(self, db: Database) -> None:
        assert await crown_champions(db) == []

    async def test_champions_are_locked_in_ascending_order(
        self, db: Database, clock: FixedClock
    ) -> None:
        clock.at = MONDAY
        await play(db, [share(LAST_WEEK, user=ALICE)])
        await play(db, [share(LAST_WEEK - timedelta(days=7), user=BOB)])
        async with db.transaction() as tx:
            await lock(tx, [1])
            crowning = asyncio.create_task(crown_champions(db))
            await asyncio.sleep(0.3)
            assert not crowning.done()
            await lock(tx, [2])
        assert await crowning == ["2026-W08", "2026-W09"]

    async def test_concurrent_runs_crown_one_champion(
        self, db: Database, clock: FixedClock
    ) -> None:
        clock.at = MONDAY
        await play(db, [share(LAST_WEEK), share(LAST_WEEK, user=BOB, sdiff=2000)])
        found = await asyncio.gather(*[crown_champions(db) for _ in range(10)])
        assert sum(map(len, found)) == 1

    async def test_late_shares_take_nothing_away(self, db: Database, clock: FixedClock) -> None:
        clock.at = MONDAY
        await play(db, [share(LAST_WEEK, sdiff=2000)])
        await crown_champions(db)
        await play(db, [share(LAST_WEEK, user=BOB, sdiff=9e5)])
        assert await crown_champions(db) == []
        assert "weekly_diff_champion" in await badges(db, ALICE)
        assert "weekly_diff_champion" not in await badges(db, BOB)


class TestPersonalBests:
    async def paid(self, db: Database) -> list[str]:
        found = await rows(
            db,
            "SELECT idempotency_key FROM xp_ledger WHERE source = 'personal_best' ORDER BY 1",
        )
        return [key.split(":", 1)[1] for (key,) in found]

    async def test_days_that_beat_all_days_before(self, db: Database, clock: FixedClock) -> None:
        clock.at = on(2026, 3, 6, 0, 5)
        bests = {1: 50.0, 2: 40.0, 3: 50.0, 4: 60.0, 5: 70.0, 6: 90.0}
        await play(db, [share(on(2026, 3, day, 0), sdiff=s) for day, s in bests.items()])
        assert await pay_personal_bests(db) == 2
        # The first day does not count, nor does an equalled best, and today is not over.
        assert await self.paid(db) == ["1:2026-03-04", "1:2026-03-05"]
        assert await xp(db, source="personal_best") == 100
        assert await pay_personal_bests(db) == 0
        loud = [e["source_id"] for e in await told(db, "XpGained") if e["amount"] == 50]
        assert "2026-03-05" in loud
        assert "2026-03-04" not in loud, "older than yesterday is silent"

    async def test_arrival_order_does_not_matter(self, db: Database, clock: FixedClock) -> None:
        clock.at = on(2026, 3, 4, 13)
        await play(db, [share(on(2026, 3, 3), sdiff=10), share(NOW, sdiff=30)])
        clock.at = on(2026, 3, 4, 23)
        await play(db, [share(on(2026, 3, 2), sdiff=20)])
        clock.at = on(2026, 3, 5, 0, 5)
        await pay_personal_bests(db)
        assert await self.paid(db) == ["1:2026-03-04"]

    async def test_a_late_share_may_add_a_day_and_takes_none_away(
        self, db: Database, clock: FixedClock
    ) -> None:
        clock.at = on(2026, 3, 4, 0, 5)
        await play(db, [share(on(2026, 3, 1), sdiff=10), share(on(2026, 3, 3), sdiff=30)])
        assert await pay_personal_bests(db) == 1
        clock.at = on(2026, 3, 5, 0, 5)
        await play(db, [share(on(2026, 3, 2), sdiff=40)])
        assert await pay_personal_bests(db) == 1
        assert await self.paid(db) == ["1:2026-03-02", "1:2026-03-03"]

    async def test_a_day_of_rejected_shares_is_not_a_first_day(
        self, db: Database, clock: FixedClock
    ) -> None:
        clock.at = on(2026, 3, 6, 0, 5)
        await play(
            db,
            [
                share(on(2026, 3, 1), sdiff=1e12, accepted=False),
                share(on(2026, 3, 2), sdiff=5),
                share(on(2026, 3, 3), sdiff=7, worker="other"),
            ],
        )
        await pay_personal_bests(db)
        assert await self.paid(db) == ["1:2026-03-03"]

    async def test_a_missed_night_and_many_workers_at_once(
        self, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "JOB_USERS", 1)
        users = (ALICE, BOB, CAROL)
        for day in (1, 2, 3):
            await play(db, [share(on(2026, 3, day), user=u, sdiff=day) for u in users])
        clock.at = on(2026, 3, 9, 7)
        found = await asyncio.gather(*[pay_personal_bests(db) for _ in range(6)])
        assert sum(found) == 6
        assert (await verify(db)).mismatches == 0


class TestBadgeCounts:
    async def counts(self, db: Database) -> dict[str, tuple[int, float]]:
        found = await rows(db, "SELECT badge_slug, total_earned, percentage FROM badge_stats")
        return {slug: (total, float(percentage)) for slug, total, percentage in found}

    async def test_of_those_who_mined(self, db: Database) -> None:
        assert await jobs.count(db) is True
        assert (await self.counts(db))["first_share"] == (0, 0.0)
        await play(db, [share(NOW, user=ALICE), share(NOW, user=BOB, sdiff=2e6)])
        await play(db, [share(NOW, user=CAROL, accepted=False)])
        assert await jobs.count(db) is True
        found = await self.counts(db)
        assert len(found) == 20
        assert found["first_share"] == (2, 100.0)
        assert found["diff_1e6"] == (1, 50.0)
        assert found["block_finder"] == (0, 0.0)

    async def test_never_above_a_hundred(self, db: Database) -> None:
        """A difficulty the pool tells of earns a badge without a share."""
        await play(db, [share(NOW), best(NOW, user=BOB, sdiff=2e6), share(NOW, sdiff=3e6)])
        await jobs.count(db)
        assert (await self.counts(db))["diff_1e6"] == (2, 100.0)

    async def test_only_when_something_was_granted(self, db: Database, clock: FixedClock) -> None:
        clock.at = NOW + timedelta(minutes=1)
        await play(db, [share(NOW)])
        assert await jobs.count(db) is True
        assert await jobs.count(db) is False
        await play(db, [share(NOW)])
        assert await jobs.count(db) is False, "a share without a grant changes no percentage"
        async with db.transaction() as tx:
            assert await count_badges(tx, anyway=True) is True

    async def test_the_more_there_are_the_longer_it_rests(
        self, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stats, "EARNED_PER_SECOND", 1)
        await play(db, [share(NOW), share(NOW, user=BOB)])
        clock.at = NOW + timedelta(minutes=1)
        assert await jobs.count(db) is True
        await play(db, [share(NOW, user=CAROL)])
        clock.move(timedelta(seconds=1))
        assert await jobs.count(db) is False
        clock.move(timedelta(seconds=1))
        assert await jobs.count(db) is True


async def test_late_weeks_are_paid_soon_and_once_a_minute_where_there_are_many(
    db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {job.every_s for job in jobs.JOBS if job.name in {"late_weeks", "badge_counts"}} == {5}
    await play(db, [share(NOW - timedelta(days=7), history=True)])
    monkeypatch.setattr(jobs, "UNPAID_AT_ONCE", -2)
    clock.at = NOW + timedelta(seconds=10)
    assert await jobs.pay_late_weeks(db) is None
    clock.at = NOW + timedelta(seconds=60)
    found = await jobs.pay_late_weeks(db)
    assert found is not None
    assert found.paid == 1


class TestSilentSummaries:
    async def test_one_message_when_it_has_gone_quiet(
        self, db: Database, clock: FixedClock
    ) -> None:
        past = NOW - timedelta(days=200)
        for sdiff in (2e6, 2e9, 2e12):
            await play(db, [share(past, sdiff=sdiff, history=True)])
            clock.move(timedelta(seconds=90))
            assert await tell_silent(db) == 0
        await play(db, [share(past, user=BOB, history=True)])
        clock.move(timedelta(seconds=60))
        assert await tell_silent(db) == 1
        assert await told(db, "SilentRewards") == [{"user_id": 1, "badges": 4, "xp": 400}]
        assert await told(db, "BadgeEarned") == []
        clock.move(limits.SILENT_FOR)
        assert await tell_silent(db) == 1
        assert await tell_silent(db) == 0
        assert len(await told(db, "SilentRewards")) == 2


class TestCorrections:
    async def correct(self, db: Database, amount: int, reason: str = "a mistake") -> None:
        async with db.transaction(owners="shared") as tx:
            await correct_xp(tx, user_id=1, amount=amount, reason=reason, by="operator")

    async def test_corrections_record_who_and_why(self, db: Database) -> None:
        await play(db, [share(NOW)])
        await self.correct(db, 1000)
        await self.correct(db, -450)
        assert await rows(db, "SELECT total_xp, level FROM user_gamification") == [(600, 3)]
        assert await rows(
            db,
            "SELECT amount, source_id, description FROM xp_ledger WHERE source = 'correction'"
            " ORDER BY id",
        ) == [(1000, "operator", "a mistake"), (-450, "operator", "a mistake")]
        assert (await verify(db)).mismatches == 0

    async def test_a_level_is_announced_once(self, db: Database) -> None:
        await play(db, [share(NOW)])
        for amount in (50, -50, 50):
            await self.correct(db, amount)
        assert [event["new_level"] for event in await told(db, "LevelUp")] == [2]

    async def test_totals_never_become_negative(self, db: Database) -> None:
        await play(db, [share(NOW)])
        with pytest.raises(BelowZero):
            await self.correct(db, -51)
        await self.correct(db, -50)
        assert await xp(db) == 0

    async def test_a_correction_without_a_reason_is_refused(self, db: Database) -> None:
        await play(db, [share(NOW)])
        for amount, reason in ((0, "why"), (5, "  ")):
            with pytest.raises(NothingToCorrect):
                await self.correct(db, amount, reason)


@pytest.mark.parametrize(
    "change", ["UPDATE xp_ledger SET amount = 1", "DELETE FROM xp_ledger", "TRUNCATE xp_ledger"]
)
async def test_the_ledger_refuses_to_be_rewritten(db: Database, change: str) -> None:
    await play(db, [share(NOW)])
    with pytest.raises(Exception, match="append-only"):
        await execute(db, change)
    assert await value(db, "SELECT count(*) FROM xp_ledger") == 1
