"""Each contract holds, and each breaks when it should."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract → the file to write to, and the line that ought to break it
TRESPASSES = {
    "layers": ("core/clock.py", "import tbg.domains.mining.events"),
    "domains": ("domains/accounts/queries.py", "import tbg.domains.gamification.rules"),
    "modules": ("domains/mining/utils.py", "X = 1"),
    "modules-order": ("domains/gamification/rules.py", "import tbg.domains.gamification.queries"),
    "pure-rules": ("domains/gamification/rules.py", "import random"),
    "edges": ("domains/gamification/actions/reward.py", "import redis"),
    "foundation": ("core/errors.py", "import fastapi"),
    "acyclic": ("core/clock.py", "import tbg.core.limits\nimport tbg.core.tx"),
    "domains-unlisted": ("domains/attic/__init__.py", '"""A domain that is not listed."""'),
    "lab": ("app/cli/registry.py", "import lab.faults.pack"),
    "oracle": ("../../lab/faults/oracle.py", "import tbg.domains.gamification.rules"),
}


_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMES = {contract["id"]: contract["name"] for contract in _CONTRACTS["contracts"]}
OF = {"modules-order": "modules", "domains-unlisted": "domains"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "_web")
    for folder in ("src", "lab", "tools"):
        shutil.copytree(ROOT / folder, place / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def _lint(place: Path) -> subprocess.CompletedProcess[str]:
    """The contracts of a copy; what it found in files that did not change is kept beside it."""
    words = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*words, "--config", "pyproject.toml"],
        cwd=place,
        env={"PYTHONPATH": str(place / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def _with(file: Path, line: str) -> Iterator[None]:
    """A file with one more line, or with that alone, as long as the block lasts."""
    before = file.read_text() if file.exists() else None
    made = None if file.parent.exists() else file.parent
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{before or ''}\n{line}\n")
    try:
        yield
    finally:
        if before is not None:
            file.write_text(before)
        elif made is not None:
            shutil.rmtree(made)
        else:
            file.unlink()


def test_the_program_keeps_its_contracts(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("contract", TRESPASSES)
def test_a_contract_breaks_when_it_should(copy: Path, contract: str) -> None:
    where, line = TRESPASSES[contract]
    with _with(copy / "src" / "tbg" / where, line):
        done = _lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    name = NAMES[OF.get(contract, contract)]
    assert f"{name} BROKEN" in " ".join(done.stdout.split()), done.stdout
