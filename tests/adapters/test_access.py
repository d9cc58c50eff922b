"""What the users of Redis may do: on a real server, all that they have to, and nothing else."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from tbg.adapters import redis as redis_adapter
from tbg.adapters.access import COLLECTOR, RULES, SERVICES
from tbg.adapters.broadcast import Broadcast, Hub, Mailbox, Packet, beat, heartbeats
from tbg.adapters.ckpool import follow
from tbg.adapters.ckpool.files import LogDir
from tbg.adapters.streams import (
    DEAD_LETTER,
    MINING_STREAMS,
    QUEST_COMPLETED,
    STREAMS,
    Reader,
)
from tbg.adapters.streams.durable import durability
from tbg.adapters.streams.game import Game, write_game
from tbg.adapters.streams.lag import lag
from tbg.adapters.streams.letters import dead_letters, drop, replay
from tbg.app.cli import collect
from tbg.app.local import servers as local
from tbg.app.local.instance import make_root
from tbg.app.local.valkey import Valkey
from tbg.app.relay import Relay
from tbg.app.worker import JOBS, Worker
from tbg.core.clock import FixedClock, SystemClock
from tbg.core.frames import Frame
from tbg.core.settings import Settings
from tbg.core.tx import Database
from tests.accounts import player, sign_in
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.events import ingest_on, publish, share
from tests.frames import Number

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "tests" / "fixtures" / "ckpool" / "a" / "logs"
REDIS = shutil.which("redis-server", path="/usr/bin:/usr/local/bin")
PASSWORDS = {SERVICES: "services-pass", COLLECTOR: "collector-pass"}


@pytest.fixture(scope="module", params=["valkey", "redis"])
def server(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Valkey]:
    """A server with both users, as `tbg up` makes it; Debian's Redis too where it is installed."""
    if request.param == "redis" and REDIS is None:
        pytest.skip("no redis-server is installed here")
    binary = Path(REDIS) if request.param == "redis" and REDIS else None
    root = make_root(tmp_path_factory.mktemp(request.param))
    made = Valkey(root, password="admin", binary=binary, users=PASSWORDS)
    made.prepare()
    local.spawn(made)
    try:
        local.wait_ready(made)
        yield made
    finally:
        local.stop(made)


@pytest.fixture
async def admin(server: Valkey) -> AsyncIterator[Redis]:
    """Who may do everything, on an empty server."""
    client = redis_adapter.connect(server.url)
    await client.flushall()
    await client.acl_log_reset()
    yield client
    await client.aclose()


@pytest.fixture
async def services(server: Valkey, admin: Redis) -> AsyncIterator[Redis]:
    client = redis_adapter.connect(server.url_of(SERVICES))
    yield client
    await client.aclose()


@pytest.fixture
async def collector(server: Valkey, admin: Redis) -> AsyncIterator[Redis]:
    client = redis_adapter.connect(server.url_of(COLLECTOR))
    yield client
    await client.aclose()


async def refusals(admin: Redis) -> list[str]:
    """The commands and keys that users were refused."""
    return [f"{entry['reason']} {entry['object']}" for entry in await admin.acl_log()]


async def allowed(admin: Redis, user: str, *command: str) -> bool:
    """Whether a user may do this (nothing is done)."""
    return bytes(await run(admin, "ACL", "DRYRUN", user, *command)) == b"OK"


async def run(redis: Redis, *words: str) -> Any:
    """Give any command."""
    return await redis.execute_command(*words)  # type: ignore[no-untyped-call]


def collecting(server: Valkey, data: Path) -> Any:
    """A collector on another machine: it knows Redis as the user made for it, and no database."""
    settings = Settings(
        _env_file=None, redis_url=server.url_of(COLLECTOR), data_dir=data, network="regtest"
    )
    return collect.opened(LogDir(LOGS), "a", settings, clock=SystemClock(), zone=UTC)


class TestCollector:
    async def test_collects_and_collects_again_what_redis_lost(
        self, server: Valkey, admin: Redis, tmp_path: Path
    ) -> None:
        held = []
        for _ in range(2):
            await admin.flushall()
            await write_game(admin, Game("regtest", demo=False))
            with collecting(server, tmp_path) as running:
                running.once = True
                await follow.once(running)
                assert running.counts.lines == 197
                await running.outlet.publisher.redis.aclose()
            held.append(sum([await admin.xlen(stream) for stream in STREAMS]))
        assert held == [271, 271]
        assert await refusals(admin) == []

    async def test_may_give_no_other_command(self, admin: Redis) -> None:
        """Of all that the server knows, asked about a stream and about the key of receipts."""
        commands: list[Any] = []
        for name, arity, *_, under in await run(admin, "COMMAND INFO"):
            whole = [(name, arity)] if not under else [(one[0], one[1]) for one in under]
            commands += [(full.decode().split("|"), least) for full, least in whole]
        found: dict[str, set[str]] = {}
        for key in ("mining:share_submitted", "mining:collect:a"):
            found[key] = set()
            for words, arity in commands:
                rest = [key] * max(abs(arity) - len(words), 0)
                if words == ["xadd"]:
                    rest = [key, "*", "user", "x"]
                if await _may(admin, *words, *rest):
                    found[key].add(" ".join(words))
        # Without the last four, nobody could sign in or leave.
        always = {"ping", "multi", "exec", "auth", "hello", "quit", "reset"}
        assert found["mining:share_submitted"] - always == {"xadd", "xlen", "xinfo groups"}
        assert found["mining:collect:a"] - always == {"get", "getset"}

    @pytest.mark.parametrize(
        ("command", "may"),
        [
            *[(f"xadd {stream} * user x", True) for stream in MINING_STREAMS],
            *[(f"xlen {stream}", True) for stream in MINING_STREAMS],
            (f"xlen {DEAD_LETTER}", False),
            *[(f"xinfo groups {stream}", True) for stream in MINING_STREAMS],
            *[(f"getset {stream} x", False) for stream in MINING_STREAMS],
            *[(f"get {stream}", False) for stream in MINING_STREAMS],
            *[(f"xrange {stream} - +", False) for stream in MINING_STREAMS],
            *[
                (f"del {stream}", False)
                for stream in (*MINING_STREAMS, DEAD_LETTER, "mining:collect:a")
            ],
            (f"xadd {QUEST_COMPLETED} * user x", False),
            (f"xlen {QUEST_COMPLETED}", False),
            (f"xadd {DEAD_LETTER} * user x", False),
            (f"xrange {DEAD_LETTER} - +", False),
            ("xadd mining:other * user x", False),
            ("xadd tbg:jobs * user x", False),
            ("xinfo consumers mining:share_submitted gamification-group", False),
            ("xgroup destroy mining:share_submitted gamification-group", False),
            ("xtrim mining:share_submitted maxlen 0", False),
            ("get mining:game", True),
            ("set mining:game x", False),
            ("getset mining:game x", False),
            ("get tbg:limit:ip:x", False),
            ("get arq:job:x", False),
            ("set arq:job:x x", False),
            ("zadd tbg:jobs 1 x", False),
            ("publish tbg:frames:pool x", False),
            ("subscribe tbg:frames:pool", False),
            ("eval return 0", False),
            ("client kill id 1", False),
            ("client list", False),
            ("config get dir", False),
            ("acl list", False),
            ("function load x", False),
        ],
    )
    async def test_may_use_its_commands_on_its_keys(
        self, admin: Redis, command: str, may: bool
    ) -> None:
        assert await _may(admin, *command.split()) is may

    async def test_is_refused_in_earnest(self, collector: Redis, admin: Redis) -> None:
        for command in ("FLUSHALL", "KEYS *", "CONFIG GET *", "EVAL 1 0", "DEL mining:collect:a"):
            with pytest.raises(NoPermissionError):
                await run(collector, *command.split())
        pipeline = collector.pipeline(transaction=True)
        pipeline.set("mining:game", "x")
        with pytest.raises(NoPermissionError):
            await pipeline.execute()
        assert await admin.dbsize() == 0


async def _may(admin: Redis, *command: str) -> bool:
    """As `allowed`; words that make no command are none."""
    try:
        return await allowed(admin, COLLECTOR, *command)
    except ResponseError:
        return False


class TestServices:
    async def test_its_permissions_suffice(
        self, db: Database, server: Valkey, services: Redis, admin: Redis, clock: FixedClock
    ) -> None:
        await publish(services, share(NOW, user=player(0).address), share(NOW, user="nobody"))
        ingest = ingest_on(db, services)
        await ingest.drain()
        reader: Reader = ingest.reader
        await reader.claim(idle_ms=0)
        await reader.trim()
        for stream in STREAMS:  # as when Redis lost the group
            await admin.xgroup_destroy(stream, "gamification-group")
        await publish(services, share(NOW, user=player(0).address))
        await ingest.drain()
        assert await services.exists("mining:failures") == 0
        for letter in [letter async for letter in dead_letters(services)]:
            assert await replay(services, letter)
        await ingest.drain()
        for letter in [letter async for letter in dead_letters(services)]:
            assert await drop(services, letter)
        await admin.xadd(STREAMS[0], {"user": "x"}, id=f"{2**64 - 1}-{2**64 - 1}")
        await ingest.drain()
        await reader.trim()
        await publish(services, share(NOW, user=player(0).address), stream=STREAMS[0])
        await ingest.drain()
        await reader.leave()
        assert (await lag(services, now=NOW)).waiting == 0
        assert await durability(services) == []
        await beat(services, "ingest")
        assert (await heartbeats(services, ("ingest",)))["ingest"]
        await self.frames(services)
        assert await Relay(db, Broadcast(services)).deliver() > 0
        async with client_of(make_app(db, services)) as client:
            await sign_in(client)
            assert (await client.get("/health/ready")).status_code in (200, 503)
        await self.jobs(db, server, services)
        assert await refusals(admin) == []

    async def frames(self, services: Redis) -> None:
        """Frames are published, looked for and heard."""
        hub = Hub(services, snapshot=lambda: Packet("", None, "snapshot"))
        running = asyncio.create_task(hub.run())
        mailbox = Mailbox(lambda _: None)
        hub.join(mailbox)
        await hub.follow(mailbox, ["pool"])
        frames = [Frame("pool", Number(n=1)) for _ in range(20)]
        await Broadcast(services).publish(frames, now=NOW, nudge=True)
        assert "best_diff" in (await asyncio.wait_for(mailbox.take(), 5)).body
        hub.unfollow(mailbox, ["pool"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def jobs(self, db: Database, server: Valkey, services: Redis) -> None:
        """The worker beats, and its queue is emptied."""
        worker = Worker(db, services, server.url_of(SERVICES), jobs=JOBS[:1])
        running = asyncio.create_task(worker.run())
        job = JOBS[0].name
        await services.set(f"arq:job:{job}:1", b"{}")
        await services.zadd("tbg:jobs", {f"{job}:1": 1, f"{job}:2": 1})
        async with asyncio.timeout(20):
            while await services.zcard("tbg:jobs") or not await services.exists(
                "tbg:heartbeat:worker"
            ):
                await asyncio.sleep(0.05)
        worker.stopping.set()
        await running

    @pytest.mark.parametrize(
        "command",
        [
            "FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG GET dir", "CONFIG SET dir /tmp", "ACL LIST",
            "ACL SETUSER default nopass", "DEBUG SLEEP 0", "SHUTDOWN", "SAVE", "BGREWRITEAOF",
            "MODULE LOAD x", "FUNCTION LOAD x", "FCALL x 0", "REPLICAOF 127.0.0.1 1", "MONITOR",
            "CLIENT KILL ID 1", "SCRIPT FLUSH", "SWAPDB 0 1", "MIGRATE 127.0.0.1 1 mining:x 0 1",
            "SET other 1", "GET other", "PUBLISH other x", "SUBSCRIBE other",
        ],
    )  # fmt: skip
    async def test_it_may_neither_administer_nor_use_other_keys(
        self, services: Redis, command: str
    ) -> None:
        with pytest.raises(ResponseError, match=r"[Nn]o permissions|command not allowed"):
            await run(services, *command.split())


def test_the_manual_has_the_same_rules() -> None:
    manual = (ROOT / "docs" / "OPERATING.md").read_text().replace("\\\n", " ").replace("'", "")
    for name, rules in RULES.items():
        assert f"ACL SETUSER {name} on >… {rules}\n" in re.sub(" +", " ", manual)
