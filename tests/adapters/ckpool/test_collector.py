"""Each line once, whatever happens to the files, to the collector and to Redis."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from redis.exceptions import RedisError

from tbg.adapters.ckpool import collector as module
from tbg.adapters.ckpool import outlet, sharelog
from tbg.adapters.ckpool.batch import Counts
from tbg.adapters.ckpool.files import EQUAL_BYTES
from tbg.adapters.ckpool.follow import follow, once
from tbg.adapters.ckpool.record import Record
from tbg.adapters.streams import (
    BLOCK_FOUND,
    DEAD_LETTER,
    MINER_CONNECTED,
    SHARE_SUBMITTED,
    Publisher,
)
from tbg.core import limits
from tbg.core.errors import CannotRun
from tests.adapters.ckpool.pool import ADDRESS, NOON, Deaths, Killed, Pool, rejected, share

FILE = f"0000006f/{0x6B014C9300000005:016x}.sharelog"
LATER = f"00000070/{0x6B014C9300000006:016x}.sharelog"
STAMP = "2026-11-21 11:59:58.123"


def lines(*numbers: int, at: int = int(NOON.timestamp()), end: bytes = b"\n") -> bytes:
    return b"".join(share(number, at=at) + end for number in numbers)


def backed(*numbers: int) -> set[str]:
    """The identities of blocks that these shares solved."""
    return {f"backed-{digest}" for digest in hashes(*numbers)}


def hashes(*numbers: int) -> set[str]:
    return {f"{number:064x}" for number in numbers}


def seconds(**ago: float) -> int:
    return int((NOON - timedelta(**ago)).timestamp())


# --- files ---------------------------------------------------------------------------------
def test_half_a_line_waits_for_its_other_half(pool: Pool) -> None:
    whole = lines(1, 2)
    pool.write(FILE, whole[:-10])
    counts = pool.collect()
    assert (counts.published, counts.partial, counts.quarantined) == (1, 1, 0)
    assert pool.collect().published == 0
    pool.write(FILE, whole[-10:])
    counts = pool.collect()
    assert (counts.published, counts.already_seen, counts.partial) == (1, 1, 0)
    assert pool.ids() == hashes(1, 2)


@pytest.mark.parametrize("end", [b"\r\n", b"\n\n", b"\r\n\r\n"])
def test_other_line_ends(pool: Pool, end: bytes) -> None:
    pool.write(FILE, lines(1, 2, end=end))
    assert (pool.collect().lines, pool.ids()) == (2, hashes(1, 2))


def test_late_lines_of_old_files(pool: Pool) -> None:
    pool.write(FILE, lines(1))
    pool.write(LATER, lines(2))
    pool.collect()
    pool.write(FILE, lines(3))
    counts = pool.collect()
    assert (counts.published, counts.already_seen) == (1, 2)
    assert pool.published()[-1]["height"] == "111"


@pytest.mark.parametrize("again", [lines(1), lines(4, 5, 6, 7)])
def test_a_file_that_shrank_or_was_replaced_is_read_from_its_beginning(
    pool: Pool, again: bytes
) -> None:
    pool.write(FILE, lines(1, 2, 3))
    pool.collect()
    path = pool.write(FILE + ".new", again)
    path.rename(pool.logs / FILE)
    assert pool.collect().published == again.count(b"\n")
    assert pool.collect().published == 0


def test_the_same_file_restored_is_not_read_again(pool: Pool) -> None:
    pool.write(FILE, lines(1, 2, 3))
    pool.collect()
    saved = (pool.logs / FILE).read_bytes()
    shutil.rmtree(pool.logs / "0000006f")
    assert pool.collect().files == 0
    pool.write(FILE, saved)
    counts = pool.collect()
    assert (counts.published, counts.already_seen) == (0, 3)


def test_empty_files_and_foreign_files(pool: Pool) -> None:
    pool.write(FILE, b"")
    pool.write("0000006f/notes.txt", lines(1))
    pool.write("pool/pool.status", b"{")
    pool.write("0000006F/" + FILE[9:], lines(2))
    counts = pool.collect()
    assert (counts.files, counts.lines, pool.published()) == (1, 0, [])


def test_an_incomplete_line_is_reported_once_and_its_successor_is_read(pool: Pool) -> None:
    stump, last = share(2)[:300], rejected(3)
    pool.write(FILE, lines(1) + stump)
    assert pool.collect().partial == 1
    pool.clock.move(timedelta(minutes=16))
    counts = pool.collect()
    assert (counts.quarantined, counts.partial, counts.already_seen) == (1, 0, 1)
    counts = pool.collect()
    assert (counts.quarantined, counts.already_seen) == (0, 2)
    pool.write(FILE, last + b"\n")
    counts = pool.collect()
    assert (counts.published, counts.quarantined) == (1, 0)
    (bad,) = pool.quarantined()
    assert (bad["path"], bad["offset"]) == (FILE, len(lines(1)))
    assert "198.51" not in str(bad)
    assert pool.published()[-1]["errn"] == "4"


def test_joined_records_are_read_the_same_at_any_time(pool: Pool) -> None:
    pool.write(FILE, lines(1) + share(2)[:300] + rejected(3) + b"\n" + lines(4))
    counts = pool.collect()
    assert (counts.lines, counts.published, counts.quarantined) == (4, 3, 1)
    before = pool.ids()
    pool.write(LATER, rejected(3) + b"\n")
    pool.collect()
    assert pool.ids() == before


def test_a_log_that_is_copied_renamed_or_shortened_brings_no_new_events(pool: Pool) -> None:
    same = (rejected(3) + b"\n") * 2 + rejected(4) + b"\n" + rejected(3) + b"\n"
    path = pool.write(FILE, lines(1) + same)
    pool.collect()
    pool.write(FILE, rejected(3) + b"\r\n" + rejected(5) + b"\n")  # in another sweep
    assert pool.collect().published == 2
    before = pool.ids()
    assert len(before) == 7
    (pool.logs / LATER).parent.mkdir(exist_ok=True)
    path.rename(pool.logs / LATER)
    assert pool.collect().published == 7
    pool.write(FILE, (pool.logs / LATER).read_bytes().removeprefix(lines(1)))
    assert pool.collect().published == 6
    assert pool.ids() == before


def test_equal_rejects_far_apart_are_one_and_a_flood_of_them_costs_little(pool: Pool) -> None:
    """As in a log to which a copy of itself was appended; ckpool's own have different times."""
    others = b"".join(rejected(n) + b"\n" for n in range(10, 200))
    assert len(others) > EQUAL_BYTES
    pool.write(FILE, rejected(3) + b"\n" + others + rejected(3) + b"\n")
    assert pool.collect().published == 192
    assert len(pool.ids()) == 191


def test_a_complete_record_without_a_line_end_is_not_lost(pool: Pool) -> None:
    pool.write(FILE, share(1))
    assert pool.collect().partial == 1
    pool.clock.move(timedelta(minutes=16))
    assert pool.collect().published == 1
    assert pool.collect().published == 0
    pool.write(FILE, b"\n" + lines(2))
    assert pool.collect().published == 1
    assert pool.ids() == hashes(1, 2)


def test_a_reported_tail_that_becomes_a_line_is_read(pool: Pool) -> None:
    line = share(1)
    pool.write(FILE, line[:200])
    pool.clock.move(timedelta(minutes=16))
    assert pool.collect().quarantined == 1
    pool.write(FILE, line[200:] + b"\n")
    assert (pool.collect().published, pool.ids()) == (1, hashes(1))


def test_ten_mebibytes_without_a_line_end(pool: Pool) -> None:
    pool.write(FILE, lines(1) + b"x" * 10 * 2**20 + b"\n" + lines(2))
    counts = pool.collect()
    assert (counts.published, counts.quarantined) == (2, 1)
    assert len(pool.quarantined()[0]["sample"]) <= 200


# --- deaths --------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["publish", "save"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_killed_anywhere(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, what: str, when: str, call: int
) -> None:
    monkeypatch.setattr(module, "BATCH_ENTRIES", 4)
    pool.write(FILE, lines(*range(1, 7)))
    pool.write(LATER, lines(*range(7, 14)))
    pool.write("ckpool.log", solved(2, height=111))
    pool.status()
    pool.deaths.at = (what, call, when)
    with pytest.raises(Killed):
        pool.collect()
    pool.deaths.at = None
    pool.collect()
    assert pool.ids(SHARE_SUBMITTED) == hashes(*range(1, 14))
    assert pool.ids(BLOCK_FOUND) == backed(2)
    # At most what one batch held is published twice.
    assert len(pool.published(SHARE_SUBMITTED)) <= 13 + 4
    assert pool.collect().published == 0


def test_redis_away(pool: Pool) -> None:
    pool.write(FILE, lines(1))
    url, pool.redis_url = pool.redis_url, "redis://127.0.0.1:1/0"
    with pytest.raises(RedisError):
        pool.collect()
    pool.redis_url = url
    assert pool.collect().published == 1


def test_a_second_collector_of_one_source_is_refused(pool: Pool) -> None:
    pool.write(FILE, lines(1))
    record = Record(pool.data / "collect-pool.sqlite")
    with pytest.raises(CannotRun, match="another"):
        pool.collect()
    record.close()
    assert pool.collect().published == 1


# --- Redis loses things --------------------------------------------------------------------
def test_a_flushed_redis_is_filled_again(pool: Pool) -> None:
    pool.write(FILE, lines(1, 2) + rejected(3) + b"\n")
    pool.write("ckpool.log", connected() + solved(2, height=111))
    pool.status()
    pool.collect()
    before = pool.ids()
    assert len(before) == 5
    pool.empty_redis()
    counts = pool.collect()
    assert (counts.published, counts.blocks, counts.connections) == (3, 1, 1)
    assert pool.ids() == before
    assert pool.collect().published == 0


def test_a_lost_tail_shows_in_the_next_sweep(pool: Pool) -> None:
    pool.write(FILE, lines(1))
    pool.collect()
    kept = pool.redis.get("mining:collect:pool")
    pool.write(LATER, lines(2))
    pool.collect()
    # What an append-only file that lost its tail leaves behind.
    pool.redis.xdel(SHARE_SUBMITTED, pool.redis.xrevrange(SHARE_SUBMITTED, count=1)[0][0])
    pool.redis.set("mining:collect:pool", kept)
    counts = pool.collect()
    assert (counts.published, counts.already_seen) == (1, 1)
    assert pool.ids() == hashes(1, 2)


def test_a_tail_lost_within_a_sweep_shows_in_the_next_batch(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_ENTRIES", 2)
    pool.write(FILE, lines(1, 2, 3, 4, 5, 6))
    publish = Publisher.publish

    async def losing(self, entries, *, also=()):
        if len(pool.published()) == 4:  # the second batch is lost just before the third
            for entry, _ in pool.redis.xrevrange(SHARE_SUBMITTED, count=2):
                pool.redis.xdel(SHARE_SUBMITTED, entry)
            whose, _, number = pool.redis.get("mining:collect:pool").decode().partition(" ")
            pool.redis.set("mining:collect:pool", f"{whose} {int(number) - 1}")
            monkeypatch.setattr(Publisher, "publish", publish)
        return await publish(self, entries, also=also)

    monkeypatch.setattr(Publisher, "publish", losing)
    counts = pool.collect()
    assert pool.ids() == hashes(1, 2, 3, 4, 5, 6)
    assert (counts.published, counts.already_seen, counts.lines) == (6, 0, 6)
    assert pool.collect().published == 0


def test_pruned_keys_never_let_a_line_count_twice(pool: Pool) -> None:
    """Redis is emptied 101 days after a two-year-old file and a fresh one were read."""
    ancient, fresh = seconds(days=700), seconds(hours=1)
    pool.write(FILE, lines(1, at=ancient))
    pool.write(LATER, lines(2, at=fresh))
    log = connected("2024-12-01 10:00:00.000") + connected()
    pool.write("ckpool.log", log)
    assert pool.collect().published == 2
    pool.clock.move(limits.KEY_AGE + timedelta(days=1))
    now = int(pool.clock.at.timestamp())
    pool.write(LATER, lines(3, at=now))
    pool.write("ckpool.log", connected("2027-03-02 10:00:00.000"))
    pool.collect()
    pool.empty_redis()
    counts = pool.collect()
    assert pool.ids(SHARE_SUBMITTED) == hashes(3)
    assert (counts.published, counts.already_seen) == (1, 2)
    assert len(pool.published(MINER_CONNECTED)) == 1
    assert pool.collect(since=0).published == 1  # not even when asked
    assert pool.ids(SHARE_SUBMITTED) == hashes(3)


def test_recently_read_history_is_published_again_too(pool: Pool) -> None:
    pool.write(FILE, lines(1, at=seconds(days=700)))
    pool.collect()
    pool.clock.move(timedelta(days=80))
    pool.empty_redis()
    pool.collect()
    assert pool.ids() == hashes(1)


def test_after_a_lost_record_old_lines_are_skipped_until_requested(pool: Pool) -> None:
    pool.write(FILE, lines(1, at=seconds(days=200)) + lines(2))
    pool.collect()
    shutil.rmtree(pool.data)
    counts = pool.collect()
    assert (counts.published, counts.skipped) == (1, 1)
    assert pool.collect(since=seconds(days=300)).published == 2


# --- history and --from --------------------------------------------------------------------
def test_lines_older_than_a_day_are_history(pool: Pool) -> None:
    pool.write(FILE, lines(1, at=seconds(hours=25)) + lines(2, at=seconds(hours=23)))
    pool.collect()
    assert [e.get("history") for e in pool.published()] == ["true", None]


def test_from_reads_again_from_there(pool: Pool) -> None:
    pool.write(FILE, lines(1, at=seconds(hours=5)) + lines(2, at=seconds(hours=3)))
    pool.write("ckpool.log", solved(2, height=111))
    pool.status()
    pool.collect()
    pool.redis.delete(SHARE_SUBMITTED, BLOCK_FOUND)
    counts = pool.collect(since=seconds(hours=4))
    assert (counts.published, counts.already_seen, counts.blocks) == (1, 1, 1)
    assert pool.ids() == hashes(2) | backed(2)
    assert pool.collect().published == 0


def test_a_first_run_with_from_begins_there(pool: Pool) -> None:
    pool.write(FILE, lines(1, at=seconds(hours=5)) + lines(2, at=seconds(hours=3)))
    counts = pool.collect(since=seconds(hours=4))
    assert (counts.published, counts.skipped) == (1, 1)
    assert pool.collect().lines == 2
    assert pool.ids() == hashes(2)


def test_from_never_drops_lines_that_were_not_read_yet(pool: Pool) -> None:
    pool.write(FILE, lines(1, at=seconds(hours=9)))
    pool.collect()
    pool.write(FILE, lines(2, at=seconds(hours=5)) + lines(3, at=seconds(hours=3)))
    assert pool.collect(since=seconds(hours=4)).published == 2
    assert pool.ids() == hashes(1, 2, 3)


def test_a_kill_while_reading_again_loses_nothing(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_ENTRIES", 2)
    pool.write(FILE, lines(1, 2, 3, 4, 5, 6))
    pool.collect()
    pool.deaths = Deaths(("publish", 3, "before"))
    with pytest.raises(Killed):
        pool.collect(since=seconds(hours=1))
    pool.deaths = Deaths()
    counts = pool.collect()
    assert (counts.published, counts.already_seen) == (0, 6)


def test_what_was_read_long_ago_is_written_down_in_pieces(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_ENTRIES", 2)
    for job in range(7):
        pool.write(f"000002bb/{job:016x}.sharelog", b"")
    pool.deaths = Deaths(("save", 3, "after"))
    with pytest.raises(Killed):
        pool.collect()
    with closing(sqlite3.connect(pool.data / "collect-pool.sqlite")) as record:
        (written,) = record.execute("SELECT count(*) FROM progress").fetchone()
    assert written >= 4, "files without anything to publish fill a batch, too"


def test_dead_letters_never_delay_the_collector(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAM_BACKLOG", 4)
    for _ in range(8):
        pool.redis.xadd(DEAD_LETTER, {"reason": "test"})
    pool.write(FILE, lines(1))
    asyncio.run(asyncio.wait_for(pool.collecting(), 5))
    assert pool.ids() == hashes(1)


def test_a_collector_that_waits_for_room_stops_when_asked(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAM_BACKLOG", 0)
    pool.write(FILE, lines(1))

    async def stopped_while_it_waits() -> None:
        stop = asyncio.Event()
        async with pool.collector() as collector:
            running = asyncio.create_task(follow(collector, stop, lambda _: None))
            await asyncio.sleep(0.3)
            assert not running.done()
            stop.set()
            await asyncio.wait_for(running, 2)

    asyncio.run(stopped_while_it_waits())
    monkeypatch.undo()
    pool.collect()
    assert pool.ids() == hashes(1)


def test_streams_that_are_full_hold_the_collector_back(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_ENTRIES", 2)
    monkeypatch.setattr(outlet, "ROOM_SECONDS", 0.1)
    monkeypatch.setattr(limits, "STREAM_BACKLOG", 4)
    pool.write(FILE, lines(1, 2, 3, 4, 5, 6))
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(pool.collecting(), 1.0))
    assert len(pool.published()) == 4
    monkeypatch.undo()
    pool.collect()
    assert pool.ids() == hashes(1, 2, 3, 4, 5, 6)


# --- ckpool.log ----------------------------------------------------------------------------
def connected(stamp: str = STAMP) -> bytes:
    said = f"[{stamp}] Authorised client 2 198.51.100.9 worker {ADDRESS}.rig1 as user {ADDRESS}\n"
    return said.encode()


def solved(number: int, *, height: int, worker: str = "rig1") -> bytes:
    said = (
        f"[{STAMP}] Possible block solve diff {2.5 + number:.6f} !\n"
        f"[{STAMP}] Submitting block data!\n"
        f"[{STAMP}] Solved and confirmed block {height} by {ADDRESS}.{worker}\n"
    )
    return said.encode()


def test_a_block_is_published_with_the_fields_of_its_share(pool: Pool) -> None:
    pool.write(FILE, lines(1, 2, 3))
    pool.write("ckpool.log", solved(2, height=111))
    pool.status()
    assert pool.collect().blocks == 1
    assert pool.published(BLOCK_FOUND) == [
        {
            "user": ADDRESS,
            "worker": "rig1",
            "height": "111",
            "hash": f"{2:064x}",
            "diff": "4.5",
            "source": "pool",
            "event_id": f"backed-{2:064x}",
            "backed": "true",
            "ts": f"{int(NOON.timestamp())}.000000",
        }
    ]


def test_a_share_that_arrives_after_its_block(pool: Pool) -> None:
    pool.write(FILE, lines(1))
    pool.write("ckpool.log", solved(2, height=111))
    pool.status()
    counts = pool.collect()
    assert (counts.blocks, counts.unmatched_blocks) == (0, 1)
    pool.write(FILE, lines(2))
    counts = pool.collect()
    assert (counts.blocks, counts.unmatched_blocks) == (1, 0)
    assert pool.collect().blocks == 0
    assert pool.ids(BLOCK_FOUND) == backed(2)


def test_a_block_without_a_share_is_reported(pool: Pool) -> None:
    pool.write(LATER, lines(1))
    pool.write("ckpool.log", solved(2, height=111))
    pool.collect()
    pool.clock.move(timedelta(minutes=16))
    assert pool.collect().lost_blocks == 1
    assert pool.collect().lost_blocks == 0
    assert "block 111" in pool.quarantined()[0]["sample"]
    pool.write(FILE, lines(2))  # the directory was restored
    pool.status()
    assert (pool.collect().blocks, pool.ids(BLOCK_FOUND)) == (1, backed(2))


def test_a_block_needs_height_worker_and_difficulty_of_its_share(pool: Pool) -> None:
    pool.write(FILE, lines(2))
    pool.write("ckpool.log", solved(2, height=112) + solved(2, height=111, worker="rig2"))
    pool.write("ckpool.log", solved(1, height=111))
    counts = pool.collect()
    assert (counts.blocks, counts.unmatched_blocks) == (0, 3)


def test_solves_cut_off_from_their_outcome_by_a_restart(pool: Pool) -> None:
    pool.write(FILE, lines(1, 2))
    pool.status()
    possible, rest = solved(2, height=111).split(b"\n", 1)
    pool.write("ckpool.log", possible + b"\n")
    pool.collect()
    pool.write("ckpool.log", rest)
    assert pool.collect().blocks == 1


@pytest.mark.parametrize("cut", range(1, len(sharelog.START)))
def test_a_share_whose_line_rested_within_the_start_of_the_next_is_published(
    pool: Pool, cut: int
) -> None:
    first, second = share(1), share(2)
    pool.write(FILE, first + second[:cut])
    pool.clock.move(timedelta(minutes=16))
    pool.collect()
    pool.write(FILE, second[cut:] + b"\n")
    pool.collect()
    assert {f"{1:064x}", f"{2:064x}"} <= pool.ids()


def test_a_rejected_block_is_not_counted(pool: Pool) -> None:
    pool.write(FILE, lines(1, 2))
    pool.write("ckpool.log", solved(2, height=111).replace(
        f"Solved and confirmed block 111 by {ADDRESS}.rig1".encode(),
        b"Submitted, but had block 111 rejected!",
    ))  # fmt: skip
    counts = pool.collect()
    assert (counts.blocks, counts.unmatched_blocks, counts.quarantined) == (0, 0, 0)


@pytest.mark.parametrize("way", ["rename", "copy and truncate"])
def test_rotation_of_ckpool_log(pool: Pool, way: str) -> None:
    def line(second: int) -> bytes:
        return connected(f"2026-11-21 11:00:{second:02}.000")

    pool.write(FILE, lines(1))
    first = pool.write("ckpool.log", line(1) + line(2))
    assert pool.collect().connections == 2
    pool.write("ckpool.log", line(3))  # not read before it is rotated away
    if way == "rename":
        first.rename(pool.logs / "ckpool.log.1")
    else:
        shutil.copyfile(first, pool.logs / "ckpool.log.1")
        os.truncate(first, 0)
    at = pool.clock.at.timestamp() - 1
    os.utime(pool.logs / "ckpool.log.1", (at, at))
    pool.write("ckpool.log", line(4))
    assert pool.collect().connections == 2
    (pool.logs / "ckpool.log.1").rename(pool.logs / "ckpool.log.2")
    assert pool.collect().connections == 0
    assert len(pool.ids(MINER_CONNECTED)) == 4


# --- counts --------------------------------------------------------------------------------
def counted(counts: Counts) -> tuple[int, int, int, int, int]:
    return (
        counts.files, counts.lines, counts.published, counts.already_seen, counts.quarantined,
    )  # fmt: skip


def test_a_run_counts_each_line_once_in_all_its_sweeps(pool: Pool) -> None:
    pool.write(FILE, lines(1, 2))
    pool.collect()
    pool.write(FILE, lines(3) + b"not a share\n")
    pool.write(LATER, lines(4))

    async def sweeps() -> None:
        async with pool.collector() as running:
            await running.sweep()
            assert counted(running.counts) == (2, 5, 2, 2, 1)
            await running.sweep()
            assert counted(running.counts) == (2, 5, 2, 2, 1)
            pool.write(LATER, lines(5) + share(6))
            await running.sweep()
            assert counted(running.counts) == (2, 6, 3, 2, 1)
            pool.clock.move(timedelta(minutes=16))  # now the last line is complete
            await running.sweep()
            pool.write(LATER, b"\n" + lines(7))
            await running.sweep()
            assert counted(running.counts) == (2, 8, 5, 2, 1)
            pool.redis.delete("mining:collect:pool", SHARE_SUBMITTED)  # lost, and read again
            await once(running)
            assert counted(running.counts) == (2, 8, 5, 2, 1)

    asyncio.run(sweeps())
    assert pool.ids() == hashes(1, 2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize("fails", [1, 2, 3, 4])
def test_a_sweep_that_fails_and_is_repeated_counts_each_line_once(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, fails: int
) -> None:
    monkeypatch.setattr(module, "BATCH_ENTRIES", 2)
    pool.write(FILE, lines(1, 2, 3))
    pool.collect()
    pool.write(FILE, lines(4, 5, 6) + b"not a share\n" + lines(7))
    pool.write(LATER, lines(8, 9, 10))
    publish, calls = Publisher.publish, 0

    async def failing(self, entries, *, also=()):
        nonlocal calls
        calls += 1
        if calls == fails:
            raise RedisError("no space left on device")
        return await publish(self, entries, also=also)

    monkeypatch.setattr(Publisher, "publish", failing)

    async def sweeps() -> None:
        async with pool.collector() as running:
            with pytest.raises(RedisError):
                await running.sweep()
            await running.sweep()
            assert counted(running.counts) == (2, 11, 7, 3, 1)

    asyncio.run(sweeps())
    assert pool.ids() == hashes(*range(1, 11))


# --- hot and cold --------------------------------------------------------------------------
def test_a_running_collector_reads_all_growing_files(pool: Pool) -> None:
    """One collector, many sweeps: hot directories at once, the others within five minutes."""
    for height in range(5):
        pool.write(f"{height:08x}/{height:016x}.sharelog", lines(height + 1))
    pool.clock.move(timedelta(hours=2))

    async def sweeps() -> None:
        async with pool.collector() as running:
            await sweep(running)

    async def sweep(running: module.Collector) -> None:
        await running.sweep()
        assert pool.ids() == hashes(1, 2, 3, 4, 5)
        pool.write("00000004/" + f"{4:016x}.sharelog", lines(6))
        pool.write("00000002/" + f"{2:016x}.sharelog", lines(7))
        pool.write("00000005/" + f"{5:016x}.sharelog", lines(8))
        await running.sweep()
        assert pool.ids() == hashes(1, 2, 3, 4, 5, 6, 8)
        pool.clock.move(timedelta(minutes=6))
        await running.sweep()
        assert pool.ids() == hashes(1, 2, 3, 4, 5, 6, 7, 8)
        pool.write("00000002/" + f"{2:016x}.sharelog", lines(9))  # hot by now
        await running.sweep()
        assert hashes(9) <= pool.ids()

    asyncio.run(sweeps())
