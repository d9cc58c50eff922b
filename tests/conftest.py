"""What every test may ask for: real servers, and a database of its own."""

from __future__ import annotations

import functools
import gc
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import httpx
import hypothesis
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.adapters import redis as redis_adapter
from tbg.app.local.postgres import DATABASE
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tests import servers
from tests.api import client_of, make_app
from tests.budget import pytest_terminal_summary  # noqa: F401 - a hook, for every run
from tests.canary import pytest_runtest_makereport  # noqa: F401 - a hook, for every test
from tests.connections_held import pytest_pyfunc_call  # noqa: F401 - a hook, for every test
from tests.databases import Reused
from tests.lock_order import pytest_runtest_call  # noqa: F401 - a hook, for every test
from tests.memory import keep_temporary_files_in_memory

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""The Wednesday of 2026-W10 on which tests happen, unless they move the clock."""

# Tests see none of the operator's settings, and never the servers that people use.
_OUTSIDE = {key: os.environ.pop(key) for key in list(os.environ) if key.startswith("TBG_")}
# Nor do the services they start take ports that somebody's game has.
os.environ["TBG_METRICS_PORT"] = "0"
keep_temporary_files_in_memory()


# A busy machine may pause any example for long: how long one takes shows nothing.
hypothesis.settings.register_profile("tbg", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("tbg")


def pytest_configure(config: pytest.Config) -> None:
    """Choose where the servers' data directory will be made, once for all processes of a run."""
    if servers.PRISTINE not in os.environ:
        stack = ExitStack()
        os.environ[servers.PRISTINE] = str(stack.enter_context(servers.temporary()))
        config.add_cleanup(stack.close)


@pytest.fixture(scope="session", autouse=True)
def _keys_are_read_once() -> Iterator[None]:
    """Reading an RSA key takes 40 ms, and every API of a test has the same one."""
    read = functools.cache(serialization.load_pem_private_key)
    with patch.object(serialization, "load_pem_private_key", read):
        yield


@pytest.fixture(autouse=True)
def _merges_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A merge takes longer on a busy machine, and tests do not wait for the next one."""
    monkeypatch.setattr(limits, "MERGES_REST_AFTER_SECONDS", 3_600.0)


_BEGAN = pytest.StashKey[float]()

LONG = ("tests/e2e/", "tests/faults/test_harness.py", "tests/app/test_local_up.py")
"""What takes longest and so comes first: side by side, no worker is left alone with it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--begin-within`, for who wants an answer soon, and `--histories`, for who wants more."""
    told = "Skip the tests that have not begun so many seconds after the first."
    parser.addoption("--begin-within", type=float, default=None, metavar="SECONDS", help=told)
    told = "How many random histories of accounts are merged."
    parser.addoption("--histories", type=int, default=100, metavar="N", help=told)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Note when it began."""
    session.config.stash[_BEGAN] = time.monotonic()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what comes too late."""
    within = item.config.getoption("--begin-within")
    if within is not None and time.monotonic() - item.config.stash[_BEGAN] > within:
        pytest.skip(f"{within:g} s are over: left to `make test`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest first, unless the order was chosen."""
    if config.getoption("--begin-within") is not None:
        return

    def place(item: pytest.Item) -> int:
        found = [n for n, start in enumerate(LONG) if item.nodeid.startswith(start)]
        return found[0] if found else len(LONG)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores: tests also wait, for processes and a browser."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side, tests of a file stay together, as do all that need a browser."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - not there with `-p no:xdist`

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith("tests/e2e/"):
                return "tests/e2e"
            if nodeid.startswith("tests/faults/test_harness.py"):
                return nodeid
            return nodeid.partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def server_urls() -> Iterator[servers.Urls]:
    """PostgreSQL and Redis for this run: the ones TBG_TEST_… names, else an embedded pair."""
    named = servers.named(_OUTSIDE)
    if named is not None:
        if "PYTEST_XDIST_WORKER" in os.environ:
            raise RuntimeError("tests side by side would empty each other's Redis: leave out -n")
        yield named
        return
    with servers.embedded() as (pg, valkey):
        yield servers.Urls(pg.url_of("postgres"), valkey.url)


@pytest.fixture(scope="session")
def pg_url(server_urls: servers.Urls) -> str:
    """A maintenance database, to make databases from: tests leave it as it is."""
    return server_urls.database


@pytest.fixture(scope="session")
def redis_url(server_urls: servers.Urls) -> str:
    """A Redis that the tests have for themselves: they may empty it."""
    return server_urls.redis


@pytest.fixture(scope="session")
def migrated_template(pg_url: str) -> Iterator[str]:
    """The name of a migrated database that is only copied from."""
    if servers.named(_OUTSIDE) is None:
        yield DATABASE  # the servers' data was made with it
        return
    with servers.database(pg_url) as url:
        servers.migrate(url)
        yield servers.name_of(url)


@pytest.fixture(scope="session")
def _reused(pg_url: str, migrated_template: str) -> Iterator[Reused]:
    reused = Reused(pg_url, migrated_template)
    yield reused
    reused.drop()


@pytest.fixture
def fresh_database(_reused: Reused) -> str:
    """A migrated database that is the test's own; gives its URL."""
    return _reused.fresh()


@pytest.fixture
def clock() -> FixedClock:
    """The clock that `db` reads; it stays at `NOW` until a test moves it."""
    return FixedClock(NOW)


@pytest.fixture
async def db(fresh_database: str, clock: FixedClock) -> AsyncIterator[Database]:
    """A migrated database of the test's own, with the badge registry in it."""
    database = connect(fresh_database, clock)
    yield database
    await database.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty Redis."""
    client = redis_adapter.connect(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def app(db: Database, redis: Redis) -> FastAPI:
    """The API on this test's servers."""
    return make_app(db, redis)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, without a network between."""
    async with client_of(app) as client:
        yield client


def pytest_collection_finish() -> None:
    """Leave what collecting made out of every later search for garbage: it stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
