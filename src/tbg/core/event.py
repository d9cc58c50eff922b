"""What domains announce: durable, through the outbox."""

from __future__ import annotations

import os
import time
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """Something that happened, named in the past tense, frozen.

    A subclass registers itself under its class name: that is its `type` in the outbox, so a class
    must not be renamed while messages of it may be waiting.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__ in Event.kinds and Event.kinds[cls.__name__].__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.__name__}")
        Event.kinds[cls.__name__] = cls

    def subjects(self) -> tuple[int, ...]:
        """The ids of all users that the event is about: none, one or several.

        A waiting message is deleted when one of them is erased.
        """
        return ()


class PlayerEvent(Event):
    """Something that happened to one user."""

    user_id: int

    def subjects(self) -> tuple[int, ...]:
        """The user. An event that names others as well adds them."""
        return (self.user_id,)


def uuid7() -> UUID:
    """A UUID whose first 48 bits are the time in ms (RFC 9562), so that ids sort by age."""
    ms = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10))
    high = (ms << 16) | 0x7000 | (tail >> 68)
    low = (0b10 << 62) | (tail & ((1 << 62) - 1))
    return UUID(int=(high << 64) | low)
