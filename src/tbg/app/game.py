"""What this game is, in agreement with its settings, database, Redis and services."""

from __future__ import annotations

from redis.asyncio import Redis

from tbg.adapters import bitcoin
from tbg.adapters.broadcast import heartbeats
from tbg.adapters.streams.game import DEMO, Game, read_game, write_game
from tbg.core.errors import CannotRun
from tbg.core.settings import Settings
from tbg.core.tx import Database
from tbg.domains.accounts.queries import some_address
from tbg.domains.mining.queries import sources


async def declare(settings: Settings, database: Database, redis: Redis) -> Game:
    """Declare in Redis what the game is, for producers to check.

    CannotRun if the database has players of another network, or running services are set to another
    one: joining would spoil the game for both.
    """
    game = await _this_game(settings, database)
    there = await read_game(redis)
    if there and there != game:
        alive = await heartbeats(redis, ("ingest", "relay", "sender", "worker"))
        if any(alive.values()):
            if there.network != game.network:
                raise CannotRun(
                    f"the services of this game are on {there.network}, but TBG_NETWORK is "
                    f"{game.network}: set the same value for all, and stop all before changing it"
                )
            game = Game(game.network, game.demo or there.demo)
    await write_game(redis, game)
    return game


async def _this_game(settings: Settings, database: Database) -> Game:
    async with database.transaction() as tx:
        address, demo = await some_address(tx), DEMO in await sources(tx)
    try:
        if address:
            bitcoin.normalise(address, settings.network)
    except bitcoin.AddressRefused:
        raise CannotRun(
            f"the database has players of a network other than {settings.network} ({address}): "
            "set TBG_NETWORK to theirs, or give this game its own database"
        ) from None
    return Game(settings.network, settings.demo or demo)
