"""Each contract holds, and each breaks when it should: a wall nobody tested is a picture."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract → the file to write to, and the line that ought to break it
TRESPASSES = {
    "layers": ("core/clock.py", "import tbg.domains.mining.events"),
    "floors": ("domains/accounts/queries.py", "import tbg.domains.gamification.rules"),
    "furniture": ("domains/mining/utils.py", "X = 1"),
    "furniture-order": ("domains/gamification/rules.py", "import tbg.domains.gamification.queries"),
    "pure-rules": ("domains/gamification/rules.py", "import random"),
    "edges": ("domains/gamification/actions/reward.py", "import redis"),
    "foundation": ("core/errors.py", "import fastapi"),
    "acyclic": ("core/clock.py", "import tbg.core.limits\nimport tbg.core.tx"),
    "floors-new-room": ("domains/attic/__init__.py", '"""A room without a floor."""'),
}


_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMES = {contract["id"]: contract["name"] for contract in _CONTRACTS["contracts"]}
OF = {"furniture-order": "furniture", "floors-new-room": "floors"}


def _lint(place: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*words, "--no-cache", "--config", "pyproject.toml"],
        cwd=place,
        env={"PYTHONPATH": str(place / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "_web")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_keeps_its_contracts(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("contract", TRESPASSES)
def test_a_contract_breaks_when_it_should(copy: Path, contract: str) -> None:
    where, line = TRESPASSES[contract]
    file = copy / "src" / "tbg" / where
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + "\n" + line + "\n")
    done = _lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    name = NAMES[OF.get(contract, contract)]
    assert f"{name} BROKEN" in " ".join(done.stdout.split()), done.stdout
