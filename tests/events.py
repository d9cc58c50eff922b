"""Raw events, as producers send them, for the tests that go through the streams."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import SHARE_SUBMITTED, Publisher, Reader
from tbg.app.ingest import Ingest
from tbg.core.tx import Database

ADDRESS = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
_count = itertools.count()


def share(at: datetime, /, **fields: Any) -> dict[str, str]:
    """An accepted share at a moment; every call another one, fields replaced as named."""
    found = {
        "user": ADDRESS,
        "worker": "bitaxe-1",
        "diff": "1000",
        "sdiff": "5120",
        "accepted": "true",
        "source": "hosted",
        "event_id": f"share-{next(_count)}",
        "ts": f"{at.timestamp():.6f}",
    } | {name: str(value) for name, value in fields.items()}
    return {name: value for name, value in found.items() if value != "None"}


async def publish(redis: Redis, *shares: dict[str, str], stream: str = SHARE_SUBMITTED) -> None:
    """Put events into a stream."""
    await Publisher(redis).publish([(stream, fields) for fields in shares])


def ingest_on(db: Database, redis: Redis, **options: Any) -> Ingest:
    """The ingest service on the test's servers."""
    name = f"consumer-{next(_count)}"
    return Ingest(db, Reader(redis, consumer=name), Broadcast(redis), "mainnet", **options)


async def one(db: Database, sql: str, /, **values: Any) -> Any:
    """One value out of the database."""
    async with db.transaction() as tx:
        return await tx.value(sql, **values)
