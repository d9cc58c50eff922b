"""A badge that is new to the registry is awarded to users who reached it long ago."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tbg.app.verifier import verify
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions.backfill import backfill_badges
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.mining.actions import roll_up_all
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    badges,
    block,
    key,
    on,
    play,
    rows,
    share,
    told,
    value,
    xp,
)


async def new_badge(db: Database, folder: Path, slug: str, trigger: str, **config: Any) -> None:
    """A pack with one badge, read in."""
    badge = {
        "slug": slug, "name": slug, "description": slug, "category": "mining",
        "rarity": "rare", "xp_reward": 7, "trigger_type": trigger, "trigger_config": config,
        "sort_order": 50,
    }  # fmt: skip
    content = {"schema_version": "1", "pack": slug, "badges": [badge]}
    (folder / f"{slug}.json").write_text(json.dumps(content))
    async with db.transaction() as tx:
        assert await load_registry(tx, packs=folder) == [slug]


async def earned(db: Database, slug: str, user: str = ALICE) -> tuple[Any, ...]:
    (row,) = await rows(
        db,
        """
        SELECT earned_at, metadata FROM user_badges JOIN user_addresses USING (user_id)
        WHERE badge_slug = :slug AND address = :user
        """,
        slug=slug,
        user=user,
    )
    return row


async def test_share_count(db: Database, tmp_path: Path) -> None:
    days = [NOW - timedelta(days=n) for n in (9, 5, 5, 1)]
    await play(db, [share(day) for day in days])
    await play(db, [share(NOW, user=BOB)])
    await roll_up_all(db)
    await new_badge(db, tmp_path, "three", "share_count", threshold=3)
    assert await backfill_badges(db) == 1
    at, metadata = await earned(db, "three")
    assert at == on(2026, 2, 28, 0) - timedelta(microseconds=1), "the day of the third share"
    assert metadata == {"total_shares": 3, "backfilled": True}
    assert "three" not in await badges(db, BOB)
    assert await xp(db) == 57
    assert (await verify(db)).mismatches == 0


async def test_best_diff_names_the_share_that_is_known(db: Database, tmp_path: Path) -> None:
    first = share(NOW - timedelta(days=30), sdiff=3e6, name="first", worker="Garage")
    await play(db, [first, share(NOW, sdiff=5e6)])
    await roll_up_all(db)
    await new_badge(db, tmp_path, "two_million", "best_diff", threshold=2e6)
    await backfill_badges(db)
    assert await earned(db, "two_million") == (
        first.at,
        {"share_id": str(key("first")), "sdiff": 3e6, "worker": "Garage", "backfilled": True},
    )


async def test_best_diff_before_the_rollups_know_of_it(db: Database, tmp_path: Path) -> None:
    await play(db, [share(NOW - timedelta(days=1), sdiff=3e6)])
    await new_badge(db, tmp_path, "two_million", "best_diff", threshold=2e6)
    await backfill_badges(db)
    assert await earned(db, "two_million") == (NOW, {"backfilled": True})


async def test_block_found(db: Database, tmp_path: Path) -> None:
    await play(db, [block(NOW - timedelta(days=3), user=BOB, height=5), share(NOW)])
    await new_badge(db, tmp_path, "another_block", "block_found")
    assert await backfill_badges(db) == 1
    at, metadata = await earned(db, "another_block", BOB)
    assert (at, metadata["height"]) == (NOW - timedelta(days=3), 5)


async def test_streak(db: Database, clock: FixedClock, tmp_path: Path) -> None:
    await play(db, [share(NOW - timedelta(weeks=n)) for n in (0, 1, 2, 5)])
    await check_streaks(db)
    await new_badge(db, tmp_path, "two_weeks", "streak", threshold=2)
    await new_badge(db, tmp_path, "three_weeks", "streak", threshold=3)
    assert await backfill_badges(db) == 1
    at, metadata = await earned(db, "two_weeks")
    assert (at, metadata["week"]) == (on(2026, 3, 2, 0), "2026-W09")
    # The running week is not closed: that badge waits for Monday.
    clock.at = on(2026, 3, 9, 0, 5)
    await check_streaks(db)
    assert "three_weeks" in await badges(db)
    assert (await verify(db)).mismatches == 0


async def test_events_were_not_kept(db: Database, tmp_path: Path) -> None:
    await play(db, [share(NOW)])
    await new_badge(db, tmp_path, "event_of_old", "event", event="coop_created")
    assert await backfill_badges(db) == 0
    assert (
        await value(db, "SELECT count(*) FROM badge_definitions WHERE backfilled_at IS NULL") == 0
    )


async def test_it_is_silent_and_once(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOB_USERS", 1)
    for user in (ALICE, BOB, CAROL):
        await play(db, [share(NOW, user=user), share(NOW, user=user)])
    said = await value(db, "SELECT count(*) FROM outbox")
    await new_badge(db, tmp_path, "two", "share_count", threshold=2)
    given = await asyncio.gather(*[backfill_badges(db) for _ in range(5)])
    assert sum(given) >= 3
    assert await backfill_badges(db) == 0
    assert await value(db, "SELECT count(*) FROM user_badges WHERE badge_slug = 'two'") == 3
    assert await value(db, "SELECT count(*) FROM outbox") == said
    assert await rows(db, "SELECT DISTINCT badges, xp FROM silent_rewards") == [(1, 7)]
    assert await told(db, "LevelUp") == []


async def test_a_batch_and_a_backfill_give_it_once(db: Database, tmp_path: Path) -> None:
    """Those who reach it after the registry knows it are the batches', the others its own."""
    await play(db, [share(NOW, user=ALICE), share(NOW, user=ALICE), share(NOW, user=BOB)])
    await new_badge(db, tmp_path, "two", "share_count", threshold=2)
    await play(db, [share(NOW, user=ALICE), share(NOW, user=BOB)])
    assert "two" in await badges(db, BOB)
    await backfill_badges(db)
    assert "two" in await badges(db, ALICE)
    assert (await verify(db)).mismatches == 0


async def test_backfill_of_an_empty_database_finds_nobody(db: Database, tmp_path: Path) -> None:
    await new_badge(db, tmp_path, "two", "share_count", threshold=2)
    assert (
        await value(db, "SELECT count(*) FROM badge_definitions WHERE backfilled_at IS NULL") == 0
    )
