"""What commands do with keys of Redis, as the server saw them, held to what is declared."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tbg.adapters.redis_keys import APART, KEYS

_END = "all of the game was seen"
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Unit(NamedTuple):
    """What a cluster does on one node or refuses: a command, a script or a whole MULTI."""

    name: str
    keys: frozenset[str]


def pattern_of(key: str) -> str | None:
    """The declared pattern of a key."""
    return next((pattern for pattern in KEYS if fnmatchcase(key, pattern)), None)


def faults(units: Iterable[Unit]) -> list[str]:
    """Keys that are declared nowhere, and units whose keys need not be on one node."""
    found = set()
    for unit in units:
        patterns = {key: pattern_of(key) for key in unit.keys}
        found |= {
            f"{key} ({unit.name}) is declared nowhere: add it to adapters/redis_keys.py"
            for key, pattern in patterns.items()
            if pattern is None
        }
        tags = {KEYS[pattern] for pattern in patterns.values() if pattern is not None}
        if len(unit.keys) > 1 and (len(tags) > 1 or APART in tags):
            keys = ", ".join(sorted(unit.keys))
            found.add(f"rule 9: {unit.name} uses keys that share no hash tag: {keys}")
    return sorted(found)


@asynccontextmanager
async def watched(redis: Redis) -> AsyncIterator[list[Unit]]:
    """The units of all commands that the server is given meanwhile; complete when it is over."""
    units: list[Unit] = []
    seen: list[tuple[str, list[str]]] = []
    async with redis.monitor() as monitor:
        connection = monitor.connection
        assert connection is not None

        async def listen() -> None:
            while True:
                line: bytes = await connection.read_response()
                head, _, command = line.decode().partition("] ")
                words = _WORD.findall(command)
                if words == ["ECHO", _END]:
                    return
                seen.append((head.rpartition(" ")[2], words))

        listening = asyncio.create_task(listen())
        yield units
        await redis.echo(_END)
        await asyncio.wait_for(listening, 10)
    units += await _units(redis, seen)


async def _units(redis: Redis, seen: Sequence[tuple[str, list[str]]]) -> list[Unit]:
    found: list[Unit] = []
    open_: dict[str, Unit] = {}
    for client, words in seen:
        name = words[0].upper()
        if name == "MULTI":
            open_[client] = Unit("MULTI", frozenset())
        elif name == "EXEC":
            found.append(open_.pop(client))
        elif client in open_:
            before = open_[client]
            open_[client] = before._replace(keys=before.keys | await _keys(redis, words))
        else:
            found.append(Unit(name, await _keys(redis, words)))
    return found


async def _keys(redis: Redis, words: Sequence[str]) -> frozenset[str]:
    """What the server takes for the keys of a command."""
    try:
        keys = await redis.command_getkeys(*words)
    except ResponseError as error:
        if "no key" not in str(error):
            raise
        return frozenset()
    return frozenset(map(str, keys))
