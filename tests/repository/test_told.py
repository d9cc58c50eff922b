"""Commands and settings named in README, the documents and deploy/ exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tbg.app.cli import COMMANDS, build
from tbg.app.local.postgres import Postgres
from tbg.app.local.supervisor import STOP_SECONDS
from tbg.app.local.valkey import Valkey
from tbg.core.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = sorted((ROOT / "deploy").iterdir())
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TOLD = pytest.mark.parametrize("path", [*DOCUMENTS, *DEPLOY], ids=lambda path: path.name)

_FENCE = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s/(])(?<!-[ugo] )(?<!--now )tbg ([a-z-][^#)|;&]*)")
"""`tbg …`; the user of that name (`sudo -u`) and the unit (`systemctl`) are no commands."""

_SPAN = re.compile(r"`([^`]+)`")


def _code(path: Path) -> Iterator[str]:
    """The lines of code in a file: fences and spans, and in deploy/ all lines."""
    text = path.read_text().replace("\\\n", " ")
    blocks = _FENCE.findall(text) if path.suffix == ".md" else [re.sub("(?m)^#.*", "", text)]
    for block in blocks:
        yield from block.splitlines()
    spans = _FENCE.sub("", text) if path.suffix == ".md" else text
    yield from (" ".join(span.split()) for span in _SPAN.findall(spans))


def _wrong(line: str) -> str:
    """The first word of a `tbg …` that the program does not know; empty: it knows all."""
    words = line.strip("'\" ").split()
    if words[0] not in COMMANDS:
        return words[0]
    place: Any = get_command(build(words[0]))
    for word in words:
        if word.startswith("--"):
            known = {name for parameter in place.params for name in parameter.opts}
            if word.strip("'\"") not in known:
                return word
        elif hasattr(place, "commands"):
            place = place.commands.get(word)
            if place is None:
                return word
    return ""


@TOLD
def test_no_documented_command_has_a_password_among_its_arguments(path: Path) -> None:
    """All users of a machine can read the arguments of a running command."""
    tools = r"\b(psql|pg_dump|pg_restore|redis-cli|valkey-cli)\b"
    shown = [line for line in _code(path) if re.search(tools + r".*(\$\{?TBG_|://)", line)]
    assert shown == []


@TOLD
def test_every_command_is_there(path: Path) -> None:
    told = [found for line in _code(path) for found in _COMMAND.findall(line)]
    assert [f"tbg {line}" for line in told if _wrong(line)] == []


@TOLD
def test_every_setting_is_there(path: Path) -> None:
    known = {f"TBG_{name.upper()}" for name in Settings.model_fields}
    told = set(re.findall(r"\bTBG_[A-Z_]*[A-Z]\b", path.read_text()))
    assert {name for name in told - known if not name.startswith("TBG_TEST_")} == set()


@TOLD
def test_everything_to_make_is_there(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in _code(path):
        for target, rest in re.findall(r"(?:^|\s)make ([a-z-]+)\b([^#`]*)", line):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), line
            for name in re.findall(r"\b([A-Z]+)=", rest):
                assert f"$({name})" in makefile, line


def test_the_example_of_settings_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "deploy" / "env.example").read_text()
    for home in (False, True):
        for mark, name, value in re.findall(r"^(#?)(TBG_\w+)=(.*)$", text, re.MULTILINE):
            if home or not mark:
                monkeypatch.setenv(name, value)
        if home:
            monkeypatch.delenv("TBG_ENV")
        assert load_settings().env == ("development" if home else "production")


def test_the_unit_waits_until_the_game_has_stopped() -> None:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.read(ROOT / "deploy" / "tbg.service")
    longest = STOP_SECONDS + Postgres.stop_within_s + Valkey.stop_within_s
    assert int(unit["Service"]["TimeoutStopSec"]) > 2 * longest  # asked, then forced
