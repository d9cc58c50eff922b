"""The five triggers, each through the real projections on a real database."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.event import Event
from tbg.core.tx import Database
from tbg.domains.gamification.actions import record_event
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.gamification.events import BadgeEarned, LevelUp, XpGained
from tbg.domains.mining.events import BlockRecorded
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    badges,
    best,
    block,
    commit,
    play,
    rows,
    share,
    told,
    value,
    xp,
)


def earned(events: list[Event]) -> set[str]:
    return {event.slug for event in events if isinstance(event, BadgeEarned)}


async def mine(db: Database, count: int) -> list[Event]:
    """`count` shares of one moment, in one batch."""
    return await play(db, [share(NOW) for _ in range(count)])


async def mine_weeks(db: Database, clock: FixedClock, weeks: int) -> None:
    """One share in each of the last `weeks` closed weeks."""
    await play(db, [share(NOW - timedelta(weeks=n)) for n in range(1, weeks + 1)])
    await check_streaks(db)


class TestShareCountTrigger:
    async def test_first_share_awards_badge(self, db: Database) -> None:
        assert "first_share" in earned(await mine(db, 1))
        assert "first_share" in await badges(db)

    async def test_duplicate_badge_not_awarded(self, db: Database) -> None:
        await mine(db, 1)
        assert "first_share" not in earned(await mine(db, 1))
        assert await xp(db) == 50

    async def test_1k_shares_triggers(self, db: Database) -> None:
        await mine(db, 999)
        assert "shares_1k" in earned(await mine(db, 1))
        (metadata,) = await rows(
            db, "SELECT metadata FROM user_badges WHERE badge_slug = 'shares_1k'"
        )
        assert metadata[0]["total_shares"] == 1000

    async def test_rejected_shares_count_for_nothing(self, db: Database) -> None:
        await play(db, [share(NOW, accepted=False, sdiff=5e9) for _ in range(3)])
        assert await badges(db) == set()
        assert await rows(db, "SELECT total_shares, total_xp FROM user_gamification") == [(0, 0)]


class TestShareCountTriggers:
    async def test_first_share(self, db: Database) -> None:
        assert earned(await mine(db, 1)) == {"first_share"}

    async def test_1k_shares(self, db: Database) -> None:
        assert earned(await mine(db, 1000)) == {"first_share", "shares_1k"}
        assert await xp(db, source="share") == 10

    async def test_below_threshold_no_badge(self, db: Database) -> None:
        assert "shares_1k" not in earned(await mine(db, 999))


class TestBestDiffTrigger:
    async def test_diff_1e6_awarded(self, db: Database) -> None:
        assert "diff_1e6" in earned(await play(db, [share(NOW, sdiff=1_500_000)]))

    async def test_diff_below_threshold_not_awarded(self, db: Database) -> None:
        assert "diff_1e6" not in earned(await play(db, [share(NOW, sdiff=999_999.9)]))

    async def test_the_threshold_itself_is_enough(self, db: Database) -> None:
        assert "diff_1e6" in earned(await play(db, [share(NOW, sdiff=1_000_000)]))

    async def test_the_pools_word_of_a_difficulty_counts(self, db: Database) -> None:
        assert earned(await play(db, [best(NOW, sdiff=1.5e9)])) == {"diff_1e6", "diff_1e9"}
        assert await rows(db, "SELECT total_shares FROM user_gamification") == [(0,)]


class TestBestDiffTriggers:
    async def test_million_club(self, db: Database) -> None:
        assert earned(await play(db, [share(NOW, sdiff=1_500_000)])) == {"first_share", "diff_1e6"}

    async def test_billion_club(self, db: Database) -> None:
        found = earned(await play(db, [share(NOW, sdiff=2_000_000_000)]))
        assert {"diff_1e6", "diff_1e9"} <= found
        assert "diff_1e12" not in found


class TestBlockFoundTrigger:
    async def test_block_found_awards_badge(self, db: Database) -> None:
        events = await play(db, [block(NOW)])
        assert "block_finder" in earned(events)
        assert await xp(db, source="badge") >= 500

    async def test_block_finder_badge(self, db: Database) -> None:
        await play(db, [block(NOW, height=850_001, hash_="0a" * 32)])
        (metadata,) = await rows(db, "SELECT metadata FROM user_badges")
        assert metadata[0] == {"height": 850_001, "hash": "0a" * 32, "worker": "bitaxe"}

    async def test_a_block_reported_twice_is_one_block(self, db: Database) -> None:
        await play(db, [block(NOW), block(NOW)])
        await play(db, [block(NOW)])
        assert await value(db, "SELECT blocks_found FROM user_gamification") == 1

    async def test_an_unbacked_report_awards_and_announces_nothing(self, db: Database) -> None:
        assert await play(db, [block(NOW, backed=False)]) == []
        assert await value(db, "SELECT blocks_found FROM user_gamification") == 0
        assert await rows(db, "SELECT hash, confirmed_by FROM blocks") == [("00" * 32, None)]

    @pytest.mark.parametrize("order", sorted(set(itertools.permutations([False, True, True]))))
    @pytest.mark.parametrize("together", [True, False])
    async def test_a_block_is_awarded_once_in_whatever_order_its_backing_comes(
        self, db: Database, order: tuple[bool, ...], together: bool
    ) -> None:
        blocks = [block(NOW, backed=backed) for backed in order]
        events = []
        for facts in [blocks] if together else [[one] for one in blocks]:
            events += await play(db, facts)
        assert sum(isinstance(event, BlockRecorded) for event in events) == 1
        assert earned(events) == {"block_finder"}
        assert await rows(
            db, "SELECT blocks_found, total_xp, (SELECT confirmed_by FROM blocks)"
            " FROM user_gamification",
        ) == [(1, 500, "pool")]  # fmt: skip

    async def test_a_block_that_others_are_reported_for_is_its_finders(self, db: Database) -> None:
        await play(db, [block(NOW, user=BOB, backed=False)])
        await play(db, [block(NOW)])
        await play(db, [block(NOW, user=CAROL, backed=False)])
        assert await badges(db) == {"block_finder"}
        assert await badges(db, BOB) == await badges(db, CAROL) == set()


class TestStreakTrigger:
    async def test_4_week_streak_awards_badge(self, db: Database, clock: FixedClock) -> None:
        await mine_weeks(db, clock, 4)
        assert "streak_4" in await badges(db)

    async def test_3_week_streak_no_badge(self, db: Database, clock: FixedClock) -> None:
        await mine_weeks(db, clock, 3)
        assert "streak_4" not in await badges(db)


class TestEventTrigger:
    @pytest.mark.parametrize(
        ("event", "slug"),
        [
            ("weekly_diff_champion", "weekly_diff_champion"),
            ("node_verified", "node_runner"),
            ("node_verified_full", "node_runner"),
            ("node_pruned_verified", "node_pruned"),
            ("node_verified_pruned", "node_pruned"),
            ("node_archival_verified", "node_archival"),
            ("node_verified_archival", "node_archival"),
            ("worldcup_joined", "world_cup_participant"),
            ("world_cup_participate", "world_cup_participant"),
            ("worldcup_won", "world_cup_winner"),
            ("world_cup_win", "world_cup_winner"),
            ("gift_sent", "orange_piller"),
            ("gift_bitaxe", "orange_piller"),
            ("education_track_complete", "rabbit_hole_complete"),
            ("track_complete", "rabbit_hole_complete"),
            ("coop_created", "coop_founder"),
            ("coop_block_found", "coop_block"),
        ],
    )
    async def test_event_awards_badge_once(self, db: Database, event: str, slug: str) -> None:
        await play(db, [share(NOW, user=ALICE), share(NOW, user=BOB)])
        for _ in range(2):
            async with db.transaction(owners="shared") as tx:
                await record_event(tx, event=event, user_ids=[2, 1], at=NOW)
        for user in (ALICE, BOB):
            assert await badges(db, user) == {"first_share", slug}

    async def test_an_unknown_event_awards_nothing(self, db: Database) -> None:
        async with db.transaction(owners="shared") as tx:
            await record_event(tx, event="no_such_event", user_ids=[1], at=NOW)
        assert await value(db, "SELECT count(*) FROM user_badges") == 0


class TestDuplicatePrevention:
    async def test_same_badge_not_awarded_twice(self, db: Database) -> None:
        assert "first_share" in earned(await mine(db, 1))
        assert "first_share" not in earned(await mine(db, 1))
        assert (
            await value(db, "SELECT count(*) FROM xp_ledger WHERE source_id = 'first_share'") == 1
        )

    async def test_the_same_event_twice_changes_nothing(self, db: Database) -> None:
        facts = [share(NOW, sdiff=2e6, name="once") for _ in range(2)]
        await play(db, facts[:1])
        assert await play(db, facts[1:]) == []
        assert await rows(db, "SELECT total_shares, total_xp FROM user_gamification") == [(1, 100)]


async def test_a_hundred_awards_of_one_badge_at_once_are_one(db: Database) -> None:
    await play(db, [share(NOW, user=ALICE), share(NOW, user=BOB)])

    async def award(users: list[int]) -> None:
        async with db.transaction(owners="shared") as tx:
            await record_event(tx, event="coop_created", user_ids=users, at=NOW)

    await asyncio.gather(*[award([1, 2] if n % 2 else [2, 1]) for n in range(100)])
    for user in (ALICE, BOB):
        assert await xp(db, user) == 50 + 150
        assert await badges(db, user) == {"first_share", "coop_founder"}
    assert len(await told(db, "BadgeEarned")) == 4


async def test_badges_of_one_batch_are_announced_in_the_order_in_which_they_were_earned(
    db: Database,
) -> None:
    later, first = NOW, NOW - timedelta(minutes=2)
    announced = await play(
        db, [share(later, sdiff=2e9), share(first, sdiff=5.0), block(NOW - timedelta(minutes=1))]
    )
    slugs = [event.slug for event in announced if isinstance(event, BadgeEarned)]
    assert slugs == ["first_share", "block_finder", "diff_1e6", "diff_1e9"]


async def test_share_event_triggers_badge_grants_xp_pushes_ws(db: Database) -> None:
    """One share: badges, ledger, totals and messages, all in one transaction."""
    events = await play(db, [share(NOW, sdiff=1_500_000)])
    assert earned(events) == {"first_share", "diff_1e6"}
    assert await xp(db) == 100
    state = await rows(
        db, "SELECT total_xp, badges_earned, level, level_title FROM user_gamification"
    )
    assert state == [(100, 2, 2, "Curious Cat")]
    assert [e.new_level for e in events if isinstance(e, LevelUp)] == [2]
    assert sorted(e.amount for e in events if isinstance(e, XpGained)) == [50, 50]
    assert await value(db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == len(events)


async def test_of_many_bests_in_a_batch_only_the_greatest_are_shown(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FRAMES_PER_BATCH", 2)
    miners = [f"bc1q{number}" for number in range(5)]
    facts = [share(NOW, user=user, sdiff=10.0 + n) for n, user in enumerate(miners)]
    shown = (await commit(db, facts)).shown
    for kind in ("best_diff", "feed_item"):
        subjects = [frame.subject for frame in shown if kind == frame.data.TYPE]
        assert subjects == [f"miner:{miners[4]}", f"miner:{miners[3]}"]
