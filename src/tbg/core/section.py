"""One file of what a person takes along: a room gives its own, the door packs them all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from tbg.core.tx import AnyRow


class Section(NamedTuple):
    """Rows under a name, and what they are in one sentence. `lines`: there may be millions."""

    name: str
    about: str
    rows: AsyncIterator[AnyRow]
    lines: bool = False
