"""A frame that means nothing."""

from __future__ import annotations

from typing import ClassVar

from tbg.core.frames import FrameData


class Number(FrameData):
    """A number."""

    CHANNEL: ClassVar[str] = "mining"
    TYPE: ClassVar[str] = "best_diff"

    n: int
