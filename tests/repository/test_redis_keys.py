"""Keys of Redis: all are declared, and those of one command would share a node of a cluster."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast, beat, heartbeats
from tbg.adapters.redis_keys import KEYS
from tbg.adapters.streams import STREAMS, Publisher
from tbg.adapters.streams.lag import lag
from tbg.adapters.streams.letters import dead_letters, drop, replay, shelve, shelved
from tbg.app.game import declare
from tbg.app.ingest import PROJECTIONS
from tbg.app.relay import Relay
from tbg.core import limits
from tbg.core.kept import KeptLines
from tbg.core.tx import Database
from tests.api import client_of
from tests.conftest import NOW
from tests.events import ingest_on, publish, share
from tests.redis_keys import Unit, faults, pattern_of, watched

SOURCES = Path(__file__).parents[2] / "src" / "tbg"

CHANNELS = {"tbg:outbox", "tbg:frames:"}
"""Names that are no keys: messages reach every node of a cluster."""

ARQ = {"tbg:jobs", "tbg:jobs:*", "arq:*"}

NUMSUB = {"adapters/broadcast/publish.py"}
"""Where the listeners of one node decide what is sent. This list may only shrink."""


async def play(db: Database, redis: Redis, app: FastAPI, folder: Path) -> None:
    """A game with everything that uses Redis, but for what arq does."""

    async def fail(*_: object) -> object:
        raise ValueError("this batch fails")

    await declare(app.state.settings, db, redis)
    receipt = ("GETSET", "mining:collect:pool", "record 1")
    entries = [(stream, share(NOW)) for stream in STREAMS]
    await Publisher(redis).publish(entries, also=[receipt])
    ingest = ingest_on(db, redis)
    await ingest.drain()
    await ingest.housekeeping()
    await publish(redis, share(NOW), *[share(NOW, sdiff="NaN") for _ in range(3)])
    failing = ingest_on(db, redis, projections=[*PROJECTIONS, fail])
    await failing.process(await failing.reader.read(block_ms=None))
    await failing.process(await failing.reader.claim(idle_ms=0))
    await ingest.process(await ingest.reader.claim(idle_ms=0))
    letters = [letter async for letter in dead_letters(redis)]
    assert await replay(redis, letters[0])
    assert await drop(redis, letters[1])
    assert await shelve(redis, KeptLines(folder / "letters.jsonl")) > 0
    assert await shelved(redis) > 0
    await lag(redis, now=NOW + timedelta(seconds=1))
    await Relay(db, Broadcast(redis)).drain()
    await beat(redis, "worker")
    await heartbeats(redis, ("ingest", "worker"))
    async with client_of(app) as client:
        (await client.get("/api/v1/levels")).raise_for_status()


async def test_the_keys_of_a_game_are_declared_and_those_of_one_command_share_a_tag(
    db: Database, redis: Redis, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DEAD_LETTERS", 0)
    async with watched(redis) as units:
        await play(db, redis, app, tmp_path)
    assert faults(units) == []
    seen = {pattern_of(key) for unit in units for key in unit.keys}
    assert set(KEYS) - seen == ARQ, "declared, and used by nobody"


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        ([("SET", "tbg:toys", "1")], "tbg:toys (SET) is declared nowhere"),
        ([("MGET", "mining:game", "mining:failures")], "rule 9: MGET uses keys that share no"),
        ([("MGET", "tbg:limit:a", "tbg:limit:b")], "rule 9: MGET uses keys that share no hash tag"),
        (
            [("XLEN", "mining:dead_letter"), ("GET", "tbg:heartbeat:relay")],
            "rule 9: MULTI uses keys that share no hash tag",
        ),
        (
            [("EVAL", "return 1", "2", "mining:failures", "tbg:heartbeat:relay")],
            "rule 9: EVAL uses keys that share no hash tag",
        ),
    ],
)
async def test_a_planted_command_is_told(
    redis: Redis, commands: list[tuple[str, ...]], told: str
) -> None:
    async with watched(redis) as units:
        pipeline = redis.pipeline(transaction=len(commands) > 1)
        for command in commands:
            pipeline.execute_command(*command)
        await pipeline.execute()
    (fault,) = faults(units)
    assert fault.startswith(told)


def names_in(source: str) -> set[str]:
    """Texts that name keys or channels of Redis, up to the first place that is filled in."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("mining:", "tbg:"))
        and " " not in node.value
    }


def test_every_name_in_the_sources_is_a_declared_key_or_a_channel() -> None:
    files = [path for path in SOURCES.rglob("*.py") if path.name != "redis_keys.py"]
    found = {name for path in files for name in names_in(path.read_text())}
    assert "mining:collect:" in found
    assert {n for n in found - CHANNELS if pattern_of(n) is None} == set()
    assert names_in('redis.set(f"tbg:toys:{name}", 1)') == {"tbg:toys:"}


def test_what_one_node_hears_decides_nothing_but_for_the_named_exceptions() -> None:
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if "numsub" in path.read_text().lower()
    }
    assert found == NUMSUB


def test_a_unit_of_a_single_key_needs_no_tag() -> None:
    assert faults([Unit("GET", frozenset({"mining:game"}))]) == []
