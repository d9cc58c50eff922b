"""`tbg relay`: the service that delivers announced events."""

from __future__ import annotations

import typer

from tbg.adapters.broadcast import Broadcast
from tbg.app import process
from tbg.app.relay import Relay
from tbg.core.errors import NeedsPerson


def relay(
    drain: bool = typer.Option(False, "--drain", help="Stop when nothing is left to do."),
) -> None:
    """Deliver announced events to their handlers. You can run several of these.

    --drain also waits for messages that are to be retried (ten attempts take twenty minutes); it
    exits with 3 if some are parked.
    """

    async def main(runtime: process.Runtime) -> None:
        service = relay_of(runtime)
        process.stop_on_signals(service.stopping)
        if not drain:
            await service.run()
        elif parked := await service.finish():
            raise NeedsPerson(f"{parked} parked messages: see `tbg events parked`")

    process.run("relay", main)


def relay_of(runtime: process.Runtime) -> Relay:
    """A relay on these servers."""
    return Relay(runtime.database, Broadcast(runtime.redis))
