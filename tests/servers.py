"""The real servers the tests run on: the ones named by TBG_TEST_…, else a private embedded pair.

By hand: `python -m tests.servers [DIR]` starts a private pair, prints its settings and keeps it
until Ctrl-C.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tbg.app.local import servers
from tbg.app.local.instance import OWNER, make_root, password
from tbg.app.local.postgres import Postgres
from tbg.app.local.valkey import Valkey
from tests.commands import tbg

PRISTINE = "TESTS_PRISTINE_DATA"
"""The variable that names the folder of `pristine`, to every process of a run."""

Pair = tuple[Postgres, Valkey]

_count = itertools.count(1)


@dataclass(frozen=True)
class Urls:
    """Where the tests' servers are: a database to make databases from, and a Redis of our own."""

    database: str
    redis: str


def named(environment: dict[str, str]) -> Urls | None:
    """The servers that TBG_TEST_… names (both or none); never the ones that people use."""
    database = environment.get("TBG_TEST_DATABASE_URL")
    redis = environment.get("TBG_TEST_REDIS_URL")
    if not database and not redis:
        return None
    if not database or not redis:
        raise RuntimeError("set both TBG_TEST_DATABASE_URL and TBG_TEST_REDIS_URL, or neither")
    for test, live in ((database, "TBG_DATABASE_URL"), (redis, "TBG_REDIS_URL")):
        if test == environment.get(live):
            raise RuntimeError(f"the tests would empty what {live} names: give them another")
    return Urls(database, redis)


@contextmanager
def embedded(root: Path | None = None, *, durable: bool = False) -> Iterator[Pair]:
    """A private embedded pair; `durable` True with fsync and append-only file, as in real life.

    The game's own database in it is migrated. Without `root` the data is in a directory of its own
    that goes when the pair stops.
    """
    with ExitStack() as stack:
        if root is None:
            root = stack.enter_context(temporary()) / "data"
        yield stack.enter_context(running(copy_pristine(root), durable=durable))


@contextmanager
def temporary() -> Iterator[Path]:
    """A directory that is deleted at the end; the servers' user may enter it."""
    place = Path(tempfile.mkdtemp(prefix="tbg-test-"))
    place.chmod(0o711)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def pair_of(root: Path, *, durable: bool = True) -> Pair:
    """The servers of a data directory, which is made if it is new; they do not run yet."""
    place = make_root(root)
    secret = password(place, OWNER)
    return (
        servers.postgres_of(place, password=secret, durable=durable),
        servers.valkey_of(place, password=secret, durable=durable),
    )


@contextmanager
def running(root: Path, *, durable: bool = True) -> Iterator[Pair]:
    """The servers of a data directory, as long as the block lasts."""
    pair = pair_of(root, durable=durable)
    try:
        for server in pair:
            servers.spawn(server)
        servers.wait_ready(*pair)
        yield pair
    finally:
        servers.stop(*pair)


def copy_pristine(root: Path) -> Path:
    """A new data directory, as if its servers had been started, migrated and stopped before."""
    place = make_root(root)
    source = pristine()
    for name in ("pg", "password"):
        subprocess.run(["cp", "-a", source / name, place / name], check=True)
    return place


def pristine() -> Path:
    """The data directory that others are copies of, made by the first process that needs it.

    Making one takes seconds, copying it takes a hundredth of that.
    """
    folder = Path(os.environ[PRISTINE])
    place = folder / "data"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            with running(place, durable=False) as (pg, _):
                migrate(pg.url)
            (folder / "made").touch()
    return place


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def name_of(url: str) -> str:
    """The database that a URL names."""
    return urlsplit(url).path[1:]


def execute(url: str, *statements: str) -> None:
    """Run statements one by one, each in a transaction of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:  # a thread of its own: the test may have a loop here
        thread.submit(asyncio.run, run()).result()


@contextmanager
def database(url: str, *, template: str | None = None, owner: str = "DEFAULT") -> Iterator[str]:
    """A new database beside `url`'s, copied from `template`, dropped at the end; gives its URL."""
    name = f"tbg_test_{os.getpid()}_{next(_count)}"
    # Copying files takes half the time of writing them to the log, which nobody will replay.
    words = f'TEMPLATE "{template or "template0"}" OWNER {owner} STRATEGY FILE_COPY'
    execute(url, f'CREATE DATABASE "{name}" {words}')
    try:
        yield with_database(url, name)
    finally:
        execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def migrate(url: str, *, owner: str = "") -> None:
    """Bring a database's schema up to date, by the program's own command."""
    done = tbg("migrate", env={"TBG_DATABASE_URL": url, "TBG_OWNER_DATABASE_URL": owner})
    if done.returncode != 0:
        raise RuntimeError(f"tbg migrate failed: {done.stdout}{done.stderr}")


def main() -> None:
    """Keep a private pair running until Ctrl-C."""
    with ExitStack() as stack:
        named = [Path(word) for word in sys.argv[1:]]
        (place,) = named or [stack.enter_context(temporary()) / "data"]
        pg, valkey = stack.enter_context(running(place, durable=False))
        print(f"export TBG_TEST_DATABASE_URL={pg.url_of('postgres')}")
        print(f"export TBG_TEST_REDIS_URL={valkey.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopping", file=sys.stderr)


if __name__ == "__main__":
    main()
