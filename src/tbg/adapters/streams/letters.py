"""Dead letters: kept within a bound, looked at, and put back after a fix."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis

from tbg.adapters.streams.decode import STREAMS
from tbg.adapters.streams.publisher import Publisher
from tbg.adapters.streams.reader import DEAD_LETTER
from tbg.core import limits
from tbg.core.kept import KeptLines

SHELVED = "mining:dead_letters_shelved"
"""The key that counts the letters that were moved into files."""

_PAGE = 500
"""Dead letters read at once."""

_ENTRY_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")
_SHELVED_AT_ONCE = 100
"""Dead letters moved into the file at once: Redis runs nothing else meanwhile."""

# Putting back is one step: a letter that two people replay at once goes back once.
_REPLAY = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
"""


class DeadLetter(NamedTuple):
    """An event that could not be processed: why, and its contents. `id` is the letter's own."""

    id: str
    reason: str
    detail: str
    stream: str
    entry_id: str
    fields: dict[str, str]


async def dead_letters(redis: Redis) -> AsyncIterator[DeadLetter]:
    """All dead letters, oldest first."""
    start = "-"
    while True:
        page: Any = await redis.xrange(DEAD_LETTER, min=start, max="+", count=_PAGE)
        for letter_id, fields in page:
            yield _read(letter_id.decode(), fields)
        if len(page) < _PAGE:
            return
        start = f"({page[-1][0].decode()}"


async def dead_letter(redis: Redis, letter_id: str) -> DeadLetter | None:
    """One dead letter by its own id or by the id of the entry that it was."""
    async for letter in dead_letters(redis):
        if letter_id in (letter.id, letter.entry_id):
            return letter
    return None


async def replay(redis: Redis, letter: DeadLetter) -> bool:
    """Put a letter's event back into its stream; False if somebody else already did.

    An event without an id or a time of its own had its entry's: it keeps those. A letter that no
    stream of events had written stays where it is.
    """
    if not _is_event(letter):
        return False
    flat = [part for pair in _event(letter).items() for part in pair]
    script = redis.register_script(_REPLAY)
    done = await script(keys=[DEAD_LETTER, letter.stream], args=[letter.id, *flat])
    return bool(done)


async def drop(redis: Redis, letter: DeadLetter) -> bool:
    """Throw a letter away; False when somebody else already did."""
    return bool(await redis.xdel(DEAD_LETTER, letter.id))


async def shelve(redis: Redis, shelf: KeptLines) -> int:
    """Move the oldest letters beyond the bounds into a file, and count them; how many were moved.

    Written first, and only then deleted: when it is interrupted, some are in both.
    """
    moved = 0
    while await _too_many(redis):
        page: Any = await redis.xrange(DEAD_LETTER, count=_SHELVED_AT_ONCE)
        letters = [_read(letter_id.decode(), fields) for letter_id, fields in page]
        await asyncio.to_thread(shelf.write, [letter._asdict() for letter in letters])
        pipeline = redis.pipeline(transaction=True)
        pipeline.xdel(DEAD_LETTER, *(letter.id for letter in letters))
        pipeline.incrby(SHELVED, len(letters))
        await pipeline.execute()
        moved += len(letters)
    return moved


async def shelved(redis: Redis) -> int:
    """How many letters were ever moved into files."""
    return int(await redis.get(SHELVED) or 0)


async def _too_many(redis: Redis) -> bool:
    if not (count := await redis.xlen(DEAD_LETTER)):
        return False
    size = await redis.memory_usage(DEAD_LETTER, samples=0)
    return count > limits.DEAD_LETTERS or (size or 0) > limits.DEAD_LETTER_BYTES


async def put_back(redis: Redis, lines: Sequence[bytes]) -> int:
    """Put the letters of a file back into their streams; return how many. Keys drop known ones.

    Letters of no known stream stay where they are and are not counted.
    """
    every = [DeadLetter(**orjson.loads(line)) for line in lines]
    letters = [letter for letter in every if _is_event(letter)]
    for start in range(0, len(letters), _PAGE):
        page = letters[start : start + _PAGE]
        await Publisher(redis).publish([(letter.stream, _event(letter)) for letter in page])
    return len(letters)


def _is_event(letter: DeadLetter) -> bool:
    return letter.stream in STREAMS and _ENTRY_ID.fullmatch(letter.entry_id) is not None


def _event(letter: DeadLetter) -> dict[str, str]:
    arrived = int(letter.entry_id.partition("-")[0]) / 1000
    fields = {"ts": f"{arrived:.3f}", **letter.fields}
    fields["event_id"] = letter.fields.get("event_id") or letter.entry_id
    return fields


def _read(letter_id: str, raw: dict[bytes, bytes]) -> DeadLetter:
    """A letter of any shape: anybody who can write to Redis can also write letters."""
    text = {
        key.decode(errors="backslashreplace"): value.decode(errors="backslashreplace")
        for key, value in raw.items()
    }
    try:
        fields = orjson.loads(text.get("fields", ""))
    except orjson.JSONDecodeError:
        fields = {}
    words = fields.items() if isinstance(fields, dict) else ()
    return DeadLetter(
        letter_id,
        text.get("reason", ""),
        text.get("detail", ""),
        text.get("stream", ""),
        text.get("entry_id", ""),
        {name: word for name, word in words if isinstance(word, str)},
    )
