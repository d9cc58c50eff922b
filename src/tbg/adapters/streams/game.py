"""What the game behind these streams is, stored in Redis for producers on other machines.

The game's services write it when they start, and ingest writes it again when Redis has lost it. It
stays when they stop: streams may be filled while the game is down for an upgrade.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson
from redis.asyncio import Redis

from tbg.core.errors import CannotRun

GAME = "mining:game"
"""The key: {"v": 1, "network": …, "demo": …}. A producer needs to read it, and never writes it."""

SIMULATOR, DEMO, BENCH = SIMULATED = ("simulator", "demo", "bench")
"""The sources of simulated shares, by what made them."""

_VERSION = 1


class Game(NamedTuple):
    """The Bitcoin network of its addresses, and whether its miners are simulated ones."""

    network: str
    demo: bool


async def read_game(redis: Redis) -> Game | None:
    """The game, or None when none has used this Redis; CannotRun when it is a newer program's."""
    text = await redis.get(GAME)
    if text is None:
        return None
    found = orjson.loads(text)
    if found["v"] != _VERSION:
        raise CannotRun(
            f"{GAME} in Redis was written by another version: run the same version of tbg "
            "everywhere"
        )
    return Game(found["network"], found["demo"])


async def write_game(redis: Redis, game: Game, *, missing: bool = False) -> None:
    """Declare what the game is; `missing`: only if nothing is declared yet."""
    await redis.set(GAME, orjson.dumps({"v": _VERSION, **game._asdict()}), nx=missing)
