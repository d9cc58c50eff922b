"""Lines that could not be read, for a person to look at: one JSON object a line in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

QUARANTINE_BYTES = 64 * 1024 * 1024
"""Beyond this the file takes no more: whoever has not looked by then reads the log's count."""


class Quarantine:
    """The file of one source. The lines themselves stay where the pool wrote them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, lines: Sequence[dict[str, object]]) -> None:
        """Add lines: {at, path, offset, reason, sample}; an IP address is in none of them."""
        if not lines or (self.path.exists() and self.path.stat().st_size > QUARANTINE_BYTES):
            return
        with self.path.open("ab") as file:
            file.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
