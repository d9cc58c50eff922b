"""Which services `tbg up` starts, by what the machine can carry."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import tbg
from tbg.app.local import processes
from tbg.app.local.plan import NAMES, consumers, services
from tbg.core import machine
from tbg.core.settings import Settings

GIB = 1024**3


@pytest.mark.parametrize(
    ("cores", "gib", "wanted"),
    [(1, 4, 1), (2, 24, 2), (3, 2.5, 3), (16, 64, 4), (4, 2, 0), (4, 0.9, 0)],
)
def test_consumers_follow_cores_and_memory(
    cores: int, gib: float, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "memory_bytes", lambda: int(gib * GIB))
    assert consumers() == wanted
    assert consumers(7) == 7
    assert consumers(0) == 0


def test_further_consumers_have_names_and_metrics_of_their_own() -> None:
    found = services(Settings(consumers=3, metrics_port=9000))
    assert [one.name for one in found] == [*NAMES, "ingest-2", "ingest-3"]
    assert [one.words for one in found[-2:]] == [("ingest",), ("ingest",)]
    assert [one.metrics_port for one in found] == [9000] * len(NAMES) + [9010, 9020]
    assert {one.metrics_port for one in services(Settings(consumers=3, metrics_port=0))} == {0}
    last = services(Settings(consumers=3, metrics_port=65_490))
    assert [one.metrics_port for one in last[-2:]] == [65_500, 0]


def test_where_memory_is_short_one_process_does_all_but_the_page() -> None:
    found = services(Settings(consumers=0))
    assert [one.words for one in found] == [("serve",), ("worker", "--all")]


def test_no_module_of_the_folder_in_which_the_game_is_started_takes_its_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "tbg.py").write_text("print('not the game')")
    words = [*processes.PROGRAM, "--version"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == f"tbg {tbg.__version__}\n", done.stderr
