"""Notifies open sockets at once that somebody may no longer see what they saw."""

from __future__ import annotations

from typing import ClassVar

from tbg.core.frames import Frame, FrameData
from tbg.core.tx import Tx
from tbg.domains.accounts.queries import addresses


class LookAgainData(FrameData):
    """A message between processes: followers of the subject must check again what they may see."""

    CHANNEL: ClassVar[str] = "control"
    TYPE: ClassVar[str] = "look_again"


def sessions_changed(tx: Tx, *user_ids: int) -> None:
    """A session or a key of these users has ended: sockets that were opened with it look again."""
    _look_again(tx, *(f"session:{user_id}" for user_id in user_ids))


async def pages_changed(tx: Tx, *user_ids: int) -> None:
    """What these users show has changed: sockets that follow their pages must check again.

    So must those that follow one of their addresses since it belonged to nobody. The users have
    all addresses that they had or will have.
    """
    known = await addresses(tx, user_ids)
    _look_again(tx, *(f"page:{user_id}" for user_id in user_ids))
    _look_again(tx, *(f"page:{address}" for some in known.values() for address in some))


def _look_again(tx: Tx, *subjects: str) -> None:
    for subject in subjects:
        tx.show(Frame(subject, LookAgainData()))
