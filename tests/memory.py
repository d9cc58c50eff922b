"""Temporary files in memory, where there is room: PostgreSQL makes and removes very many."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 6 * 1024**3
"""Bytes that must be free: a run of all tests must leave most of them to the machine."""


def keep_temporary_files_in_memory() -> None:
    """Unless TMPDIR says where they belong; on a machine without enough of it nothing changes."""
    if "TMPDIR" not in os.environ and _is_fit(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # or what was looked up before would stay


def _is_fit(place: Path) -> bool:
    if not os.access(place, os.W_OK):
        return False
    may_execute = not os.statvfs(place).f_flag & os.ST_NOEXEC
    return may_execute and shutil.disk_usage(place).free >= ENOUGH and _memory_available() >= ENOUGH


def _memory_available() -> int:
    with Path("/proc/meminfo").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvail"))
