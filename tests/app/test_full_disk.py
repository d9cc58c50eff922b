"""A server that answers but cannot write: what commands say is about its disk."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy.exc import DBAPIError

from tbg.app.cli.failure import told
from tbg.app.local import servers as local
from tbg.core.tx import Database
from tests import servers
from tests.commands import tbg


@pytest.fixture
def full_redis() -> Iterator[str]:
    """A Redis whose append-only file cannot grow, as on a full disk."""
    with servers.temporary() as place:
        _, valkey = servers.pair_of(place / "data")
        local.spawn(valkey)
        try:
            local.wait_ready(valkey)
            assert valkey.process is not None
            _, hard = resource.prlimit(valkey.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(valkey.process.pid, resource.RLIMIT_FSIZE, (0, hard))
            wait_until_it_refuses(valkey.url)
            yield valkey.url
        finally:
            local.stop(valkey)


def wait_until_it_refuses(url: str) -> None:
    """It notices when it writes what the first command has changed."""
    with redis.Redis.from_url(url) as client:
        for _ in range(100):
            try:
                client.incr("writes")
            except redis.ResponseError:
                return
            time.sleep(0.05)
    raise AssertionError("the server still writes")


@pytest.mark.parametrize("command", ["ingest --drain", "simulate --events 1", "doctor"])
def test_a_redis_with_a_full_disk_is_told_to_get_room(
    command: str, full_redis: str, fresh_database: str, tmp_path: Path
) -> None:
    env = {
        "TBG_DATABASE_URL": fresh_database,
        "TBG_REDIS_URL": full_redis,
        "TBG_DATA_DIR": str(tmp_path),
    }
    done = tbg(*command.split(), env=env)
    assert done.returncode in (1, 3)
    said = done.stdout + done.stderr
    (line,) = [line for line in said.splitlines() if "cannot write to its disk" in line]
    assert "valkey.sock cannot write to its disk (MISCONF Errors writing to the AOF file" in line
    assert line.endswith("make room on that disk")
    assert "start it" not in said


async def test_a_postgres_with_a_full_disk_is_told_to_get_room(db: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with db.transaction() as tx:
            await tx.run(
                "DO $$ BEGIN RAISE 'could not extend file: No space left on device'"
                " USING ERRCODE = 'disk_full'; END $$"
            )
    line = told(raised.value)
    assert "cannot write to its disk (" in line
    assert "No space left on device): make room on that disk" in line
