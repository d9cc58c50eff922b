"""A command beside a running game: what it takes from it, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tbg.core.errors import CannotRun
from tbg.core.running import Lock, running_in
from tbg.core.settings import as_recorded, load_settings, source

URLS = {"database_url": "postgresql://app:pw@127.0.0.1:5/tbg", "redis_url": "redis://:pw@h:6/0"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands are run; the game's data is in `.tbg` there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TBG_METRICS_PORT")
    (tmp_path / ".tbg").mkdir()
    return tmp_path


@pytest.fixture
def game(folder: Path) -> Iterator[dict[str, Any]]:
    """A game of regtest with a pack that runs in `.tbg`; what it has recorded."""
    settings = load_settings(beside=False, network="regtest", badge_packs=folder / "packs")
    record = as_recorded(settings, **URLS, port=8123, data_dir=folder / ".tbg")
    lock = Lock(folder / ".tbg", "up")
    assert lock.take()
    lock.say(settings=record)
    yield record
    lock.release()


def test_what_is_set_nowhere_is_as_the_running_game_has_it(
    game: dict[str, Any], folder: Path
) -> None:
    found = load_settings()
    assert (found.network, found.port, found.badge_packs) == ("regtest", 8123, folder / "packs")
    assert (found.database, found.redis) == (URLS["database_url"], URLS["redis_url"])
    assert found.game is not None
    assert found.game.root == folder / ".tbg"
    assert source(found, "network") == "the running game"
    assert (folder / ".tbg" / "up.json").stat().st_mode & 0o077 == 0


def test_every_setting_is_recorded(game: dict[str, Any]) -> None:
    assert set(game) == set(type(load_settings()).model_fields)


@pytest.mark.parametrize("place", ["environment", ".env", "tbg.toml", "option"])
def test_settings_here_override_the_running_game(
    place: str, game: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    if place == "environment":
        monkeypatch.setenv("TBG_NETWORK", "signet")
    elif place == "option":
        given = {"network": "signet"}
    else:
        text = "TBG_NETWORK=signet" if place == ".env" else "network = 'signet'"
        (folder / place).write_text(text)
    found = load_settings(**given)
    assert (found.network, found.port) == ("signet", 8123)
    if place != "option":
        assert source(found, "network") == place


@pytest.mark.parametrize("name", ["database_url", "redis_url"])
def test_with_a_url_of_another_instance_the_running_game_is_ignored(
    name: str, game: dict[str, Any]
) -> None:
    other: dict[str, Any] = {name: f"{URLS[name]}9"}
    same: dict[str, Any] = {name: URLS[name]}
    found = load_settings(**other)
    assert (found.network, found.port, found.game) == ("mainnet", 8000, None)
    found = load_settings(**same)
    assert (found.network, found.redis) == ("regtest", URLS["redis_url"])


def test_a_record_of_an_ended_game_is_ignored(game: dict[str, Any], folder: Path) -> None:
    (folder / "old").mkdir()
    gone = Lock(folder / "old", "up")
    assert gone.take()
    gone.say(settings=game)
    gone.release()
    assert running_in(folder / "old") is None
    found = load_settings(data_dir=folder / "old")
    assert (found.network, found.game) == ("mainnet", None)
    with pytest.raises(CannotRun, match=f"no game runs in {folder / 'old'}: start it"):
        _ = found.database


def test_a_starting_game_is_reported_as_such(folder: Path) -> None:
    lock = Lock(folder / ".tbg", "up")
    assert lock.take()
    with pytest.raises(CannotRun, match="is still starting: try again"):
        _ = load_settings().redis
    lock.release()


def test_known_fields_of_another_versions_record_are_read(
    game: dict[str, Any], folder: Path
) -> None:
    lock = Lock(folder / ".tbg", "servers")
    assert lock.take()
    lock.release()
    (folder / ".tbg" / "up.json").write_text('{"settings": {"network": "signet", "later": 1}}')
    assert load_settings().network == "signet"


def test_another_users_folder_is_refused_with_the_remedy(folder: Path) -> None:
    data = folder / ".tbg"
    (data / "up.lock").touch(mode=0o600)
    program = (
        "import os\n"
        "from tbg.core.settings import load_settings\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"found = load_settings(data_dir={str(data)!r})\n"
        "print(found.network)\n"
        "print(found.database)"
    )
    data.chmod(0o700 if os.getuid() == 0 else 0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd="/"
        )
    finally:
        data.chmod(0o700)
    assert done.stdout == "mainnet\n", done.stderr  # for commands that need no server
    assert f"{data} belongs to " in done.stderr
    assert "sudo -u" in done.stderr
