"""One way to connect to Redis or Valkey, that rides out a restart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import hiredis
from redis.asyncio import Connection, ConnectionPool, Redis, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError


class _Packing(AbstractConnection):
    """Commands packed in C: packing them in Python is half of a producer's time."""

    def pack_command(self, *args: Any) -> list[bytes]:
        return [_pack(args)]

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        return [b"".join(_pack(tuple(command)) for command in commands)]


class _Packed(_Packing, Connection):
    """By TCP."""


class _PackedLocally(_Packing, UnixDomainSocketConnection):
    """By a socket on this machine."""


def _pack(args: tuple[Any, ...]) -> bytes:
    # The client names some commands in two words ("XGROUP CREATE").
    if isinstance(args[0], str) and " " in args[0]:
        args = (*args[0].split(), *args[1:])
    return bytes(hiredis.pack_command(args))


def cannot_write(error: RedisError) -> bool:
    """Whether Redis answers, but refuses to write because its disk is full or broken."""
    return "MISCONF" in str(error)  # in a transaction, other words stand before it


async def reach(url: str) -> None:
    """Ask whether it answers, with little patience; RedisError when it does not."""
    redis = connect(url, retries=1)
    try:
        await redis.ping()
    finally:
        await redis.aclose()


def connect(url: str, *, retries: int = 3) -> Redis:
    """A client; nothing is contacted before the first use. Replies are bytes.

    Not for commands that must not run twice: a command is sent again after a lost connection.
    """
    pool = ConnectionPool.from_url(
        url,
        **_kind(url),
        decode_responses=False,
        health_check_interval=30,
        socket_connect_timeout=5,
        socket_timeout=30,
        lib_name=None,  # it would be set with a command that not every user may run
        lib_version=None,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )
    return Redis.from_pool(pool)


def _kind(url: str) -> dict[str, Any]:
    if url.startswith("unix://"):
        return {"connection_class": _PackedLocally}
    kept: dict[str, Any] = {"socket_keepalive": True}
    # rediss:// has a connection class of its own.
    return kept | {"connection_class": _Packed} if url.startswith("redis://") else kept
