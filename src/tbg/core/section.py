"""One file of what a person takes along: a domain gives its own, the export packs them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from tbg.core.tx import AnyRow


class Section(NamedTuple):
    """Pages of rows under a name, and what they are in a sentence. `lines`: of millions of rows."""

    name: str
    about: str
    pages: AsyncIterator[Sequence[AnyRow]]
    lines: bool = False
