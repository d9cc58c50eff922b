"""Signs of life of the doors: a key that expires unless it is renewed."""

from __future__ import annotations

from redis.asyncio import Redis

HEARTBEAT_SECONDS = 15


async def beat(redis: Redis, door: str) -> None:
    """Say that a door is alive; to be repeated well within `HEARTBEAT_SECONDS`."""
    await redis.set(f"tbg:heartbeat:{door}", "1", ex=HEARTBEAT_SECONDS)


async def heartbeats(redis: Redis, doors: tuple[str, ...]) -> dict[str, bool]:
    """Which of these doors are alive."""
    found = await redis.mget([f"tbg:heartbeat:{door}" for door in doors])
    return {door: value is not None for door, value in zip(doors, found, strict=True)}
