"""`tbg sender`: the service that runs what may call the network."""

from __future__ import annotations

from tbg.app import doors
from tbg.app.sender import Sender


def sender() -> None:
    """Run durable tasks: whatever calls the network; as many of these as wanted may run."""

    async def main(house: doors.House) -> None:
        service = sender_of(house)
        doors.stop_on_signals(service.stopping)
        await service.run()

    doors.run("sender", main)


def sender_of(house: doors.House) -> Sender:
    """A sender on these servers."""
    return Sender(house.database, house.redis)
