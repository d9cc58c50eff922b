"""`tbg collect` as a person runs it; where it may be killed, in a process of its own."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from redis import Redis

from lab.faults import forked
from tbg.adapters.streams import MINER_CONNECTED, SHARE_SUBMITTED, STREAMS
from tbg.adapters.streams.game import GAME
from tbg.core.clock import SystemClock
from tests.commands import tbg

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ckpool"


class Shell:
    """Runs the program with a data directory and a Redis of its own."""

    def __init__(self, data: Path, redis_url: str) -> None:
        self.data, self.log = data, data.with_name("collect.log")
        self.redis: Any = Redis.from_url(redis_url)
        self.empty_redis()
        self.env = {
            "TBG_REDIS_URL": redis_url,
            "TBG_DATA_DIR": str(data),
            "TBG_NETWORK": "regtest",
            "TZ": "UTC",  # the recorded pools lived by it
            "TBG_METRICS_PORT": "0",
        }

    def empty_redis(self, **game: Any) -> None:
        """Have Redis lose everything but what the game, which runs, says of itself."""
        self.redis.flushdb()
        self.redis.set(GAME, json.dumps({"v": 1, "network": "regtest", "demo": False} | game))

    def start(self, *words: str | Path) -> ForkServerProcess:
        """A process of its own; what it says is in `self.log`."""
        env = {"PATH": os.environ["PATH"], **self.env}
        return forked.start("collect", *words, env=env, directory=self.data.parent, log=self.log)

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        with in_the_time_of(self.env["TZ"]):
            done = tbg("collect", *words, env=self.env)
        return done.returncode, done.stdout, done.stderr

    def ids(self) -> set[str]:
        return {
            fields[b"event_id"].decode()
            for stream in STREAMS
            for _, fields in self.redis.xrange(stream)
        }


@contextmanager
def in_the_time_of(zone: str) -> Iterator[None]:
    """This process is where the clocks show this."""
    try:
        with patch.dict(os.environ, TZ=zone):
            time.tzset()
            yield
    finally:
        time.tzset()


@pytest.fixture
def just_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock to the day after the recording: only recent connections are published."""
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
def shell(tmp_path: Path, redis_url: str) -> Shell:
    return Shell(tmp_path / "data", redis_url)


def test_once_prints_only_its_result(shell: Shell) -> None:
    logs = FIXTURES / "a" / "logs"
    code, out, _ = shell.run(logs, "--source", "a", "--once", "--json")
    counts = json.loads(out)
    assert code == 0
    assert {key: counts[key] for key in ("files", "lines", "published", "already_seen")} == {
        "files": 78,
        "lines": 197,
        "published": 197,
        "already_seen": 0,
    }
    assert (counts["quarantined"], counts["blocks"]) == (0, 9)
    code, out, _ = shell.run(logs, "--source", "a", "--once", "--json")
    counts = json.loads(out)
    assert (code, counts["published"], counts["already_seen"]) == (0, 0, 197)
    code, out, _ = shell.run(
        logs, "--source", "a", "--once", "--from", "2026-11-21T08:00", "--json"
    )
    since = sum(
        float(fields[b"ts"]) >= 1795248000
        for _, fields in shell.redis.xrange(SHARE_SUBMITTED, count=197)
    )
    counts = json.loads(out)
    assert (code, counts["published"], counts["lines"]) == (0, since, 197)
    assert 0 < since < 197


def test_its_folder_and_files_are_readable_by_its_user_alone(shell: Shell) -> None:
    shutil.rmtree(shell.data, ignore_errors=True)
    assert shell.run(FIXTURES / "a" / "logs", "--source", "a", "--once")[0] in (0, 3)
    written = [shell.data, *shell.data.iterdir()]
    assert len(written) > 2
    assert {
        path.name: path.stat().st_mode & 0o077 for path in written if path.stat().st_mode & 0o077
    } == {}


def test_a_folder_in_which_others_could_replace_its_files_is_refused(shell: Shell) -> None:
    shell.data.mkdir(exist_ok=True)
    shell.data.chmod(0o777)
    words = (FIXTURES / "a" / "logs", "--source", "a", "--once")
    code, _, told = shell.run(*words)
    assert (code, "other users can write to" in told) == (1, True)
    shell.data.chmod(0o700)
    if os.getuid() == 0:
        os.chown(shell.data, 65534, 65534)
        code, _, told = shell.run(*words)
        assert (code, "belongs to" in told) == (1, True)
    assert not shell.ids()


@pytest.mark.usefixtures("just_recorded")
def test_the_pool_s_log_is_in_the_time_of_its_machine(shell: Shell) -> None:
    def connected(*more: str) -> dict[bytes, float]:
        shell.empty_redis()
        shutil.rmtree(shell.data, ignore_errors=True)
        assert shell.run(FIXTURES / "a" / "logs", "--source", "a", "--once", *more)[0] == 0
        found = [fields for _, fields in shell.redis.xrange(MINER_CONNECTED)]
        assert found
        return {fields[b"event_id"]: float(fields[b"ts"]) for fields in found}

    utc = connected()
    shell.env["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
    assert connected() == {name: at - 3600 for name, at in utc.items()}  # it was winter
    assert connected("--tz", "UTC") == utc


def test_a_quarantined_line_needs_a_person(shell: Shell, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(FIXTURES / "b" / "logs", logs)
    path = sorted(logs.glob("*/*.sharelog"))[3]
    path.write_bytes(b'{"workinfoid": 1, "address": "198.51.100.23", "agen\n' + path.read_bytes())
    code, out, err = shell.run(logs, "--source", "b", "--once")
    assert code == 3
    assert "3156 published" in out
    file = shell.data / "quarantine-b.jsonl"
    assert str(file) in err.splitlines()[-1]
    (bad,) = map(json.loads, file.open())
    assert (bad["path"], bad["offset"]) == (str(path.relative_to(logs)), 0)
    assert "198.51" not in file.read_text() + err
    assert shell.run(logs, "--source", "b", "--once")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere", "--source", "a", "--once"), 1, "no such directory"),
        ((FIXTURES, "--source", "a", "--once"), 1, "not a ckpool log directory"),
        ((FIXTURES / "a", "--source", "a"), 1, "use the log directory in it"),
        ((FIXTURES / "a/logs", "--source", "../a", "--once"), 2, "--source"),
        (
            (FIXTURES / "a/logs", "--source", "a", "--once", "--follow"),
            2,
            "either --once or --follow",
        ),
        ((FIXTURES / "a/logs", "--source", "a", "--from", "noon"), 2, "--from"),
        ((FIXTURES / "a/logs", "--source", "a", "--tz", "Mars/Base"), 2, "--tz"),
        ((FIXTURES / "a/logs",), 2, "--source"),
    ],
)
def test_errors_are_reported_in_one_line(
    shell: Shell, words: tuple[str | Path, ...], code: int, said: str
) -> None:
    got, out, err = shell.run(*words)
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("game", "code", "said"),
    [
        ({"network": "mainnet"}, 2, "set TBG_NETWORK=mainnet"),
        ({"demo": True}, 1, "is a demo"),
        (None, 1, "no game has used this Redis yet"),
    ],
)
def test_a_game_that_is_not_the_pool_s_is_refused_before_anything_is_published(
    shell: Shell, game: dict[str, Any] | None, code: int, said: str
) -> None:
    shell.empty_redis(**(game or {}))
    if game is None:
        shell.redis.delete(GAME)
    got, out, err = shell.run(FIXTURES / "b/logs", "--source", "b", "--once")
    assert (got, out, shell.ids()) == (code, "", set())
    (line,) = err.splitlines()
    assert said in line
    assert "nothing was published" in line
    shell.empty_redis()
    assert shell.run(FIXTURES / "b/logs", "--source", "b", "--once")[0] == 0
    assert len(shell.ids()) > 3_000


@pytest.mark.usefixtures("just_recorded")
def test_addresses_of_another_network_are_reported_and_read_once_it_is_right(shell: Shell) -> None:
    shell.empty_redis(network="mainnet")
    shell.env["TBG_NETWORK"] = "mainnet"
    code, out, _ = shell.run(FIXTURES / "a/logs", "--source", "a", "--once")
    assert code == 3
    assert "0 published, 0 already seen, 197 quarantined" in out
    assert "other_network (197): addresses of a Bitcoin network other than" in out
    assert re.search(r"held back \(\d+\): lines with regtest addresses, such as bcrt1\w+", out)
    assert shell.redis.xlen(SHARE_SUBMITTED) == 0
    shell.empty_redis()
    shell.env["TBG_NETWORK"] = "regtest"
    code, out, _ = shell.run(FIXTURES / "a/logs", "--source", "a", "--once", "--json")
    counts = json.loads(out)
    assert (code, counts["published"], counts["blocks"]) == (0, 197, 9)
    assert (counts["notices"], counts["networks"]) == ({}, {})


def test_redis_away_ends_once_with_one_line(shell: Shell) -> None:
    shell.env["TBG_REDIS_URL"] = "redis://127.0.0.1:1/0"
    code, out, err = shell.run(FIXTURES / "a/logs", "--source", "a", "--once")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("tbg: Redis: ")


def test_no_log_line_tells_an_ip_address(shell: Shell) -> None:
    _, out, err = shell.run(FIXTURES / "b/logs", "--source", "b", "--once")
    assert not re.search(r"127\.0\.0\.\d+", out + err)


def test_killed_at_any_moment_while_the_pool_writes(shell: Shell, tmp_path: Path) -> None:
    """SIGKILL a real follower again and again while the recorded pool's files grow."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    logs = tmp_path / "logs"
    whole = {
        path.relative_to(FIXTURES / "b/logs"): path.read_bytes()
        for path in sorted((FIXTURES / "b/logs").rglob("*"))
        if path.suffix == ".sharelog" or path.name == "ckpool.log"
    }
    for path in whole:
        (logs / path).parent.mkdir(parents=True, exist_ok=True)
    kills = 20
    for part in range(1, kills + 1):
        process = shell.start(logs, "--source", "b", "--follow")
        deadline = time.monotonic() + chance.uniform(0.0, 0.6)
        for path, data in whole.items():
            begin, end = len(data) * (part - 1) // kills, len(data) * part // kills
            with (logs / path).open("ab") as file:
                file.write(data[begin:end])
        time.sleep(max(0.0, deadline - time.monotonic()))
        process.kill()
        process.join()
    code, _, err = shell.run(logs, "--source", "b", "--once", "--json")
    assert code == 0, f"seed {seed}: {err}"
    survived = shell.ids()
    again = json.loads(shell.run(logs, "--source", "b", "--once", "--json")[1])
    assert (again["published"], again["already_seen"]) == (0, 3156), f"seed {seed}"
    shell.empty_redis()
    shutil.rmtree(shell.data)
    shell.run(logs, "--source", "b", "--once")
    assert survived == shell.ids(), f"seed {seed}"


def test_a_follower_waits_for_redis_and_ends_cleanly(shell: Shell, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(FIXTURES / "a" / "logs", logs)
    held = max(logs.glob("*/*.sharelog"))
    data = held.read_bytes()
    held.write_bytes(b"")
    process = shell.start(logs, "--source", "a", "--follow", "--json")
    try:
        wait_for(lambda: shell.redis.xlen(SHARE_SUBMITTED) == 197 - data.count(b"\n"))
        # A Redis that drops every connection: what an outage looks like from here.
        shell.redis.client_kill_filter(_type="normal", skipme=True)
        held.write_bytes(data)
        wait_for(lambda: shell.redis.xlen(SHARE_SUBMITTED) >= 197)
        code, _, err = shell.run(logs, "--source", "a", "--once")
        assert code == 1
        assert "another" in err
    finally:
        process.terminate()
        process.join(timeout=20)
    assert process.exitcode == 0
    counts = next(line for line in shell.log.read_text().splitlines() if '"files"' in line)
    assert json.loads(counts)["files"] == 78


def wait_for(done: object, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_a_log_directory_is_read_under_one_name(shell: Shell, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(FIXTURES / "b" / "logs", logs)
    assert shell.run(logs, "--source", "b", "--once")[0] == 0
    (tmp_path / "same").symlink_to(logs)
    code, _, err = shell.run(tmp_path / "same", "--source", "other", "--once")
    assert code == 1
    assert "is already read as --source b: use that name, or its shares would count twice" in err
    assert shell.run(logs, "--source", "b", "--once")[0] == 0
    logs.rename(tmp_path / "moved")
    logs.symlink_to(tmp_path / "moved")  # source b knows the folder by this path
    assert "already read as --source b" in shell.run(logs, "--source", "other", "--once")[2]
    (shell.data / "collect-b.sqlite").unlink()
    assert "already read" not in shell.run(logs, "--source", "other", "--once")[2]
