"""What rooms announce (durable, through the outbox) and show (ephemeral, after the commit)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """Something that happened, named in the past tense, frozen.

    A subclass registers itself under its class name: that is its `type` in the outbox, so a
    class must not be renamed while messages of it may wait.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__ in Event.kinds and Event.kinds[cls.__name__].__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.__name__}")
        Event.kinds[cls.__name__] = cls


@dataclass(frozen=True, slots=True)
class Frame:
    """One message for browsers; lost without harm.

    `subject` is `pool`, `miner:{address}` or, for one player alone, `me:{user id}`: his have the
    number (`id`) under which they are kept for him. `channel` and `type` as the WebSocket
    contract names them; `data` is JSON.
    """

    channel: str
    subject: str
    type: str
    data: dict[str, Any]
    id: int | None = None


def uuid7() -> UUID:
    """A UUID whose first 48 bits are the time in ms (RFC 9562), so that ids sort by age."""
    ms = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10))
    high = (ms << 16) | 0x7000 | (tail >> 68)
    low = (0b10 << 62) | (tail & ((1 << 62) - 1))
    return UUID(int=(high << 64) | low)
