"""Whether Redis is durable: events that wait in the streams exist nowhere else."""

from __future__ import annotations

from redis.asyncio import Redis

from tbg.core.errors import CannotRun


async def durability(redis: Redis) -> list[str]:
    """The settings with which Redis would lose events; empty if there are none.

    Asked of INFO, which hosted servers answer where CONFIG is forbidden.
    """
    persistence = await redis.info("persistence")
    memory = await redis.info("memory")
    wrong = []
    if not persistence.get("aof_enabled"):
        wrong.append("appendonly is no, must be yes")
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        wrong.append(f"maxmemory-policy is {policy}, must be noeviction")
    return wrong


async def require_durable(redis: Redis) -> None:
    """Refuse to start on a Redis that may lose events; names the setting."""
    wrong = await durability(redis)
    if wrong:
        raise CannotRun(f"Redis would lose events: {'; '.join(wrong)}")
