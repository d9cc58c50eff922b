"""`tbg relay`: the door that delivers what was announced."""

from __future__ import annotations

import typer

from tbg.adapters.broadcast import Broadcast
from tbg.app import doors
from tbg.app.relay import Relay
from tbg.core.errors import NeedsPerson


def relay(
    drain: bool = typer.Option(False, "--drain", help="End when nothing is left to do."),
) -> None:
    """Deliver announced events to their reactions; as many of these as wanted may run.

    --drain also waits for messages that are to be tried again (a bad one's ten tries take twenty
    minutes); it ends with 3 when some are parked.
    """

    async def main(house: doors.House) -> None:
        door = relay_of(house)
        doors.stop_on_signals(door.stopping)
        if not drain:
            await door.run()
        elif parked := await door.finish():
            raise NeedsPerson(f"{parked} parked messages: see `tbg events parked`")

    doors.run("relay", main)


def relay_of(house: doors.House) -> Relay:
    """A relay on these servers."""
    return Relay(house.database, Broadcast(house.redis))
