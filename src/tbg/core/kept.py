"""Lines kept for a person in a file of bounded size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from tbg.core import limits


class KeptLines:
    """A file of JSON objects, one per line; when it is full, its older half makes room.

    The older half is in the file `path` with `.1` appended. One process writes it at a time.
    """

    def __init__(self, path: Path, *, most_bytes: int = limits.KEPT_BYTES) -> None:
        self.path = path
        self.older = path.with_name(f"{path.name}.1")
        self._half = most_bytes // 2

    def write(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Add lines."""
        if not lines:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size >= self._half:
            self.path.replace(self.older)
        with self.path.open("ab") as file:
            file.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
