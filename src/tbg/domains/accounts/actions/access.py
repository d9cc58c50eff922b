"""Notifies open sockets at once that somebody may no longer see what they saw."""

from __future__ import annotations

from typing import ClassVar

from tbg.core.frames import Frame, FrameData
from tbg.core.tx import Tx


class LookAgainData(FrameData):
    """A message between processes: followers of the subject must check again what they may see."""

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "look_again"


def sessions_changed(tx: Tx, *user_ids: int) -> None:
    """A session or a key of these users has ended: sockets that were opened with it look again."""
    _look_again(tx, "session", user_ids)


def pages_changed(tx: Tx, *user_ids: int) -> None:
    """What these users show has changed: sockets that follow their pages must check again."""
    _look_again(tx, "page", user_ids)


def _look_again(tx: Tx, what: str, user_ids: tuple[int, ...]) -> None:
    for user_id in user_ids:
        tx.show(Frame(f"{what}:{user_id}", LookAgainData()))
