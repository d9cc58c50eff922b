"""Dead letters: looking at them, and putting them back after a fix."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis

from tbg.adapters.streams.decode import STREAMS
from tbg.adapters.streams.reader import DEAD_LETTER

_PAGE = 500
_ENTRY_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")

# Putting back is one step: a letter that two people replay at once goes back once.
_REPLAY = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
"""


class DeadLetter(NamedTuple):
    """An event that could not be taken: why, and what it was. `id` is the letter's own."""

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
    """Put a letter's event back into its stream; False when somebody else already did.

    An event without an id or a time of its own had its entry's: it keeps those. A letter that no
    stream of events had written stays where it is.
    """
    if letter.stream not in STREAMS or not _ENTRY_ID.fullmatch(letter.entry_id):
        return False
    arrived = int(letter.entry_id.partition("-")[0]) / 1000
    fields = {"ts": f"{arrived:.3f}", **letter.fields}
    fields["event_id"] = letter.fields.get("event_id") or letter.entry_id
    flat = [part for pair in fields.items() for part in pair]
    script = redis.register_script(_REPLAY)
    done = await script(keys=[DEAD_LETTER, letter.stream], args=[letter.id, *flat])
    return bool(done)


async def drop(redis: Redis, letter: DeadLetter) -> bool:
    """Throw a letter away; False when somebody else already did."""
    return bool(await redis.xdel(DEAD_LETTER, letter.id))


def _read(letter_id: str, raw: dict[bytes, bytes]) -> DeadLetter:
    """A letter of any shape: who can write to Redis can write letters, too."""
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
