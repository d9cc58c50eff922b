"""The embedded servers: made once, started again after anything, by root and by others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
import redis

from tbg.app.local import instance, processes, servers
from tbg.app.local.postgres import Postgres
from tbg.core.errors import CannotRun
from tbg.core.running import NotOurs
from tests.servers import pair_of, running

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data directory that does not exist yet."""
    return tmp_path / "data"


async def answer(pg: Postgres, question: str) -> object:
    """One value from the embedded PostgreSQL."""
    connection = await asyncpg.connect(pg.url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def in_process_list(text: str) -> bool:
    """Whether anybody's command line shows it."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if text.encode() in entry.read_bytes():
                return True
    return False


async def test_data_survives_a_stop_and_the_second_start_is_quick(root: Path) -> None:
    with running(root) as (pg, valkey):
        await answer(pg, "CREATE TABLE kept AS SELECT 7 AS n")
        with redis.Redis.from_url(valkey.url) as client:
            client.set("kept", "8")
    began = time.monotonic()
    with running(root) as (pg, valkey):
        assert time.monotonic() - began < 5
        assert await answer(pg, "SELECT n FROM kept") == 7
        with redis.Redis.from_url(valkey.url) as client:
            assert client.get("kept") == b"8"
    assert not processes.living_in(pg.directory, program="postgres")
    assert not processes.living_in(valkey.directory, program="valkey-server")


async def test_settings_that_durability_and_order_rest_on(root: Path) -> None:
    with running(root) as (pg, valkey):
        shown = {
            name: await answer(pg, f"SHOW {name}")
            for name in ("fsync", "server_encoding", "data_checksums", "timezone", "jit")
        }
        assert await answer(pg, "SELECT 'Z' < 'a' AND 'z' < 'ä' AND upper('ä') = 'Ä'")
        with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
            kept = client.config_get("appendonly", "appendfsync", "maxmemory-policy")
    assert shown == {
        "fsync": "on",
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "timezone": "UTC",
        "jit": "off",
    }
    assert kept == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }


async def test_strangers_are_turned_away(root: Path) -> None:
    with running(root) as (pg, valkey):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(pg.url.replace(pg.password, "guess"))
        with (
            redis.Redis(unix_socket_path=str(valkey.socket)) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        assert not in_process_list(pg.password)
    for path in (root, root / "pg", root / "valkey", root / "password"):
        assert path.stat().st_mode & 0o077 == 0, path


KEEP = """
import sys, time
from pathlib import Path
from tests.servers import running
with running(Path(sys.argv[1])) as pair:
    print(*(server.process.pid for server in pair), flush=True)
    time.sleep(600)
"""


def keeper(root: Path, **options: int) -> tuple[subprocess.Popen[str], list[int]]:
    """Another process that keeps the pair running; and the servers' process ids."""
    words = [sys.executable, "-c", KEEP, str(root)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]
    assert child.stdout is not None
    return child, [int(word) for word in child.stdout.readline().split()]


def test_a_killed_supervisor_blocks_nothing(root: Path) -> None:
    child, pids = keeper(root)
    assert len(pids) == 2
    child.kill()
    child.wait()
    began = time.monotonic()
    with running(root) as (pg, valkey):
        assert time.monotonic() - began < 5
        living = processes.living_in(pg.directory, program="postgres")
        living |= processes.living_in(valkey.directory, program="valkey-server")
        assert living.keys().isdisjoint(pids)


def test_servers_that_live_on_are_stopped_first(root: Path) -> None:
    with running(root) as (pg, valkey):
        again = pair_of(root)
        for server in again:
            servers.spawn(server)
        try:
            servers.wait_ready(*again)
            for server in (pg, valkey):
                assert server.process is not None
                assert server.process.wait(5) == 0
        finally:
            servers.stop(*again)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PostgreSQL judges by itself")
def test_a_pid_file_that_names_a_stranger_is_cleared(root: Path) -> None:
    with running(root) as (pg, _):
        lines = (pg.directory / "postmaster.pid").read_text().splitlines()
    with suppress(FileNotFoundError):
        (pg.directory / "postmaster.pid").unlink()
    stale = "\n".join([str(os.getpid()), *lines[1:]]) + "\n"
    (pg.directory / "postmaster.pid").write_text(stale)
    processes.hand_over(pg.directory / "postmaster.pid", like=pg.directory)
    with running(root) as (pg, _):
        assert pg.ready()


def test_an_incomplete_cluster_is_created_again(root: Path) -> None:
    instance.make_root(root)
    (root / "pg.half").mkdir()
    (root / "pg.half" / "PG_VERSION").write_text("18\n")
    with running(root) as (pg, _):
        assert pg.ready()


async def test_a_server_that_was_killed_starts_again(root: Path) -> None:
    with running(root) as (pg, _):
        await answer(pg, "CREATE TABLE kept AS SELECT 7 AS n")
        assert pg.process is not None
        pg.process.kill()
        pg.process.wait()
        servers.spawn(pg)
        servers.wait_ready(pg)
        assert await answer(pg, "SELECT n FROM kept") == 7


def test_the_servers_listen_on_no_port(root: Path) -> None:
    with running(root) as pair:
        for server in pair:
            assert server.process is not None
            held = Path(f"/proc/{server.process.pid}/fd").glob("*")
            inodes = {link.readlink().name.strip("socket:[]") for link in held}
            tcp = [
                Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")
            ]
            assert inodes.isdisjoint(line.split()[9] for lines in tcp for line in lines)


def test_a_path_too_long_for_a_socket_is_refused_with_what_to_do(tmp_path: Path) -> None:
    root = instance.make_root(tmp_path / ("long" * 25))
    with pytest.raises(CannotRun, match=r"bytes too long for a socket in it .*: choose a shorter"):
        pair_of(root)


def test_a_path_with_a_comma_is_refused_with_what_to_do(tmp_path: Path) -> None:
    root = instance.make_root(tmp_path / "one,two")
    with pytest.raises(CannotRun, match=r"has a comma .*: choose one without"):
        pair_of(root)


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(CannotRun, match=r"other users can write to .*: run `chmod go-w`"):
        instance.make_root(tmp_path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can hand files over")
@pytest.mark.parametrize("new", [True, False])
def test_a_folder_in_a_tree_of_another_user_is_refused_and_nothing_is_made_there(
    tmp_path: Path, new: bool
) -> None:
    theirs = tmp_path / "theirs"
    ours = theirs / "ours"
    ours.mkdir(parents=True)
    if not new:
        (ours / "data").mkdir(mode=0o700)
    os.chown(theirs, NOBODY, NOBODY)
    why = rf"{theirs} belongs to nobody: run this as nobody .* could replace {ours / 'data'}$"
    with pytest.raises(NotOurs, match=why):
        instance.make_root(ours / "data")
    assert list(ours.iterdir()) == ([] if new else [ours / "data"])
    (tmp_path / "link").symlink_to(ours)
    with pytest.raises(NotOurs, match=why):
        instance.make_root(tmp_path / "link" / "data")


def test_a_folder_in_one_that_everybody_can_write_to_must_be_protected_by_its_sticky_bit(
    tmp_path: Path,
) -> None:
    root = tmp_path / "everybody" / "data"
    root.parent.mkdir()
    root.parent.chmod(0o777)
    with pytest.raises(CannotRun, match=r"everybody can write to .*: run `chmod o-w .*/everybody`"):
        instance.make_root(root)
    root.parent.chmod(0o1777)
    assert instance.make_root(root) == root
    assert instance.make_root(root) == root
    root.parent.chmod(0o775)  # as an ordinary user's folder, whose group is their own
    assert instance.make_root(root) == root


@pytest.mark.skipif(os.getuid() != 0, reason="only root can hand files over")
def test_root_without_user_namespaces_runs_them_as_nobody(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "namespace_allowed", lambda: False)
    reachable = Path("/tmp") / f"tbg-test-nobody-{os.getpid()}"
    try:
        with running(reachable) as (pg, valkey):
            for server in (pg, valkey):
                assert server.process is not None
                assert Path(f"/proc/{server.process.pid}").stat().st_uid == NOBODY
        monkeypatch.undo()
        with running(reachable) as (pg, _):  # what belongs to nobody stays nobody's
            assert pg.process is not None
            assert Path(f"/proc/{pg.process.pid}").stat().st_uid == NOBODY
    finally:
        shutil.rmtree(reachable, ignore_errors=True)


@pytest.mark.skipif(os.getuid() != 0, reason="all the other tests run as an ordinary user")
def test_an_ordinary_user(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import tests.servers"]
    try:
        subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], check=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("nobody may not run this Python: run the suite as an ordinary user as well")
    place = Path("/tmp") / f"tbg-test-ordinary-{os.getpid()}"
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    child, pids = keeper(place / "data", user=NOBODY, group=NOBODY)
    try:
        assert len(pids) == 2
        assert all(Path(f"/proc/{pid}").stat().st_uid == NOBODY for pid in pids)
    finally:
        child.terminate()
        child.wait(timeout=30)
        shutil.rmtree(place, ignore_errors=True)
