"""Wire shapes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel

from tbg.core.frames import FrameData, RewardData


class Bell(BaseModel):
    """A bell that was rung."""

    number: int


class BellRungData(RewardData):
    """A player rang a bell."""

    CHANNEL: ClassVar[str] = "toy"
    TYPE: ClassVar[str] = "bell_rung"

    number: int


FRAMES: tuple[type[FrameData], ...] = (BellRungData,)
