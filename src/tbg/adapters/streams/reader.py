"""The consumer's side of the streams: read, claim, acknowledge, dead-letter, trim.

PostgreSQL is the truth and an acknowledgement is a hint: an entry that comes again is dropped
by its key. So everything here may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
_BURY = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('HDEL', KEYS[3], KEYS[1] .. '/' .. ARGV[2])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
return 1
"""

# Each of the next two is one step as well: if the group were lost and made anew between looking and
# trimming, or a consumer woke up between looking and removing it, what they hold would be lost.
_TRIM = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
if #groups ~= 1 then return 0 end  -- somebody else reads this stream too
local group = {}
for i = 1, #groups[1], 2 do group[groups[1][i]] = groups[1][i + 1] end
if group['name'] ~= ARGV[1] then return 0 end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
local floor = pending[1] > 0 and pending[2] or group['last-delivered-id']
return redis.call('XTRIM', KEYS[1], 'MINID', floor)
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


class Reader:
    """One consumer of the group, over all streams."""

    def __init__(self, redis: Redis, *, consumer: str) -> None:
        self.redis = redis
        self.consumer = consumer
        self._claim_from: dict[str, str] = {}
        self._failed: set[str] = set()
        self._bury = redis.register_script(_BURY)
        self._trim = redis.register_script(_TRIM)
        self._leave = redis.register_script(_LEAVE)

    async def ensure_group(self) -> None:
        """Make the group on every stream, from the very beginning: what waits is not skipped."""
        for stream in STREAMS:
            try:
                await self.redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def read(
        self, *, count: int = limits.BATCH_EVENTS, block_ms: int | None = limits.READ_BLOCK_MS
    ) -> list[Entry]:
        """New entries, up to `count` of each stream; it waits at most `block_ms`, None: not."""
        try:
            found: Any = await self.redis.xreadgroup(
                GROUP, self.consumer, dict.fromkeys(STREAMS, ">"), count=count, block=block_ms
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            # Redis lost the group (a flush, a restore): begin at 0, the keys drop repeats.
            await self.ensure_group()
            return []
        return [
            Entry(stream.decode(), entry_id.decode(), fields or {})
            for stream, entries in found
            for entry_id, fields in entries
        ]

    async def claim(
        self, *, idle_ms: int = limits.CLAIM_IDLE_MS, count: int = limits.BATCH_EVENTS
    ) -> list[Entry]:
        """Entries that a consumer (a dead one, or this one) took and never acknowledged."""
        claimed: list[Entry] = []
        for stream in STREAMS:
            try:
                cursor, entries, gone = await self.redis.xautoclaim(
                    stream,
                    GROUP,
                    self.consumer,
                    min_idle_time=idle_ms,
                    start_id=self._claim_from.get(stream, "0-0"),
                    count=max(count - len(claimed), 1),
                )
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self.ensure_group()
                continue
            self._claim_from[stream] = cursor.decode()
            claimed += [Entry(stream, i.decode(), f) for i, f in entries if f is not None]
            if gone:
                await self.redis.xack(stream, GROUP, *gone)
        return claimed

    async def acknowledge(self, entries: Iterable[Entry]) -> None:
        """Say that these are done: their effects are committed."""
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

    async def bury(self, entry: Entry, *, reason: str, detail: str) -> bool:
        """Move an entry to the dead letters; False when another consumer already did."""
        fields = {
            k.decode(errors="backslashreplace"): v.decode(errors="backslashreplace")
            for k, v in entry.fields.items()
        }
        letter = {
            "reason": reason,
            "detail": detail[: limits.TEXT_CHARS],
            "stream": entry.stream,
            "entry_id": entry.id,
            "fields": orjson.dumps(fields),
        }
        flat = [part for pair in letter.items() for part in pair]
        done = await self._bury(
            keys=[entry.stream, DEAD_LETTER, FAILURES],
            args=[GROUP, entry.id, *flat],  # type: ignore[list-item]
        )
        self._failed.discard(f"{entry.stream}/{entry.id}")
        return bool(done)

    async def count_failure(self, entry: Entry) -> int:
        """Count one failure of this entry tried by itself; how many there are now."""
        name = f"{entry.stream}/{entry.id}"
        self._failed.add(name)
        return cast("int", await self.redis.hincrby(FAILURES, name, 1))  # type: ignore[misc]

    async def backlog(self) -> int:
        """Entries not acknowledged yet: waiting and in hand, over all streams."""
        return await backlog(self.redis)

    async def trim(self) -> None:
        """Drop entries that are committed: all below the oldest pending and undelivered one."""
        for stream in STREAMS:
            await self._trim(keys=[stream], args=[GROUP])

    async def leave(self) -> None:
        """Take this consumer, and others long dead, off the group; never one with work left."""
        for stream in STREAMS:
            await self._leave(
                keys=[stream], args=[GROUP, self.consumer, str(limits.CONSUMER_IDLE_MS)]
            )


async def backlog(redis: Redis) -> int:
    """Entries that no consumer has acknowledged yet, over all streams."""
    waiting = 0
    for stream in STREAMS:
        try:
            groups = await redis.xinfo_groups(stream)
        except ResponseError:  # the stream is not there yet
            continue
        mine = next((g for g in groups if g["name"] == GROUP.encode()), None)
        if mine is None:
            waiting += await redis.xlen(stream)
        else:
            lag = mine.get("lag")
            waiting += mine["pending"] + (lag if lag is not None else await redis.xlen(stream))
    return waiting
