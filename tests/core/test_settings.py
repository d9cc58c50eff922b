"""Settings from the environment, `.env` and `tbg.toml`: what is ours, and what is refused how."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tbg.core.errors import BadArguments, CannotRun
from tbg.core.running import Lock, NotOurs
from tbg.core.settings import data_root, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's `.env` and `tbg.toml`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal() -> str:
    with pytest.raises(BadArguments) as refused:
        load_settings()
    return str(refused.value)


def test_each_place_yields_to_the_one_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "tbg.toml").write_text("port = 1\nmetrics_port = 2\npool_name = 'toml'")
    (folder / ".env").write_text("TBG_PORT=3\nTBG_METRICS_PORT=4")
    monkeypatch.setenv("TBG_PORT", "5")
    monkeypatch.delenv("TBG_METRICS_PORT")
    found = load_settings()
    assert (found.port, found.metrics_port, found.pool_name) == (5, 4, "toml")


def test_what_others_keep_in_dot_env_is_theirs(folder: Path) -> None:
    (folder / ".env").write_text("POSTGRES_PASSWORD=x\nPORT=7\nTBG_PORT=9\nEMPTY=")
    assert load_settings().port == 9


def test_an_unknown_setting_is_named_with_its_place_and_what_was_meant(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TBG_PUBLIK_URL", "x")
    (folder / ".env").write_text("TBG_DATABSE_URL=x\nTBG_TEST_REDIS_URL=x")
    (folder / "tbg.toml").write_text("pool_nme = 'x'\nPORT = 1")
    assert refusal().split("; ") == [
        "unknown setting TBG_PUBLIK_URL in the environment: did you mean TBG_PUBLIC_URL?",
        "unknown setting TBG_DATABSE_URL in .env: did you mean TBG_DATABASE_URL?",
        "unknown setting PORT in tbg.toml: see docs/OPERATING.md for all settings",
        "unknown setting pool_nme in tbg.toml: did you mean pool_name?",
    ]


def test_a_wrong_value_is_refused_with_a_plain_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TBG_DATABASE_URL", "mysql://x")
    assert refusal() == "TBG_DATABASE_URL: must start with postgresql://"
    monkeypatch.delenv("TBG_DATABASE_URL")
    monkeypatch.setenv("TBG_ENV", "production")
    assert refusal() == "TBG_PUBLIC_URL must start with https:// in production"


def test_an_invalid_toml_file_is_named(folder: Path) -> None:
    (folder / "tbg.toml").write_text("port 1")
    assert refusal().startswith("tbg.toml cannot be read: ")


@pytest.mark.parametrize("name", [".env", "tbg.toml"])
def test_a_settings_file_that_others_may_write_is_refused(folder: Path, name: str) -> None:
    file = folder / name
    file.write_text("")
    for mode in (0o620, 0o602):
        file.chmod(mode)
        with pytest.raises(BadArguments, match=f"{name} may be written by others: chmod go-w"):
            load_settings()
    file.chmod(0o644)
    load_settings()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("name", [".env", "tbg.toml"])
def test_a_settings_file_of_another_user_is_refused(folder: Path, name: str) -> None:
    file = folder / name
    file.write_text("")
    os.chown(file, 65534, 65534)
    with pytest.raises(BadArguments, match=f"{name} belongs to nobody: run this as nobody"):
        load_settings()


@pytest.mark.parametrize("name", [".env", "tbg.toml"])
def test_a_settings_file_is_checked_and_read_as_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever takes its place while it is checked is not read."""
    file, theirs = folder / name, folder / "theirs"
    setting = "TBG_PORT" if name == ".env" else "port"
    file.write_text(f"{setting} = 1")
    theirs.write_text(f"{setting} = 2")
    checked = file.stat().st_ino

    def exchange(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def see(*what: Any, **options: Any) -> os.stat_result:
            found = look(*what, **options)
            if found.st_ino == checked and not seen:
                seen.append(found)
                theirs.rename(file)
            return found

        return see

    seen: list[os.stat_result] = []
    for looks in ("stat", "fstat"):
        monkeypatch.setattr(os, looks, exchange(getattr(os, looks)))
    assert load_settings().port == 1
    assert not theirs.exists()


def test_a_folder_named_dot_env_is_ignored_and_what_is_no_text_is_refused(folder: Path) -> None:
    (folder / ".env").mkdir()
    load_settings()
    (folder / ".env").rmdir()
    os.mkfifo(folder / ".env", 0o600)
    assert refusal().endswith(".env is not a file")
    (folder / ".env").unlink()
    (folder / ".env").write_bytes(b"TBG_POOL_NAME=\xff")
    assert refusal().endswith(".env cannot be read: it is not UTF-8")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a link to another user")
@pytest.mark.parametrize("name", [".env", "tbg.toml"])
def test_a_settings_file_that_another_user_s_link_leads_to_is_refused(
    folder: Path, name: str
) -> None:
    (folder / "real").write_text("")
    link = folder / name
    link.symlink_to("real")
    load_settings()
    os.lchown(link, 65534, 65534)
    with pytest.raises(BadArguments, match=f"{name} belongs to nobody: run this as nobody"):
        load_settings()
    os.lchown(link, 0, 0)
    os.chown(folder / "real", 65534, 65534)
    with pytest.raises(BadArguments, match="real belongs to nobody"):
        load_settings()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_data_folder_of_another_user_is_not_found_by_chance(folder: Path) -> None:
    root = folder / ".tbg"
    root.mkdir()
    lock = Lock(root, "up")
    assert lock.take()
    lock.say(settings={"database_url": "postgresql://x", "redis_url": "redis://x"})
    assert load_settings().game is not None
    os.chown(root / "up.json", 65534, 65534)  # as in a folder that was exchanged after the look
    with pytest.raises(CannotRun, match=r"up\.json belongs to nobody"):
        _ = load_settings().database
    os.chown(root, 65534, 65534)
    with pytest.raises(CannotRun, match=r"belongs to nobody: .*--data if you trust it"):
        _ = load_settings().database
    with pytest.raises(NotOurs, match="belongs to nobody"):
        data_root(load_settings(beside=False))
    assert load_settings(data_dir=root).game is not None
    lock.release()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("pool.example:3333", "stratum+tcp://pool.example:3333"),
        ("stratum+tcp://192.168.1.20:3333", "stratum+tcp://192.168.1.20:3333"),
        ("[fd00::20]:3333", "stratum+tcp://[fd00::20]:3333"),
        ("", None),
    ],
)
def test_a_stratum_address_with_or_without_its_scheme_is_kept_with_it(
    given: str, kept: str | None
) -> None:
    assert load_settings(stratum_url=given).stratum_url == kept


@pytest.mark.parametrize(
    "given",
    ["pool.example", "pool.example:0", "pool.example:65536", "http://pool.example:3333",
     "stratum+tcp://a@pool.example:3333", "pool.example:3333/x", "[::1]", "pool example:3333"],
)  # fmt: skip
def test_a_stratum_address_without_host_and_port_is_refused_with_an_example(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TBG_STRATUM_URL", given)
    assert refusal() == (
        "TBG_STRATUM_URL: must be a host and a port, such as stratum+tcp://pool.example:3333"
    )


def test_a_stratum_host_that_no_dns_could_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TBG_STRATUM_URL", f"{'a' * 270}:3333")
    assert refusal() == "TBG_STRATUM_URL: String should have at most 273 characters"
