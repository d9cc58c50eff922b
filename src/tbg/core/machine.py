"""The cores and memory of this machine or container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_OWN = Path("/proc/self/cgroup")
_ALL = Path("/sys/fs/cgroup")


def cores() -> int:
    """Cores that this process may use, within the limits of its control groups; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        found = float(len(os.sched_getaffinity(0)))
    else:  # macOS
        found = float(os.cpu_count() or 1)
    for said in _limits("cpu.max"):
        quota, _, period = said.partition(" ")
        if quota.isdigit() and period.isdigit():
            found = min(found, int(quota) / int(period))
    return max(1, int(found))


def memory_bytes() -> int:
    """Memory that this process may use, within the limits of its control groups."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for said in _limits("memory.max"):
        if said.isdigit():
            found = min(found, int(said))
    return found


def _limits(name: str) -> Iterator[str]:
    """The values of this process's control groups (version 2), innermost first."""
    try:
        own = _OWN.read_text(encoding="utf-8").partition("0::/")[2].partition("\n")[0]
    except OSError:  # not on Linux
        return
    group = _ALL / own
    for folder in (group, *group.parents):
        if folder.is_relative_to(_ALL) and (folder / name).is_file():
            yield (folder / name).read_text(encoding="ascii").strip()
