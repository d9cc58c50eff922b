"""What is installed is the game alone: a wheel is built, looked through and run."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tools import bootstrap

GUARDED = "tbg/app/cli/__init__.py"
"""The one place that names `lab`, and does without it."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a wheel made of this checkout."""
    place = tmp_path_factory.mktemp("wheel")
    env = bootstrap.environment()
    subprocess.run(
        [bootstrap.VENV / "bin" / "uv", "build", "--wheel", "--quiet", "--out-dir", place / "made"],
        cwd=bootstrap.ROOT,
        env=bootstrap.registry_of_pip(env) | env,
        check=True,
    )
    (made,) = (place / "made").glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(place / "files")
    return place / "files"


def tbg(*places: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    """The command as the wheel has it, out of reach of this checkout (`-S`: and of its .pth)."""
    path = ":".join([*map(str, places), sysconfig.get_path("purelib")])
    return subprocess.run(
        [sys.executable, "-S", "-m", "tbg", *words],
        cwd=places[0],
        env={"PYTHONPATH": path, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_wheel_contains_the_game_without_the_lab(wheel: Path) -> None:
    assert {path.name.partition("-")[0] for path in wheel.iterdir()} == {"tbg"}
    for needed in ("registry/badges.json", "_web/index.html", "_migrations/env.py", "app/relay.py"):
        assert (wheel / "tbg" / needed).is_file()
    texts = {
        str(path.relative_to(wheel)): path.read_text()
        for path in wheel.rglob("*")
        if path.suffix in {".py", ".txt", ".json"} or path.name == "RECORD"
    }
    assert [name for name, text in texts.items() if re.search(r"unittest\W+mock", text)] == []
    assert [name for name, text in texts.items() if re.search(r"\blab[./]", text)] == [GUARDED]


@pytest.mark.parametrize("group", ["bench", "faults"])
def test_a_command_of_the_lab_outside_a_checkout_ends_with_one_line(
    wheel: Path, group: str
) -> None:
    done = tbg(wheel, words=[group, "run"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"tbg: `tbg {group}` is for developers and is not part of an installed tbg: run it in a "
        "checkout of the repository, after `make setup`\n"
    )


def test_help_outside_a_checkout_lists_no_command_of_the_lab(wheel: Path) -> None:
    done = tbg(wheel, words=["--help"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "openapi" in done.stdout
    assert not re.search(r"\b(bench|faults)\b", done.stdout)


def test_a_fault_of_the_lab_itself_is_not_mistaken_for_its_absence(
    wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "lab" / "cli").mkdir(parents=True)
    (tmp_path / "lab" / "cli" / "bench.py").write_text("import no_such_library\n")
    done = tbg(wheel, tmp_path, words=["bench"])
    assert done.returncode == 1
    assert "no_such_library" in done.stderr
