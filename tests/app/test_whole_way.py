"""From a pool's logs, or a simulated pool, to its books: every command as an operator types it."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from lab.faults import forked
from tbg.adapters.streams import GROUP, SHARE_SUBMITTED
from tests.commands import tbg

LOGS = Path(__file__).parents[1] / "fixtures" / "ckpool"

Books = dict[tuple[str, str], tuple[Any, ...]]
"""Address and worker → accepted, rejected, work and best difficulty of the accepted."""


class Game:
    """The program's commands on one database and one Redis."""

    def __init__(self, database: str, redis_url: str, data: Path, *, network: str) -> None:
        self.log = data.with_name("services.log")
        self.env = {
            "TBG_DATABASE_URL": database,
            "TBG_REDIS_URL": redis_url,
            "TBG_DATA_DIR": str(data),
            "TBG_NETWORK": network,
        }

    def start(self, *words: str) -> ForkServerProcess:
        return forked.start(*words, env=self.env, directory=self.log.parent, log=self.log)

    def run(self, *words: str) -> str:
        done = tbg(*words, env=self.env)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    @contextmanager
    def beside(self, *words: str) -> Iterator[None]:
        process = self.start(*words)
        try:
            yield
        finally:
            process.terminate()
            process.join(timeout=60)
        assert process.exitcode == 0, self.log.read_text()

    def totals(self) -> Books:
        """`tbg mining totals`, as a pool's own books have them."""
        rows = [json.loads(line) for line in self.run("mining", "totals", "--json").splitlines()]
        return {
            (row["address"], row["worker"]): (
                row["accepted"],
                row["rejected"],
                pytest.approx(row["work"]),
                row["best_sdiff"],
            )
            for row in rows
            if row["accepted"] or row["rejected"]
        }


@pytest.fixture
def empty_redis(redis_url: str) -> Iterator[Any]:
    client = Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.flushall()
    client.close()


def await_consumers(redis: Any, number: int) -> None:
    """Until so many services have begun to read."""
    until = time.monotonic() + 60
    while len(consumers(redis)) < number:
        assert time.monotonic() < until, f"{consumers(redis)} read"
        time.sleep(0.05)


def consumers(redis: Any) -> list[Any]:
    try:
        return list(redis.xinfo_consumers(SHARE_SUBMITTED, GROUP))
    except ResponseError:  # there is no group yet
        return []


def counted(source: str) -> Books:
    """The same books by a few lines of their own, straight from the share logs."""
    books: Any = defaultdict(lambda: [0, 0, 0.0, 0.0])
    for path in sorted((LOGS / source / "logs").glob("*/*.sharelog")):
        for share in map(json.loads, path.read_text().splitlines()):
            address, worker = re.findall(r"^([^._]+)[._]?(.*)$", share["workername"])[0]
            row = books[address, worker or "default"]
            row[0 if share["result"] else 1] += 1
            if share["result"]:
                row[2] += share["diff"]
                row[3] = max(row[3], share["sdiff"])
    return {miner: tuple(row) for miner, row in books.items()}


@pytest.mark.parametrize("source", ["a", "b"])
def test_a_recorded_pool(
    fresh_database: str, redis_url: str, empty_redis: Any, tmp_path: Path, source: str
) -> None:
    game = Game(fresh_database, redis_url, tmp_path / "data", network="regtest")
    collect = ["collect", str(LOGS / source / "logs"), "--source", source, "--tz", "UTC"]
    collect += ["--once", "--json"]
    assert json.loads(game.run(*collect))["published"] > 0
    game.run("ingest", "--drain")
    assert game.totals() == counted(source)
    assert json.loads(game.run(*collect))["published"] == 0
    game.run("ingest", "--drain")
    assert game.totals() == counted(source)


def test_a_recorded_pool_with_everybody_killed(
    fresh_database: str, redis_url: str, empty_redis: Any, tmp_path: Path
) -> None:
    """Collector and ingest are killed as they work, at another moment each time."""
    game = Game(fresh_database, redis_url, tmp_path / "data", network="regtest")
    collect = ["collect", str(LOGS / "b" / "logs"), "--source", "b", "--once", "--tz", "UTC"]
    for n in range(6):
        for words in (collect, ["ingest"]):
            process = game.start(*words)
            time.sleep(n * 0.13)
            process.kill()
            process.join()
    game.run(*collect)
    game.run("ingest", "--drain")
    assert game.totals() == counted("b")


def test_a_simulated_pool_into_two_ingests(
    fresh_database: str, redis_url: str, empty_redis: Any, tmp_path: Path
) -> None:
    game = Game(fresh_database, redis_url, tmp_path / "data", network="mainnet")
    with game.beside("ingest"), game.beside("ingest"):
        await_consumers(empty_redis, 2)
        told = json.loads(
            game.run(
                "simulate", "--rate", "max", "--seed", "7", "--json",
                *["--miners", "200", "--events", "12000"],
                *["--duplicates", "0.1", "--late", "0.05", "--poison", "0.005"],
            )
        )  # fmt: skip
    game.run("ingest", "--drain")
    totals = game.totals().values()
    assert sum(row[0] + row[1] for row in totals) == told["unique_good"] > 9_000
    assert empty_redis.xlen("mining:dead_letter") == told["poisoned"] > 10
    assert json.loads(game.run("rewards", "verify", "--json"))["mismatches"] == 0
