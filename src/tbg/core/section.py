"""One file of a user's export: each domain provides its own, and the export packs them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from tbg.core.tx import AnyRow


class Section(NamedTuple):
    """Pages of rows under a name, with a description. `lines`: there may be millions of rows."""

    name: str
    about: str
    pages: AsyncIterator[Sequence[AnyRow]]
    lines: bool = False
