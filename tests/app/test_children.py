"""A service as a child process of `tbg up`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tbg.app.local import processes
from tbg.app.local.children import Child
from tbg.app.local.report import Lines


async def test_a_service_whose_log_cannot_be_written_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: the log takes nothing, and the terminal shows every line."""
    monkeypatch.setattr(processes, "launcher", list)
    monkeypatch.setattr(processes, "PROGRAM", [sys.executable])
    (tmp_path / "serve.log").symlink_to("/dev/full")
    shown = io.StringIO()
    child = Child(
        "serve",
        words=["-c", "for n in range(3): print('line', n, flush=True)\nprint('end', end='')"],
        env={},
        log=tmp_path / "serve.log",
        report=Lines(shown),
    )
    assert await child.run_once(on_start=lambda: None) == 0
    assert child.last_line == "end"
    assert [f"line {n}" in shown.getvalue() for n in range(3)] == [True] * 3
