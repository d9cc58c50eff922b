"""`tbg relay`: the door that delivers what was announced."""

from __future__ import annotations

import typer

from tbg.adapters.broadcast import Broadcast
from tbg.app import doors
from tbg.app.relay import Relay


def relay(
    drain: bool = typer.Option(False, "--drain", help="End when nothing is left to do."),
) -> None:
    """Deliver announced events to their reactions; as many of these as wanted may run."""

    async def main(house: doors.House) -> None:
        door = Relay(house.database, Broadcast(house.redis))
        doors.stop_on_signals(door.stopping)
        await (door.drain() if drain else door.run())

    doors.run("relay", main)
