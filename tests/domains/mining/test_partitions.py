"""Raw shares by month: made ahead, moved out of the default, dropped after retention."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tbg.app.verifier import verify
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.errors import CannotRun
from tbg.core.tx import Database
from tbg.domains.mining.actions.partitions import drop_old_shares, make_partitions
from tbg.domains.mining.jobs import keep_partitions, prune
from tests.conftest import NOW
from tests.domains.gamification.play import execute, on, play, rows, share, value

MONTHS = [
    "shares_2025_12", "shares_2026_01", "shares_2026_02", "shares_2026_03",
    "shares_2026_04", "shares_2026_05", "shares_2026_06",
]  # fmt: skip


@pytest.fixture(autouse=True)
async def only_the_default(db: Database) -> None:
    """As it is before any keeper has run."""
    for name in await partitions(db):
        await execute(db, f'DROP TABLE "{name}"')


async def partitions(db: Database) -> list[str]:
    found = await rows(
        db,
        """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'shares'::regclass AND c.relname <> 'shares_default' ORDER BY 1
        """,
    )
    return [name for (name,) in found]


async def make(db: Database) -> list[str]:
    async with db.transaction() as tx:
        return await make_partitions(tx)


async def test_from_the_edge_of_retention_to_three_months_ahead(db: Database) -> None:
    assert await make(db) == MONTHS
    assert await make(db) == []
    await play(db, [share(NOW), share(NOW - timedelta(days=80))])
    assert await value(db, "SELECT count(*) FROM shares_2026_03") == 1
    assert await value(db, "SELECT count(*) FROM shares_2025_12") == 1
    assert await value(db, "SELECT count(*) FROM shares_default") == 0


async def test_shares_of_the_default_move_in(db: Database) -> None:
    await play(db, [share(NOW), share(NOW, accepted=False), share(NOW - timedelta(days=40))])
    assert await value(db, "SELECT count(*) FROM shares_default") == 3
    await make(db)
    assert await value(db, "SELECT count(*) FROM shares_default") == 0
    assert await value(db, "SELECT count(*) FROM shares") == 3
    assert (await verify(db)).mismatches == 0


async def test_a_share_is_still_the_same_share(db: Database) -> None:
    """The key is as unique in a month made later as it was before."""
    await play(db, [share(NOW, name="one")])
    await make(db)
    with pytest.raises(Exception, match="duplicate key"):
        await execute(db, "INSERT INTO shares SELECT * FROM shares")


async def test_months_past_retention_are_dropped(db: Database, clock: FixedClock) -> None:
    await make(db)
    await play(db, [share(NOW - timedelta(days=89)), share(NOW)])
    clock.at = NOW + timedelta(days=90)
    await keep_partitions(db)
    assert await partitions(db) == [f"shares_2026_{n:02d}" for n in range(3, 10)]
    assert await value(db, "SELECT count(*) FROM shares") == 1
    assert await value(db, "SELECT sum(accepted) FROM daily_shares") is None
    assert (await verify(db)).mismatches == 0


async def test_a_month_is_kept_until_its_last_share_may_go(db: Database, clock: FixedClock) -> None:
    await make(db)
    edge = on(2026, 1, 1, 0) + limits.RAW_SHARE_AGE
    for moment, there in ((edge - timedelta(microseconds=1), True), (edge, False)):
        clock.at = moment
        async with db.transaction(owners="shared") as tx:
            await drop_old_shares(tx)
        assert ("shares_2025_12" in await partitions(db)) is there


async def test_two_concurrent_partition_jobs(db: Database) -> None:
    made = await asyncio.gather(*[make(db) for _ in range(4)])
    assert sum(map(len, made)) == len(MONTHS)


async def test_it_makes_batches_wait_only_briefly(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TABLE_LOCK_SECONDS", 0.2)
    async with db.transaction() as batch:
        await batch.run("LOCK TABLE shares_default IN ROW EXCLUSIVE MODE")
        with pytest.raises(CannotRun, match="in use"):
            await make(db)
    assert await make(db) == MONTHS


async def test_old_keys_and_messages_are_forgotten(db: Database, clock: FixedClock) -> None:
    await play(db, [share(NOW)])
    await execute(db, "UPDATE outbox SET sent_at = created_at WHERE id = 1")
    clock.move(limits.OUTBOX_KEPT + timedelta(seconds=1))
    assert await prune(db) == 1
    clock.move(limits.KEY_AGE)
    assert await prune(db) == 1
    assert await value(db, "SELECT count(*) FROM event_keys") == 0
