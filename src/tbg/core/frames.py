"""What is sent to browsers over the WebSocket, and how an event looks to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict

from tbg.core.event import Event


class FrameData(BaseModel):
    """The `data` of one type of frame; the type is `TYPE` in the channel `CHANNEL`.

    A domain's frames are in its `schemas` and on its record. From there they come into the
    documents and into the web app's types.
    """

    model_config = ConfigDict(frozen=True)

    CHANNEL: ClassVar[str]
    TYPE: ClassVar[str]


Params = dict[str, str | int | float]
"""The values in a text, by name: what a reader of another language words the text anew from."""


class Notification(BaseModel):
    """A notification, as it is sent: in English, and as its subtype with the values in it.

    `type` names the part of the game that sends it: gamification, mining, accounts …
    """

    model_config = ConfigDict(frozen=True)

    type: str
    subtype: str
    title: str
    description: str
    timestamp: datetime
    actionUrl: str  # noqa: N815 - the wire's name
    actionLabel: str  # noqa: N815
    params: Params = {}


class RewardData(FrameData):
    """A frame that carries the notification of its event, if there is one, to its player alone."""

    notification: Notification | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One message for browsers; losing it does no harm.

    `subject` is `pool`, `miner:{address}` or, for one player alone, `me:{user id}`: those have the
    number (`id`) under which they are stored.
    """

    subject: str
    data: FrameData
    id: int | None = None


class FeedItem(BaseModel):
    """One line of a feed. `id` is unique among the lines of one miner.

    The same happening has the same line, whether it is read or arrives in a frame. `code` says
    what happened and `params` has the values in it; title and detail say it in English.
    """

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str
    type: str
    code: str
    params: Params = {}
    title: str
    detail: str | None = None
    xp: int | None = None
    badge_slug: str | None = None
    at: datetime


class FeedItemData(FrameData):
    """A line of a feed, the pool's or a miner's.

    `user` is the user it is about, `seed` determines their tile; in a miner's feed both are null.
    """

    CHANNEL: ClassVar[str] = "dashboard"
    TYPE: ClassVar[str] = "feed_item"

    id: str
    type: str
    code: str
    params: Params
    title: str
    detail: str | None
    xp: int | None
    badge_slug: str | None
    at: datetime
    user: str | None = None
    seed: str | None = None


class Notice(NamedTuple):
    """The words of a notification, and the values in them; `domain` is the one that sends it."""

    domain: str
    subtype: str
    title: str
    description: str
    action_url: str
    action_label: str
    params: Params = {}  # noqa: RUF012 - nobody changes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How an event looks. `frame` is for its player and for visitors of their page, or, if it is
    `private`, for its player alone; `notice` is for the player. `lines` go into the player's feed,
    `pool_line` into the pool's.
    """

    frame: FrameData | None = None
    private: bool = False
    notice: Notice | None = None
    lines: tuple[FeedItem, ...] = ()
    pool_line: FeedItem | None = None


Presenter: TypeAlias = Callable[[Any], Look]
"""An event of one kind → how it looks. Pure."""

Presenters: TypeAlias = Mapping[type[Event], Presenter]
