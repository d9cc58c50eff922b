"""Signs of life of the services: a key that expires unless it is renewed."""

from __future__ import annotations

from redis.asyncio import Redis

HEARTBEAT_SECONDS = 15
"""After so long without a sign of life a service counts as gone."""


async def beat(redis: Redis, service: str) -> None:
    """Report that a service is alive; repeat this well within `HEARTBEAT_SECONDS`."""
    await redis.set(f"tbg:heartbeat:{service}", "1", ex=HEARTBEAT_SECONDS)


async def heartbeats(redis: Redis, services: tuple[str, ...]) -> dict[str, bool]:
    """Which of these services are alive."""
    found = await redis.mget([f"tbg:heartbeat:{service}" for service in services])
    return {service: value is not None for service, value in zip(services, found, strict=True)}
