"""One way to connect to Redis or Valkey, that rides out a restart."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError


def connect(url: str, *, retries: int = 3) -> Redis:
    """A client; nothing is contacted before the first use. Replies are bytes.

    Not for commands that must not run twice: a command is sent again after a lost connection.
    """
    return Redis.from_url(
        url,
        decode_responses=False,
        health_check_interval=30,
        socket_connect_timeout=5,
        socket_timeout=30,
        socket_keepalive=True,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )
