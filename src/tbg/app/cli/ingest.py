"""`tbg ingest`: the service that turns events into rewards."""

from __future__ import annotations

import typer

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import Reader
from tbg.app import process
from tbg.app.ingest import Ingest, consumer_name
from tbg.core.kept import KeptLines

SHELF = "dead-letters.jsonl"
"""The file of dead letters that are too many for Redis, in the data folder of `tbg ingest`."""


def ingest(
    drain: bool = typer.Option(False, "--drain", help="Stop when nothing is left to do."),
) -> None:
    """Read events from the streams and reward them. You can run several of these."""

    async def main(runtime: process.Runtime) -> None:
        service = ingest_of(runtime)
        process.stop_on_signals(service.stopping)
        await (service.drain() if drain else service.run())

    process.run("ingest", main)


def ingest_of(runtime: process.Runtime) -> Ingest:
    """A new consumer."""
    settings = runtime.settings
    return Ingest(
        runtime.database,
        Reader(runtime.redis, consumer=consumer_name()),
        Broadcast(runtime.redis),
        settings.network,
        shelf=KeptLines(settings.data_dir / SHELF),
        game=runtime.game,
    )
