"""The consumer's side of the streams: read, claim, acknowledge, dead-letter, trim.

PostgreSQL is the truth and an acknowledgement is a hint: an entry that is delivered again is
dropped by its key. So everything here may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from random import randrange
from typing import Any, NamedTuple, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tbg.adapters.streams.decode import STREAMS
from tbg.core import limits

GROUP = "gamification-group"
DEAD_LETTER = "mining:dead_letter"
FAILURES = "mining:failures"


class Entry(NamedTuple):
    """A raw stream entry."""

    stream: str
    id: str
    fields: Mapping[bytes, bytes]


# Acknowledging and dead-lettering must be one step: between the two, another consumer that
# claimed the same entry would write a second dead letter.
_MOVE_TO_DEAD_LETTERS = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('HDEL', KEYS[3], KEYS[1] .. '/' .. ARGV[2])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
return 1
"""

# Each of the next two is one step as well: if the group were lost and created again between looking
# and trimming, or a consumer woke up between looking and removing it, their entries would be lost.
_TRIM = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
if #groups ~= 1 then return 0 end  -- somebody else reads this stream too
local group = {}
for i = 1, #groups[1], 2 do group[groups[1][i]] = groups[1][i + 1] end
if group['name'] ~= ARGV[1] then return 0 end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
local floor = pending[1] > 0 and pending[2] or group['last-delivered-id']
local dropped = redis.call('XTRIM', KEYS[1], 'MINID', floor)
-- A producer that chose an id in the far future: after the largest id of all, Redis takes no more.
local now = redis.call('TIME')[1] * 1000
if pending[1] == 0 and tonumber(string.match(floor, '^%d+')) > now + tonumber(ARGV[2]) then
    local stream = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #stream, 2 do
        if stream[i] == 'last-generated-id' and stream[i + 1] ~= floor then return dropped end
    end
    redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
    redis.call('XSETID', KEYS[1], string.format('%.0f-0', now))
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], string.format('%.0f-0', now))
end
return dropped
"""

_LEAVE = """
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return 0 end  -- no stream, or no group
for _, flat in ipairs(consumers) do
    local consumer = {}
    for i = 1, #flat, 2 do consumer[flat[i]] = flat[i + 1] end
    local over = consumer['name'] == ARGV[2] or consumer['idle'] > tonumber(ARGV[3])
    if over and consumer['pending'] == 0 then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    end
end
return 1
"""


_BURIED_AT_ONCE = 100
"""Dead letters of one round trip: those of the largest events are several MiB already."""

_FIRST_STEP = 64
"""Entries read before anything is known of their size."""

_WEIGHED = 8
"""One in so many entries is weighed, from a random one on: all of them would cost a batch 2 %."""


class _Weight:
    """How heavy a batch is so far, and so how many entries more it may take in one step."""

    def __init__(self) -> None:
        self.entries, self.size = 0, 0.0

    def room_after(self, new: Sequence[Entry]) -> int:
        """Weigh entries; how many more may come at once, 0 when the batch is full."""
        if new:
            begin = randrange(min(_WEIGHED, len(new)))  # noqa: S311 - no secret
            some = [sum(map(len, entry.fields.values())) for entry in new[begin::_WEIGHED]]
            self.entries += len(new)
            self.size += sum(some) * len(new) / len(some)
        room = limits.BATCH_BYTES - self.size
        if room <= 0:
            return 0
        return max(1, min(limits.READ_STEP, int(room * self.entries / max(self.size, 1))))


class Reader:
    """One consumer of the group, over all streams."""

    def __init__(self, redis: Redis, *, consumer: str) -> None:
        self.redis = redis
        self.consumer = consumer
        self._claim_from: dict[str, str] = {}
        self._failed: set[str] = set()
        self._move_to_dead_letters = redis.register_script(_MOVE_TO_DEAD_LETTERS)
        self._trim = redis.register_script(_TRIM)
        self._leave = redis.register_script(_LEAVE)

    async def ensure_group(self) -> None:
        """Create the group on every stream, from its beginning, to skip no waiting entry."""
        for stream in STREAMS:
            try:
                await self.redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def read(
        self, *, count: int = limits.BATCH_EVENTS, block_ms: int | None = limits.READ_BLOCK_MS
    ) -> list[Entry]:
        """New entries, up to `count` of each stream; it waits at most `block_ms`, None: not.

        They are read in steps and weighed, so that a batch of large ones ends sooner.
        """
        entries: list[Entry] = []
        weight = _Weight()
        step = min(count, _FIRST_STEP)
        while True:
            found = await self._read(count=step, block_ms=None if entries else block_ms)
            new = [Entry(s, i.decode(), f or {}) for s, some in found.items() for i, f in some]
            entries += new
            count -= step
            if max(map(len, found.values()), default=0) < step:
                return entries
            step = min(count, weight.room_after(new))
            if step <= 0:
                return entries

    async def _read(self, *, count: int, block_ms: int | None) -> dict[str, list[Any]]:
        try:
            found: Any = await self.redis.xreadgroup(
                GROUP, self.consumer, dict.fromkeys(STREAMS, ">"), count=count, block=block_ms
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            # Redis lost the group (a flush, a restore): begin at 0, the keys drop repeats.
            await self.ensure_group()
            return {}
        return {stream.decode(): entries for stream, entries in found}

    async def claim(
        self, *, idle_ms: int = limits.CLAIM_IDLE_MS, count: int = limits.BATCH_EVENTS
    ) -> list[Entry]:
        """Entries that a consumer (a dead one, or this one) took and never acknowledged."""
        claimed: list[Entry] = []
        weight = _Weight()
        for stream in STREAMS:
            step = min(count - len(claimed), _FIRST_STEP)
            while step > 0:
                new, more = await self._claim(stream, idle_ms=idle_ms, count=step)
                claimed += new
                step = min(count - len(claimed), weight.room_after(new))
                if not more:
                    break
        return claimed

    async def _claim(self, stream: str, *, idle_ms: int, count: int) -> tuple[list[Entry], bool]:
        """Abandoned entries of one stream, and whether there may be more of them."""
        try:
            cursor, entries, gone = await self.redis.xautoclaim(
                stream,
                GROUP,
                self.consumer,
                min_idle_time=idle_ms,
                start_id=self._claim_from.get(stream, "0-0"),
                count=count,
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.ensure_group()
            return [], False
        self._claim_from[stream] = cursor.decode()
        if gone:
            await self.redis.xack(stream, GROUP, *gone)
        new = [Entry(stream, i.decode(), f) for i, f in entries if f is not None]
        return new, cursor != b"0-0"

    async def acknowledge(self, entries: Iterable[Entry]) -> None:
        """Acknowledge entries whose effects are committed."""
        by_stream: dict[str, list[str]] = {}
        for entry in entries:
            by_stream.setdefault(entry.stream, []).append(entry.id)
        pipeline = self.redis.pipeline(transaction=False)
        for stream, ids in by_stream.items():
            for start in range(0, len(ids), 1000):
                pipeline.xack(stream, GROUP, *ids[start : start + 1000])
        if self._failed:
            # Some of these failed before they succeeded: that is forgotten.
            done = self._failed & {f"{s}/{i}" for s, ids in by_stream.items() for i in ids}
            if done:
                pipeline.hdel(FAILURES, *done)
            self._failed -= done
        await pipeline.execute()

    async def dead_letter(self, entry: Entry, *, reason: str, detail: str) -> bool:
        """Move an entry to the dead letters; False when another consumer already did."""
        (done,) = await self.dead_letter_all([(entry, reason, detail)])
        return done

    async def dead_letter_all(self, bad: Sequence[tuple[Entry, str, str]]) -> list[bool]:
        """The same for many (entry, reason, detail), in few round trips: good events wait."""
        done: list[bool] = []
        for start in range(0, len(bad), _BURIED_AT_ONCE):
            pipeline = self.redis.pipeline(transaction=False)
            for entry, reason, detail in bad[start : start + _BURIED_AT_ONCE]:
                await self._move_to_dead_letters(
                    keys=[entry.stream, DEAD_LETTER, FAILURES],
                    args=[GROUP, entry.id, *_letter(entry, reason, detail)],
                    client=pipeline,
                )
                self._failed.discard(f"{entry.stream}/{entry.id}")
            done += map(bool, await pipeline.execute())
        return done

    async def count_failure(self, entry: Entry) -> int:
        """Count one failure of this entry on its own; return how many there are now."""
        name = f"{entry.stream}/{entry.id}"
        self._failed.add(name)
        return cast("int", await self.redis.hincrby(FAILURES, name, 1))  # type: ignore[misc]

    async def backlog(self) -> int:
        """Entries not acknowledged yet, waiting or being processed, over all streams."""
        return await backlog(self.redis)

    async def trim(self) -> None:
        """Drop entries that are committed: all below the oldest pending and undelivered one.

        A stream whose ids ran ahead of the clock continues from now, once all of it is committed.
        """
        for stream in STREAMS:
            await self._trim(keys=[stream], args=[GROUP, limits.STREAM_AHEAD_MS])

    async def leave(self) -> None:
        """Take this consumer, and others long dead, off the group; never one with work left."""
        for stream in STREAMS:
            await self._leave(
                keys=[stream], args=[GROUP, self.consumer, str(limits.CONSUMER_IDLE_MS)]
            )


def _letter(entry: Entry, reason: str, detail: str) -> list[str | bytes]:
    kept = entry.fields
    if sum(len(k) + len(v) for k, v in kept.items()) > limits.EVENT_BYTES:
        # No replay can make it an event. Whole, it might be more than Redis takes in one piece.
        said = b", ".join(b"%s=%s" % pair for pair in islice(kept.items(), 20))
        kept = {b"user": kept.get(b"user", b""), b"begins": said}
        kept = {name: value[: limits.TEXT_CHARS] for name, value in kept.items()}
    fields = {
        k.decode(errors="backslashreplace"): v.decode(errors="backslashreplace")
        for k, v in kept.items()
    }
    letter: dict[str, str | bytes] = {
        "reason": reason,
        "detail": detail[: limits.TEXT_CHARS],
        "stream": entry.stream,
        "entry_id": entry.id,
        "fields": orjson.dumps(fields),
    }
    return [part for pair in letter.items() for part in pair]


async def backlog(redis: Redis, streams: Sequence[str] = STREAMS) -> int:
    """Entries of these streams that no consumer has acknowledged yet."""
    waiting = 0
    for stream in streams:
        try:
            groups = await redis.xinfo_groups(stream)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            continue  # the stream is not there yet
        mine = next((g for g in groups if g["name"] == GROUP.encode()), None)
        if mine is None:
            waiting += await redis.xlen(stream)
        else:
            lag = mine.get("lag")
            waiting += mine["pending"] + (lag if lag is not None else await redis.xlen(stream))
    return waiting
