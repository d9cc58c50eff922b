"""What one user may own is bounded, and a merge moves only so much at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tbg.adapters.streams import Connection
from tbg.app.verifier import verify
from tbg.core.owners import AccountsBusy
from tbg.core.tx import Database
from tbg.domains.mining import projection
from tbg.domains.mining.actions import history, lifecycle, move_history, roll_up_all, workers
from tbg.domains.mining.actions.workers import OTHERS
from tbg.domains.mining.schemas import ShareSubmittedData
from tests.app.lives import join, user_of
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    block,
    commit,
    key,
    play,
    rows,
    share,
    value,
)

HOUR = timedelta(hours=1)


async def in_order(db: Database) -> None:
    verdict = await verify(db)
    assert {name: c for name, c in verdict.checks.items() if c.mismatches} == {}


async def owned(db: Database, table: str) -> dict[int, int]:
    sql = f"SELECT user_id, count(*) FROM {table} GROUP BY user_id"
    return dict(await rows(db, sql))


class TestHistory:
    @pytest.fixture(autouse=True)
    def _short_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "STEP_ROWS", 10)

    async def test_a_merge_moves_one_step_and_the_job_moves_the_rest(self, db: Database) -> None:
        await play(db, [share(NOW)])
        await play(db, [share(NOW - n * HOUR, user=BOB) for n in range(35)])
        bob, alice = await join(db, BOB, ALICE)
        assert await owned(db, "daily_shares") == {alice: 2}
        for table in ("shares", "hourly_shares"):
            assert await owned(db, table) == {bob: 24, alice: 12 if table == "shares" else 11}
        newest = "SELECT min(at) FROM shares WHERE user_id = :alice"
        assert await value(db, newest, alice=alice) == NOW - 10 * HOUR, "the newest are moved first"
        await in_order(db)
        assert await move_history(db) == 3
        assert await owned(db, "shares") == {alice: 36}
        assert await owned(db, "hourly_shares") == {alice: 35}
        assert await value(db, "SELECT count(*) FROM moved_workers") == 0
        await in_order(db)

    async def test_what_is_on_its_way_follows_the_next_merge(self, db: Database) -> None:
        await play(db, [share(NOW), share(NOW, user=CAROL, worker="c")])
        await play(db, [share(NOW - n * HOUR, user=BOB, worker=f"w{n % 2}") for n in range(35)])
        bob, carol = await join(db, BOB, CAROL)
        _, alice = await join(db, CAROL, ALICE)
        assert await owned(db, "shares") == {bob: 24, carol: 1, alice: 12}
        await in_order(db)
        await move_history(db)
        assert await owned(db, "shares") == {alice: 37}
        sql = "SELECT name, accepted FROM workers JOIN (SELECT worker_id, sum(accepted) AS accepted"
        sql += " FROM hourly_shares GROUP BY 1) h ON worker_id = id ORDER BY 1"
        assert await rows(db, sql) == [("bitaxe", 1), ("c", 1), ("w0", 18), ("w1", 17)]
        await in_order(db)

    async def test_a_step_that_fails_leaves_everything_to_the_next_run(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await play(db, [share(NOW)])
        await play(db, [share(NOW - n * HOUR, user=BOB) for n in range(35)])
        _, alice = await join(db, BOB, ALICE)
        steps: list[str] = []
        whole = type(db).transaction

        def failing(self: Database, **options: Any) -> Any:
            steps.append("step")
            if len(steps) == 2:
                raise OSError("the server is away")
            return whole(self, **options)

        with monkeypatch.context() as patch:
            patch.setattr(type(db), "transaction", failing)
            with pytest.raises(OSError, match="away"):
                await move_history(db)
        await in_order(db)
        assert await move_history(db) == 2
        assert await owned(db, "shares") == {alice: 36}
        await in_order(db)

    async def test_a_merge_is_refused_while_very_many_shares_wait(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for n in range(6):
            await play(db, [share(NOW - n * HOUR), share(NOW, user=BOB)])
        monkeypatch.setattr(lifecycle, "_ROLL_UPS", 0)
        with pytest.raises(AccountsBusy, match="Try again"):
            await join(db, BOB, ALICE)
        assert await value(db, "SELECT count(*) FROM rollup_queue") == 6


class TestWorkers:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workers, "MOST", 3)

    async def test_names_beyond_the_bound_are_counted_as_one_worker(self, db: Database) -> None:
        tx = await commit(db, [share(NOW, worker=f"Rig{n}") for n in range(6)])
        data = [frame.data for frame in tx.shown]
        shown = [one.worker for one in data if isinstance(one, ShareSubmittedData)]
        assert sorted(shown) == ["Rig0", "Rig1", "Rig2", OTHERS]
        await play(db, [share(NOW, worker="rig1"), share(NOW, worker="new")])
        await play(db, [share(NOW, user=BOB, worker="new")])
        gone = Connection(key("gone"), 7, NOW, False, "hosted", ALICE, "rig5", False, None)
        await play(db, [gone])
        await roll_up_all(db)
        sql = "SELECT name, connected, accepted FROM workers w JOIN daily_shares d USING (user_id)"
        sql += " WHERE w.id = d.worker_id AND user_id = :alice ORDER BY name"
        assert await rows(db, sql, alice=await user_of(db, ALICE)) == [
            ("Rig0", None, 1),
            ("Rig1", None, 2),
            ("Rig2", None, 1),
            (OTHERS, False, 4),
        ]
        await in_order(db)

    async def test_workers_beyond_the_bound_become_one_in_a_merge(self, db: Database) -> None:
        await play(db, [share(NOW, worker=name) for name in ("a", "b")])
        for n in range(5):
            await play(db, [share(NOW - n * HOUR, user=BOB, worker=f"{'abcde'[n]}")])
        await join(db, BOB, ALICE)
        sql = "SELECT name, first_seen, last_seen, accepted FROM workers w"
        sql += " JOIN (SELECT worker_id, sum(accepted) AS accepted FROM daily_shares GROUP BY 1) d"
        sql += " ON worker_id = id ORDER BY name"
        assert await rows(db, sql) == [
            ("a", NOW, NOW, 2),
            ("b", NOW - HOUR, NOW, 2),
            ("c", NOW - 2 * HOUR, NOW - 2 * HOUR, 1),
            (OTHERS, NOW - 4 * HOUR, NOW - 3 * HOUR, 2),
        ]
        await move_history(db)
        assert await value(db, "SELECT sum(accepted) FROM hourly_shares") == 7
        await in_order(db)
        await play(db, [share(NOW, user=CAROL, worker="x"), share(NOW, user=CAROL, worker="c")])
        await join(db, CAROL, ALICE)
        assert await value(db, "SELECT count(*) FROM workers") == 4
        await in_order(db)


async def test_blocks_that_nothing_backs_are_bounded_and_confirmed_ones_are_not(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "REPORTED_BLOCKS", 2)
    forged = [block(NOW, hash_=f"{n:064}", backed=False) for n in range(5)]
    await play(db, forged[:4])
    await play(db, [forged[4], block(NOW, user=BOB, hash_="b" * 64, backed=False)])
    await play(db, [block(NOW, hash_=forged[3].hash), block(NOW, hash_="c" * 64)])
    sql = "SELECT hash, confirmed_by FROM blocks ORDER BY hash"
    assert await rows(db, sql) == [
        (forged[0].hash, None),
        (forged[1].hash, None),
        (forged[3].hash, "pool"),
        ("b" * 64, None),
        ("c" * 64, "pool"),
    ]
    await in_order(db)
