"""`tbg worker`: the service for scheduled work and, with --all, for everything but the API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import typer

from tbg.adapters.broadcast import Broadcast
from tbg.app import process
from tbg.app.cli.ingest import ingest_of
from tbg.app.cli.relay import relay_of
from tbg.app.cli.sender import sender_of
from tbg.app.together import Make, run_together
from tbg.app.worker import Worker


def worker(
    everything: bool = typer.Option(
        False,
        "--all",
        help="Also run ingest, relay and sender in this process, to save memory.",
    ),
) -> None:
    """Run scheduled jobs: streaks, champions, bests, upkeep. You can run several of these."""

    async def main(runtime: process.Runtime) -> None:
        if everything:
            stopping = asyncio.Event()
            process.stop_on_signals(stopping)
            await run_together(runtime, ALL, stopping=stopping)
        else:
            service = worker_of(runtime)
            process.stop_on_signals(service.stopping)
            await service.run()

    process.run("worker", main)


def worker_of(runtime: process.Runtime) -> Worker:
    """A worker on these servers."""
    database = replace(runtime.database, committed=Broadcast(runtime.redis).committed)
    return Worker(database, runtime.redis, runtime.settings.redis)


ALL: Mapping[str, Make] = {
    "worker": worker_of, "ingest": ingest_of, "relay": relay_of, "sender": sender_of,
}  # fmt: skip
"""The services that `--all` runs."""
