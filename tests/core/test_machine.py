"""What the machine has, as far as control groups let this process have it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tbg.core import machine

GIB = 1024**3


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this process's control group, two below the root."""
    found = tmp_path / "system.slice" / "tbg.service"
    found.mkdir(parents=True)
    (tmp_path / "own").write_text("1:name=systemd:/x\n0::/system.slice/tbg.service\n")
    monkeypatch.setattr(machine, "_OWN", tmp_path / "own")
    monkeypatch.setattr(machine, "_ALL", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 4 << 18}.get)
    return found


def test_without_limits_all_of_the_machine_counts(group: Path) -> None:
    (group / "memory.max").write_text("max\n")
    (group / "cpu.max").write_text("max 100000\n")
    assert (machine.cores(), machine.memory_bytes()) == (8, 4 * GIB)


def test_the_smallest_limit_of_all_groups_around_counts(group: Path) -> None:
    (group / "memory.max").write_text(f"{3 * GIB}\n")
    (group.parent / "memory.max").write_text(f"{GIB}\n")
    (group / "cpu.max").write_text("250000 100000\n")
    assert (machine.cores(), machine.memory_bytes()) == (2, GIB)
    (group.parent / "cpu.max").write_text("50000 100000\n")
    assert machine.cores() == 1


def test_where_there_are_no_control_groups_the_machine_is_asked(
    group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_OWN", group / "nothing")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert (machine.cores(), machine.memory_bytes()) == (6, 4 * GIB)
