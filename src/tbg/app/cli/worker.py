"""`tbg worker`: the door for scheduled work."""

from __future__ import annotations

from tbg.app import doors
from tbg.app.worker import Worker
from tbg.domains.gamification.actions.registry import load_registry


def worker() -> None:
    """Run scheduled work: streaks, champions, bests, counts, upkeep; as many as wanted may run."""

    async def main(house: doors.House) -> None:
        async with house.database.transaction() as tx:
            await load_registry(tx, packs=house.settings.badge_packs)
        door = Worker(house.database, house.redis, house.settings.redis)
        doors.stop_on_signals(door.stopping)
        await door.run()

    doors.run("worker", main)
