"""`tbg ingest`: the door that turns events into rewards."""

from __future__ import annotations

import typer

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import Reader
from tbg.app import doors
from tbg.app.ingest import Ingest, consumer_name
from tbg.core.kept import KeptLines

SHELF = "dead-letters.jsonl"
"""The file of dead letters that are too many for Redis, in the data folder of `tbg ingest`."""


def ingest(
    drain: bool = typer.Option(False, "--drain", help="End when nothing is left to do."),
) -> None:
    """Read events from the streams and reward them; as many of these as wanted may run."""

    async def main(house: doors.House) -> None:
        door = ingest_of(house)
        doors.stop_on_signals(door.stopping)
        await (door.drain() if drain else door.run())

    doors.run("ingest", main)


def ingest_of(house: doors.House) -> Ingest:
    """A consumer of its own."""
    settings = house.settings
    return Ingest(
        house.database,
        Reader(house.redis, consumer=consumer_name()),
        Broadcast(house.redis),
        settings.network,
        shelf=KeptLines(settings.data_dir / SHELF),
        game=house.game,
    )
