"""`tbg up` as a user sees it: one process tree, up in seconds, gone without a trace."""

from __future__ import annotations

import asyncio
import io
import json
import os
import queue
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import redis
from redis.asyncio import Redis

from tbg.adapters.broadcast import beat
from tbg.adapters.simulator import demo_live, generate
from tbg.adapters.streams import SHARE_SUBMITTED, Publisher
from tbg.app.local import processes
from tbg.app.local import up as local_up
from tbg.app.local.report import Lines
from tbg.app.local.supervisor import Supervisor
from tbg.app.local.valkey import TUNNEL
from tbg.core.errors import CannotRun
from tbg.core.telemetry import METRICS_OFFSET
from tbg.core.tx import Database
from tbg.domains.mining.queries import sources
from tests import canary, servers
from tests.adapters.ckpool.pool import share as sharelog_line
from tests.api import make_app, served
from tests.commands import tbg
from tests.events import ingest_on, publish, share
from tests.tunnel import tunnel

TBG = [sys.executable, "-m", "tbg"]
PATIENCE_SECONDS = 60.0
QUICK_STARTS = 8
"""A prepared start takes as long as two to five starts of `tbg --version` with as much going on
beside them."""


class Up:
    """A running `tbg up`: its lines, its URL, its state file."""

    def __init__(self, root: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.root = root
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        began = time.monotonic()
        self.process = subprocess.Popen(
            [*TBG, "up", "--port", "0", "--data", str(root), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | (env or {}),
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.line(r'The game is up: (http://[^\s"]+)')[1]
        self.seconds = time.monotonic() - began

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip())
        self._queue.put(None)

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line of its output that looks like this."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            line = self._queue.get(timeout=max(0.1, deadline - time.monotonic()))
            assert line is not None, f"it ended: {self.lines}"
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found

    @property
    def state(self) -> dict[str, Any]:
        """What it says of itself."""
        said: dict[str, Any] = json.loads((self.root / "up.json").read_text())
        return said

    def ready(self) -> bool:
        """Whether the API says that everything is ready."""
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, as a terminal or an init system does; its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(PATIENCE_SECONDS)


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes so in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Nobody else comes at a table, until the block ends."""

    async def lock(taken: threading.Event, done: threading.Event) -> None:
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table}")
            taken.set()
            await asyncio.to_thread(done.wait)
        await connection.close()

    taken, done = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as thread:
        locking = thread.submit(asyncio.run, lock(taken, done))
        assert taken.wait(PATIENCE_SECONDS)
        try:
            yield
        finally:
            done.set()
            locking.result()


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, where no other test is given one by chance."""
    while True:
        first = secrets.randbelow(10_000) + 20_000  # below what the system gives by itself
        if all(port_is_free(first + place) for place in range(count)):
            return first


def port_is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def check_quick(up: Up) -> None:
    """Fail unless it came up as fast as a prepared start does, measured against this machine."""
    began = time.monotonic()
    subprocess.run([*TBG, "serve", "--help"], check=True, capture_output=True)
    one = time.monotonic() - began
    assert up.seconds < QUICK_STARTS * one, f"{up.seconds:.1f} s, one process {one:.1f} s"


def alive_in(root: Path) -> list[int]:
    """Servers that still work in a data directory."""
    found = processes.living_in(root / "pg", program="postgres")
    return [*found, *processes.living_in(root / "valkey", program="valkey-server")]


@pytest.fixture
def start() -> Iterator[Callable[..., Up]]:
    """Starts `tbg up`; what a failed test leaves running is killed."""
    with starting() as begin:
        yield begin


@contextmanager
def starting() -> Iterator[Callable[..., Up]]:
    """Starts `tbg up` on data that was there before, unless it is to be `new`.

    All but the page is in one process, which is the quickest to start, unless `env` says otherwise.
    """
    started: list[Up] = []

    def begin(
        root: Path, *options: str, env: dict[str, str] | None = None, new: bool = False
    ) -> Up:
        if not (new or (root / "pg").exists() or "TBG_DATABASE_URL" in (env or {})):
            servers.copy_pristine(root)
        started.append(Up(root, *options, env={"TBG_CONSUMERS": "0"} | (env or {})))
        return started[-1]

    yield begin
    for up in started:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait()
        canary.look_through(*up.root.glob("log/*.log"))


@pytest.fixture(scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Up]]:
    with starting() as begin:
        games: list[Up] = []

        def game() -> Up:
            if not (games and games[-1].process.poll() is None and eventually(games[-1].ready)):
                root = tmp_path_factory.mktemp("game")
                (root / "packs").mkdir()
                packs = str(root / "packs")
                games.append(begin(root, env={"TBG_BADGE_PACKS": packs, "TBG_CONSUMERS": "1"}))
            return games[-1]

        yield game
        assert [game.stop() for game in games if game.process.poll() is None] in ([0], [])
        assert [pid for game in games for pid in alive_in(game.root)] == []


@pytest.fixture
def game(_shared: Callable[[], Up]) -> Up:
    """A game that is up and stays so: for tests that leave it as they found it."""
    return _shared()


def test_start_use_stop_start_again(start: Callable[..., Up], tmp_path: Path) -> None:
    root, first = tmp_path / "data", free_ports(12)
    up = start(root, env={"TBG_METRICS_PORT": str(first), "TBG_CONSUMERS": "2"}, new=True)
    assert up.ready()
    for at in [
        *[first + METRICS_OFFSET[name] for name in ("worker", "ingest", "relay", "sender", "api")],
        first + 10 + METRICS_OFFSET["ingest"],
    ]:
        assert "tbg_" in httpx.get(f"http://127.0.0.1:{at}/metrics").text
    assert port_is_free(first + METRICS_OFFSET["collect"])
    assert set(up.state["children"]) == {
        "serve", "worker", "ingest", "ingest-2", "relay", "sender",
    }  # fmt: skip
    assert (root / "up.json").stat().st_mode & 0o077 == 0

    exports = tbg("env", "--data", str(root)).stdout
    assert f"TBG_PUBLIC_URL={up.url};\n" in exports
    assert "started by tbg up" in tbg("local", "status", "--data", str(root)).stdout

    second = tbg("up", "--port", "0", "--data", str(root))
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"process {up.process.pid}" in second.stderr
    assert tbg("local", "stop", "--data", str(root)).returncode == 1
    assert up.ready()

    # Whoever knows the application's password cannot keep the game from starting.
    servers.execute(
        up.state["settings"]["database_url"], "ALTER ROLE tbg_app SET search_path = nowhere"
    )
    assert up.stop(signal.SIGINT) == 0
    assert alive_in(root) == []
    assert tbg("env", "--data", str(root)).returncode == 1
    assert (root / "log" / "ingest.log").exists()

    again = start(root)
    check_quick(again)
    assert set(again.state["children"]) == {"serve", "worker"}
    assert again.ready()
    assert again.stop() == 0


def test_the_services_are_not_the_owner(game: Up) -> None:
    """In a data directory that was made before there were two roles."""
    up, root = game, game.root
    url = up.state["settings"]["database_url"]
    assert url.startswith("postgresql://tbg_app:")
    servers.execute(url, "BEGIN; DELETE FROM users; LOCK TABLE badge_definitions; ROLLBACK")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        servers.execute(url, "DELETE FROM audit_log")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        servers.execute(url, "ALTER TABLE audit_log DISABLE TRIGGER ALL")
    owner_password = (root / "password").read_text()
    for pid, _ in up.state["children"].values():
        environment = Path(f"/proc/{pid}/environ")
        assert not environment.exists() or owner_password not in environment.read_text()
    env = _of(tbg("env", "--data", str(root)).stdout)
    assert "TBG_OWNER_DATABASE_URL" not in env
    collector = _of(tbg("env", "--collector", "--data", str(root)).stdout)
    assert collector.keys() == {"TBG_REDIS_URL"}
    forwarded = root / "forwarded.sock"
    with tunnel(root / "valkey" / "valkey.sock", begin=forwarded):
        for redis_url, write in (
            (env["TBG_REDIS_URL"], "SET tbg:x 1"),
            (
                collector["TBG_REDIS_URL"].replace(TUNNEL, str(forwarded)),
                "XADD mining:share_submitted * user x",
            ),
        ):
            with redis.Redis.from_url(redis_url) as client:
                assert client.execute_command(*write.split())
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.flushall()
    for words in (["migrate"], ["rewards", "verify"], ["admin", "audit"], ["keys", "list"]):
        done = tbg(*words, env=env)
        assert done.returncode == 0, done.stderr


def _of(exports: str) -> dict[str, str]:
    """The settings that `tbg env` printed."""
    return dict(re.findall(r"^export (TBG_\w+)='?(.*?)'?;?$", exports, re.MULTILINE))


def test_a_collector_elsewhere_gives_its_password_to_no_port_and_publishes(
    game: Up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = tbg("env", "--collector", "--data", str(game.root)).stdout.splitlines()
    place = "/var/lib/tbg/game.sock"
    assert re.fullmatch(rf"export TBG_REDIS_URL=unix://collector:[\w-]+@{place}", line)
    began, logs = tmp_path / "game.sock", tmp_path / "logs" / "000000aa"
    logs.mkdir(parents=True)
    miner = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    mined = sharelog_line(1, at=int(time.time()), workername=miner, username=miner)
    (logs / f"{1:016x}.sharelog").write_bytes(mined + b"\n")
    # The line as it was printed, on the pool's machine.
    (tmp_path / ".env").write_text(line.replace(place, str(began)) + "\n")
    monkeypatch.chdir(tmp_path)
    with tunnel(game.root / "valkey" / "valkey.sock", begin=began):
        words = ["collect", logs.parent, "--source", "elsewhere", "--once", "--json"]
        done = tbg(*words, env={"TBG_METRICS_PORT": "0"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["published"] == 1


def test_a_service_that_is_refused_later_stops_no_game_that_is_up(game: Up) -> None:
    up, packs = game, game.root / "packs"
    (packs / "ours.json").write_text("{")
    os.kill(up.state["children"]["relay"][0], signal.SIGKILL)
    up.line(r"relay ended \(exit 2: .*ours\.json.*\); restarting it in 1 s")
    assert up.ready()
    refused = up.state["children"].get("relay")
    (packs / "ours.json").unlink()
    assert eventually(lambda: up.state["children"].get("relay", refused) != refused)
    assert eventually(up.ready)


def test_nobody_can_take_the_port_while_the_api_restarts_and_requests_wait_for_it(
    game: Up,
) -> None:
    port = int(game.url.rpartition(":")[2])
    before = game.state["children"]["serve"][0]
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{before}/fd/0").exists())
    assert not port_is_free(port)
    assert httpx.get(f"{game.url}/health", timeout=30).status_code == 200  # by its successor
    assert eventually(lambda: game.state["children"]["serve"][0] != before)
    assert game.ready()


def test_what_dies_is_started_again_and_named(game: Up) -> None:
    up = game
    before = up.state["children"]["relay"][0]
    os.kill(before, signal.SIGKILL)
    up.line(r"relay ended \(killed by SIGKILL\)")
    assert eventually(lambda: up.state["children"]["relay"][0] != before)

    ours = processes.living_in(up.root / "pg", program="postgres")
    [postmaster] = [pid for pid, parent in ours.items() if parent not in ours]
    os.kill(postmaster, signal.SIGKILL)
    up.line(r"postgres ended \(killed by SIGKILL\)")
    assert eventually(up.ready)


def test_a_service_that_is_refused_during_startup_is_reported_at_once(tmp_path: Path) -> None:
    packs, data = tmp_path / "packs", servers.copy_pristine(tmp_path / "data")
    packs.mkdir()
    (packs / "ours.json").write_text("{")
    done = tbg("up", "--port", "0", "--data", str(data), env={"TBG_BADGE_PACKS": str(packs)})
    assert done.returncode == 2
    assert "ours.json" in done.stderr


def test_a_backlog_keeps_no_game_from_coming_up(
    start: Callable[..., Up], tmp_path: Path, fresh_database: str, redis_url: str
) -> None:
    env = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        entry: dict[Any, Any] = dict(share(hour_ago))
        client.xadd(SHARE_SUBMITTED, entry, id=f"{int(hour_ago.timestamp() * 1000)}-0")
        with locked(fresh_database, "event_keys"):  # so no share gets in
            up = start(tmp_path, env=env)
            checks = httpx.get(f"{up.url}/health/ready").json()["checks"]
            assert [name for name, check in checks.items() if not check["ok"]] == ["ingest_lag"]
        assert eventually(up.ready)
        assert up.stop() == 0
        client.flushdb()


async def test_what_does_not_come_up_is_named(
    db: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local_up, "READY_SECONDS", 1.0)
    client = Redis.from_url(redis_url)
    await client.flushdb()
    await beat(client, "worker")
    supervisor = Supervisor(report=Lines(io.StringIO()), on_change=lambda _: None)
    async with served(make_app(db, client)) as host:
        with pytest.raises(CannotRun) as refusal:
            await local_up._answering(
                supervisor, f"http://{host}/health", redis_url=redis_url, logs=tmp_path
            )
    await client.aclose()
    said = str(refusal.value)
    assert "no sign of life from ingest, relay, sender)" in said
    assert said.endswith(f"see {tmp_path}")


def test_a_killed_supervisor_blocks_nothing(start: Callable[..., Up], tmp_path: Path) -> None:
    up = start(tmp_path)
    children = up.state["children"]
    up.process.kill()
    up.process.wait()
    again = start(tmp_path)
    assert again.ready()
    pid, born = children["serve"]
    assert processes.identified({"serve": pid}) != {"serve": [pid, born]}  # it is gone
    check_quick(again)
    again.process.send_signal(signal.SIGINT)
    again.line("stopping")
    assert again.stop(signal.SIGINT) == 0  # the second one forces
    assert eventually(lambda: alive_in(tmp_path) == [])


def test_a_port_in_use_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = tbg("up", "--port", str(port), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "--port" in done.stderr
    assert not (tmp_path / "data" / "pg").exists()


def test_wrong_arguments(tmp_path: Path) -> None:
    assert tbg("up", "--port", "http", "--data", str(tmp_path)).returncode == 2
    done = tbg("up", "--data", str(tmp_path), env={"TBG_NETWERK": "signet"})
    assert done.returncode == 2
    assert "TBG_NETWERK" in done.stderr


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = tbg("up", "--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "--data" in done.stderr


def test_servers_that_the_settings_name_are_used(
    start: Callable[..., Up], tmp_path: Path, pg_url: str, redis_url: str
) -> None:
    with servers.database(pg_url) as database, redis.Redis.from_url(redis_url) as client:
        up = start(tmp_path, env={"TBG_DATABASE_URL": database, "TBG_REDIS_URL": redis_url})
        assert up.ready()
        assert _of(tbg("env", "--data", str(tmp_path)).stdout)["TBG_DATABASE_URL"] == database
        assert up.stop() == 0
        client.flushdb()
    assert not (tmp_path / "pg").exists()
    assert not (tmp_path / "valkey").exists()


async def test_demo_miners_and_a_pool_are_not_mixed(
    start: Callable[..., Up], db: Database, fresh_database: str, redis_url: str, tmp_path: Path
) -> None:
    env = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}
    words = ("up", "--port", "0", "--data", str(tmp_path))
    client = Redis.from_url(redis_url)
    await client.flushdb()

    simulated = ("simulate", "--events", "5", "--rate", "max")  # goes with both
    assert tbg(*simulated, env=env).returncode == 0
    db.clock.at = datetime.now(UTC)  # type: ignore[attr-defined]
    await ingest_on(db, client).drain()
    async with db.transaction() as tx:
        assert await sources(tx) == {"simulator"}
    up = start(tmp_path, env=env)
    assert up.stop() == 0

    history = demo_live(3, now=db.clock.now().timestamp())
    entries = list(islice(generate(history), 5))
    await Publisher(client).publish([(entry.stream, entry.fields) for entry in entries])
    await ingest_on(db, client).drain()
    done = await asyncio.to_thread(tbg, *words, env=env)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "simulated shares of demo miners" in line
    up = start(tmp_path, "--demo", "3", env=env)
    assert up.stop() == 0

    await publish(client, share(db.clock.now(), source="mypool"))
    await ingest_on(db, client).drain()
    done = await asyncio.to_thread(tbg, *words, "--demo", "3", env=env)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "shares of mypool" in line
    assert "DEMO=0" in line
    await client.flushdb()
    await client.aclose()


def test_a_shell_that_knows_the_way_in_starts_the_same_game_again(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    up = start(tmp_path)
    env = _of(tbg("env", "--data", str(tmp_path)).stdout)
    del env["TBG_PUBLIC_URL"]  # each start of this test has another port
    assert up.stop() == 0

    done = tbg("migrate", env=env)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert re.match(rf"tbg: PostgreSQL at {tmp_path}/pg does not answer \(.+\): start it", line)
    assert "`tbg up`" in line

    again = start(tmp_path, env=env)
    assert len(alive_in(tmp_path)) > 1
    assert again.ready()
    assert again.stop() == 0

    assert tbg("local", "start", env=env).returncode == 0
    env = _of(tbg("env", env=env).stdout)
    assert "TBG_OWNER_DATABASE_URL" in env
    assert tbg("local", "stop", env=env).returncode == 0
    last = start(tmp_path, env=env)
    assert last.state["settings"]["database_url"].startswith("postgresql://tbg_app:")
    assert last.stop() == 0


AWAY = {
    "TBG_DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/tbg",
    "TBG_REDIS_URL": "redis://:hush@127.0.0.1:2/0",
}
COMMANDS = ["up --port 0", "migrate", "serve", "ingest", "relay", "sender", "worker",
            "rewards verify",
            "admin audit", "mining totals", "keys rotate", "events dead-letters"]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_away_is_one_line(command: str, tmp_path: Path) -> None:
    done = tbg(*command.split(), env=AWAY | {"TBG_DATA_DIR": str(tmp_path)})
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("tbg: PostgreSQL at 127.0.0.1:1 does not answer (Connection refused): ")
    assert line.endswith("correct TBG_DATABASE_URL")
    assert "hush" not in done.stdout + line


@pytest.mark.parametrize("command", ["up --port 0", "events replay --all", "simulate --events 1"])
def test_a_redis_that_is_away_is_one_line(
    command: str, fresh_database: str, tmp_path: Path
) -> None:
    env = AWAY | {"TBG_DATABASE_URL": fresh_database, "TBG_DATA_DIR": str(tmp_path)}
    done = tbg(*command.split(), env=env)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("tbg: Redis at 127.0.0.1:2 does not answer (")
    assert line.endswith("correct TBG_REDIS_URL")
    assert "hush" not in done.stdout + line


def test_a_database_that_refuses_the_login_is_reported_in_one_line(
    fresh_database: str, tmp_path: Path
) -> None:
    user = urlsplit(fresh_database).username
    place = fresh_database.rpartition("@")[2]
    url = f"postgresql://{user}_of_another_game:hush@{place}"
    done = tbg("migrate", env=AWAY | {"TBG_DATABASE_URL": url, "TBG_DATA_DIR": str(tmp_path)})
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert re.match(
        r"tbg: PostgreSQL at \S+/pg refuses the connection \(.+\): correct TBG_DATABASE_URL", line
    )
    assert "hush" not in line


def test_the_doctor_tells_a_cause_once(fresh_database: str, tmp_path: Path) -> None:
    env = AWAY | {"TBG_DATA_DIR": str(tmp_path)}
    done = tbg("doctor", "--json", env=env)
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert [name for name, check in found.items() if not check["ok"]] == ["database", "redis"]
    assert "PostgreSQL at 127.0.0.1:1 does not answer" in found["database"]["detail"]
    # What can be asked is asked all the same.
    done = tbg("doctor", "--json", env=env | {"TBG_DATABASE_URL": fresh_database})
    found = json.loads(done.stdout)
    assert found["schema"]["ok"]
    assert not found["redis"]["ok"]
    assert "lag" not in found


def test_servers_alone_and_the_game_on_top(start: Callable[..., Up], tmp_path: Path) -> None:
    where = ("--data", str(tmp_path))
    assert tbg("local", "status", *where).returncode == 1
    assert tbg("local", "start", *where).returncode == 0
    try:
        assert "already running" in tbg("local", "start", *where).stdout
        assert json.loads(tbg("local", "status", "--json", *where).stdout)["by"] == "tbg local"
        env = _of(tbg("env", *where).stdout)
        assert not env.keys() & {"TBG_PORT", "TBG_PUBLIC_URL", "TBG_NETWORK"}  # nobody set them
        assert tbg("serve", env=env).stderr.count("run `tbg migrate`") == 1
        assert tbg("migrate", env=env).returncode == 0  # as the owner, who is named here
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            servers.execute(env["TBG_DATABASE_URL"], "DELETE FROM audit_log")
        up = start(tmp_path)
        assert up.state["settings"]["database_url"] == env["TBG_DATABASE_URL"]
        assert up.stop() == 0
        assert len(alive_in(tmp_path)) > 1
    finally:
        assert tbg("local", "stop", *where).returncode == 0
    assert alive_in(tmp_path) == []
