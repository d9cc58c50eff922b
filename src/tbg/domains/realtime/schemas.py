"""Messages from clients, and the frames that only the socket itself sends."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from tbg.core import limits
from tbg.core.frames import FeedItemData, FrameData, Notification


class Ping(BaseModel):
    """Asks for a pong."""

    model_config = ConfigDict(extra="forbid", strict=True)

    op: Literal["ping"]


class Channels(BaseModel):
    """Begins, ends or takes up again the frames of some subjects."""

    model_config = ConfigDict(extra="forbid", strict=True)

    op: Literal["subscribe", "unsubscribe", "resume"]
    channels: list[str] = Field(max_length=limits.SOCKET_SUBJECTS)
    after: Any = None


Order = Annotated[Channels | Ping, Field(discriminator="op")]
"""What a client may send."""


class NotificationData(FrameData):
    """A notification of an event that has no other frame."""

    CHANNEL: ClassVar[str] = "gamification"
    TYPE: ClassVar[str] = "notification"

    notification: Notification


class SubscribedData(FrameData):
    """These channels are followed now.

    `after`: the number of the player's last frame that was sent, where `me` is among them.
    """

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "subscribed"

    channels: list[str]
    after: int | None = None


class UnsubscribedData(FrameData):
    """These channels are followed no longer."""

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "unsubscribed"

    channels: list[str]


class SnapshotData(FrameData):
    """Frames of these channels, or of all (none), may be missing: read the state again."""

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "snapshot"

    channels: list[str] | None = None


class PongData(FrameData):
    """The answer to a ping."""

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "pong"


class ErrorData(FrameData):
    """The request is refused; `name` is the channel, if it is about one."""

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "error"

    code: str
    detail: str
    name: str | None = None


FRAMES: tuple[type[FrameData], ...] = (
    NotificationData, FeedItemData, SubscribedData, UnsubscribedData, SnapshotData, PongData,
    ErrorData,
)  # fmt: skip
