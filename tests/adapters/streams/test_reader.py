"""The consumer's side on a real Redis: groups, claims, dead letters, trimming."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tbg.adapters.streams import (
    DEAD_LETTER,
    FAILURES,
    GROUP,
    SHARE_SUBMITTED,
    BadEvent,
    Publisher,
    Reader,
    Rules,
    backlog,
    decode,
)
from tbg.adapters.streams.lag import lag
from tbg.adapters.streams.letters import dead_letter, dead_letters, replay, shelve, shelved
from tbg.core import limits
from tbg.core.kept import KeptLines
from tests.conftest import NOW
from tests.events import publish, share


async def test_a_group_begins_at_the_beginning(redis: Redis) -> None:
    await publish(redis, share(NOW), share(NOW))
    reader = Reader(redis, consumer="a")
    assert await reader.read(block_ms=None) == []  # the group was not there: it is now
    assert len(await reader.read(block_ms=None)) == 2
    assert await reader.read(block_ms=None) == []


async def test_a_lost_group_is_created_again_without_skipping_entries(redis: Redis) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, share(NOW))
    await redis.xgroup_destroy(SHARE_SUBMITTED, GROUP)
    assert await reader.read(block_ms=None) == []
    assert len(await reader.read(block_ms=None)) == 1
    await redis.xgroup_destroy(SHARE_SUBMITTED, GROUP)
    assert await reader.claim(idle_ms=0) == []


async def test_entries_of_a_dead_consumer_are_claimed(redis: Redis) -> None:
    dead, alive = Reader(redis, consumer="dead"), Reader(redis, consumer="alive")
    await dead.ensure_group()
    await publish(redis, *[share(NOW) for _ in range(5)])
    taken = await dead.read(block_ms=None)
    assert await alive.read(block_ms=None) == []
    assert [entry.id for entry in await alive.claim(idle_ms=0)] == [entry.id for entry in taken]
    await alive.acknowledge(taken)
    assert await backlog(redis) == 0


async def test_an_entry_is_buried_once(redis: Redis) -> None:
    first, second = Reader(redis, consumer="a"), Reader(redis, consumer="b")
    await first.ensure_group()
    await publish(redis, share(NOW, diff="nan", event_id="bad"))
    (entry,) = await first.read(block_ms=None)
    assert await first.dead_letter(entry, reason="not_finite", detail="diff is not finite")
    assert not await second.dead_letter(entry, reason="not_finite", detail="diff is not finite")
    (letter,) = [letter async for letter in dead_letters(redis)]
    assert (letter.reason, letter.stream, letter.entry_id) == (
        "not_finite",
        SHARE_SUBMITTED,
        entry.id,
    )
    assert letter.fields["event_id"] == "bad"
    assert await backlog(redis) == 0


@pytest.mark.parametrize("event_id", [None, ""])
async def test_a_replayed_letter_keeps_its_identity_and_time(
    redis: Redis, event_id: str | None
) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, share(NOW, event_id=event_id, ts=None))
    (entry,) = await reader.read(block_ms=None)
    await reader.dead_letter(entry, reason="failed", detail="")
    letter = await dead_letter(redis, entry.id)
    assert letter is not None
    assert await replay(redis, letter)
    assert not await replay(redis, letter)
    assert await redis.xlen(DEAD_LETTER) == 0
    (again,) = await reader.read(block_ms=None)
    assert again.fields[b"event_id"] == entry.id.encode()
    rules = Rules("mainnet", datetime.now(UTC))
    before, after = (decode(e.stream, e.id, e.fields, rules) for e in (entry, again))
    assert (before.key, before.at) == (after.key, after.at)


async def test_who_failed_before_he_succeeded_is_forgotten(redis: Redis) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, share(NOW), share(NOW))
    entries = await reader.read(block_ms=None)
    for entry in entries:
        assert await reader.count_failure(entry) == 1
    await reader.acknowledge(entries[:1])
    left = await redis.hkeys(FAILURES)  # type: ignore[misc]
    assert left == [f"{SHARE_SUBMITTED}/{entries[1].id}".encode()]


async def test_trimming_stops_at_unacknowledged_entries(redis: Redis) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, *[share(NOW) for _ in range(10)])
    taken = await reader.read(block_ms=None, count=6)
    await reader.acknowledge([*taken[:2], *taken[3:]])  # the third is still in hand
    await reader.trim()
    left = [entry_id.decode() for entry_id, _ in await redis.xrange(SHARE_SUBMITTED)]
    assert left[0] == taken[2].id
    assert len(left) == 8
    assert await backlog(redis) == 5


async def test_a_stream_with_another_reader_is_not_trimmed(redis: Redis) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await redis.xgroup_create(SHARE_SUBMITTED, "somebody-else", id="0")
    await publish(redis, share(NOW))
    await reader.acknowledge(await reader.read(block_ms=None))
    await reader.trim()
    assert await redis.xlen(SHARE_SUBMITTED) == 1


async def test_of_an_oversized_entry_only_a_sample_is_kept(
    redis: Redis,
) -> None:
    reader = Reader(redis, consumer="a")
    await publish(redis, share(NOW, worker="\0" * 3 * limits.EVENT_BYTES))
    await reader.ensure_group()
    (entry,) = await reader.read(block_ms=None)
    await reader.dead_letter(entry, reason="too_large", detail="")
    [(_, letter)] = await redis.xrange(DEAD_LETTER)
    assert len(letter[b"fields"]) < 3_000
    kept = json.loads(letter[b"fields"])
    assert kept["user"] == entry.fields[b"user"].decode()
    fields = {name.encode(): value.encode() for name, value in kept.items()}
    with pytest.raises(BadEvent):
        decode(SHARE_SUBMITTED, "1-0", fields, Rules("mainnet", NOW))


@pytest.mark.parametrize("id_", [f"{2**64 - 1}-{2**64 - 1}", f"{2**64 - 1}-0", "4102444800000-7"])
async def test_a_stream_with_ids_in_the_future_continues_once_all_is_processed(
    redis: Redis, id_: str
) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, share(NOW))
    await redis.xadd(SHARE_SUBMITTED, {"user": "x"}, id=id_)
    await reader.trim()
    taken = await reader.read(block_ms=None)
    await lag(redis, now=NOW)
    await reader.trim()
    assert len(taken) == await backlog(redis) == 2  # nothing is given up
    await reader.acknowledge(taken)
    assert await lag(redis, now=NOW) == (0, 0.0)
    await reader.trim()
    for _ in range(2):
        ids = await Publisher(redis).publish([(SHARE_SUBMITTED, share(NOW))])
        assert int(ids[0].split(b"-")[0]) < (time.time() + 60) * 1000
        assert [entry.id for entry in await reader.read(block_ms=None)] == [ids[0].decode()]
        await reader.trim()


async def test_a_leaving_consumer_with_pending_entries_stays(redis: Redis) -> None:
    idle, busy = Reader(redis, consumer="idle"), Reader(redis, consumer="busy")
    await idle.ensure_group()
    await publish(redis, share(NOW))
    await busy.read(block_ms=None)
    await idle.read(block_ms=None)
    await idle.leave()
    await busy.leave()
    names = [c["name"] for c in await redis.xinfo_consumers(SHARE_SUBMITTED, GROUP)]
    assert names == [b"busy"]


async def test_publishing_is_all_or_nothing_with_its_mark(redis: Redis) -> None:
    replies = await Publisher(redis).publish(
        [(SHARE_SUBMITTED, share(NOW)), (SHARE_SUBMITTED, share(NOW))],
        also=[("GETSET", "mark", "2")],
    )
    assert len(replies) == 3
    assert replies[2] is None
    assert await redis.get("mark") == b"2"
    await Publisher(redis).wait_for_room()


async def buried(redis: Redis, count: int, **fields: str) -> None:
    reader = Reader(redis, consumer="gravedigger")
    await reader.ensure_group()
    await publish(redis, *[share(NOW, event_id=str(n), **fields) for n in range(count)])
    bad = [(entry, "address", "test") for entry in await reader.read(block_ms=None)]
    assert await reader.dead_letter_all(bad) == [True] * count
    assert await reader.dead_letter_all(bad) == [False] * count
    assert await backlog(redis) == 0


async def test_dead_letters_beyond_their_number_go_to_a_file_oldest_first(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DEAD_LETTERS", 10)
    await buried(redis, 235)
    shelf = KeptLines(tmp_path / "new" / "dead-letters.jsonl")
    moved = await shelve(redis, shelf)
    left = [int(letter.fields["event_id"]) async for letter in dead_letters(redis)]
    assert moved + len(left) == 235
    assert len(left) <= 10
    kept = [json.loads(line) for line in shelf.path.read_text().splitlines()]
    assert [int(letter["fields"]["event_id"]) for letter in kept] == list(range(moved))
    assert left == list(range(moved, 235))
    assert await shelved(redis) == moved
    assert await shelve(redis, shelf) == 0


async def test_dead_letters_beyond_their_bytes_go_to_a_file(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DEAD_LETTER_BYTES", 500_000)
    await buried(redis, 150, agent="x" * 9_000)
    assert await shelve(redis, KeptLines(tmp_path / "letters")) > 0
    assert await redis.memory_usage(DEAD_LETTER, samples=0) <= 500_000


async def test_letters_that_cannot_be_written_down_stay_in_redis(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DEAD_LETTERS", 0)
    await buried(redis, 3)
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        await shelve(redis, KeptLines(tmp_path / "file" / "letters"))
    assert await redis.xlen(DEAD_LETTER) == 3


async def test_a_batch_is_bounded_in_bytes(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BATCH_BYTES", 1_000_000)
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, *[share(NOW, agent="x" * 60_000) for _ in range(200)])
    batches = []
    while entries := await reader.read(block_ms=None):
        batches.append(len(entries))
        # At most the bound, and what was read before anything was known of their size.
        assert sum(len(v) for e in entries for v in e.fields.values()) <= 1_000_000 + 64 * 61_000
    assert sum(batches) == 200
    assert len(batches) > 2
    other = Reader(redis, consumer="b")
    claims = []
    while claimed := await other.claim(idle_ms=0):
        claims.append(len(claimed))
        await other.acknowledge(claimed)
    assert (sum(claims), max(claims)) == (200, 64)


async def test_a_batch_of_small_entries_is_read_completely(redis: Redis) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, *[share(NOW) for _ in range(2_500)])
    assert len(await reader.read(count=2_300, block_ms=None)) == 2_300
    assert len(await reader.read(count=2_300, block_ms=None)) == 200
    assert len(await Reader(redis, consumer="b").claim(idle_ms=0)) == 2_500
