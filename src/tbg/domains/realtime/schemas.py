"""What comes in over a socket, and the control frames that answer it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from tbg.core import limits


class Ping(BaseModel):
    """Asks for a pong."""

    op: Literal["ping"]


class Channels(BaseModel):
    """Begins, ends or takes up again the frames of some subjects."""

    model_config = ConfigDict(strict=True)

    op: Literal["subscribe", "unsubscribe", "resume"]
    channels: list[str] = Field(max_length=limits.SOCKET_SUBJECTS)
    after: Any = None


def control(type_: str, *, at: datetime, **data: Any) -> str:
    """A control frame, as text."""
    return orjson.dumps(
        {
            "id": None,
            "channel": "control",
            "subject": None,
            "type": type_,
            "ts": at.isoformat(),
            "data": data,
        }
    ).decode()
