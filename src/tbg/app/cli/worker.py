"""`tbg worker`: the door for scheduled work."""

from __future__ import annotations

from dataclasses import replace

from tbg.adapters.broadcast import Broadcast
from tbg.app import doors
from tbg.app.worker import Worker


def worker() -> None:
    """Run scheduled work: streaks, champions, bests, counts, upkeep; as many as wanted may run."""

    async def main(house: doors.House) -> None:
        database = replace(house.database, committed=Broadcast(house.redis).committed)
        door = Worker(database, house.redis, house.settings.redis)
        doors.stop_on_signals(door.stopping)
        await door.run()

    doors.run("worker", main)
