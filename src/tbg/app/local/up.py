"""`tbg up`, `tbg local`: what is started for one data directory, and the order of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.panel import Panel

from tbg.adapters import redis
from tbg.adapters.broadcast import heartbeats
from tbg.adapters.simulator import DEMO, DEMO_SEED, SIMULATED, address
from tbg.adapters.streams.game import Game, write_game
from tbg.app.local import instance, processes, servers
from tbg.app.local.children import Child, Printer
from tbg.app.local.postgres import Postgres
from tbg.app.local.supervisor import Supervisor
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun
from tbg.core.settings import Settings, load_settings
from tbg.core.tx import connect
from tbg.domains.mining.queries import sources

DOORS = ("serve", "worker", "ingest", "relay")

Upgrade = Callable[[Settings], Awaitable[object]]

READY_SECONDS = 60.0
"""How long the doors may take to answer; a loaded machine needs a few seconds."""


@dataclass(frozen=True)
class Urls:
    """Where the servers are, the embedded ones or those that the settings name.

    `owner`: the database as who owns the tables; None when that is the application itself.
    """

    database: str
    redis: str
    owner: str | None


class ServersHere:
    """The embedded servers of one data directory, as far as the settings name no others."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.lock = instance.Lock(root, "servers")
        self._database = _elsewhere(root, settings.database if settings.database_url else None)
        self._owner = _elsewhere(root, settings.owner_database)
        self._redis = _elsewhere(root, settings.redis if settings.redis_url else None)
        self.started: list[servers.Server] = []

    def prepare(self, *, by: str) -> Urls:
        """Make ready what has to be started (`started`), or use what `tbg local` keeps running."""
        if self._database and self._redis:
            return Urls(self._database, self._redis, self._owner)
        if not self.lock.take():
            return self._borrowed()
        secret = instance.password(self.root, instance.DOORS)
        ports = {str(key): int(port) for key, port in self.lock.before.get("ports", {}).items()}
        database, redis_url, owner = self._database, self._redis, self._owner
        if not database:
            pg = servers.postgres_of(self.root, password=instance.password(self.root), ports=ports)
            database, owner, ports[pg.name] = pg.application_url(secret), pg.url, pg.port
            self.started.append(pg)
        if not redis_url:
            valkey = servers.valkey_of(self.root, password=secret, ports=ports)
            redis_url, ports[valkey.name] = valkey.url, valkey.port
            self.started.append(valkey)
        self.lock.say(by=by, ports=ports)
        return Urls(database, redis_url, owner)

    async def start(self, supervisor: Supervisor, urls: Urls, *, by: str) -> None:
        """Start them, and tell `tbg env` and `tbg local status` once they answer.

        Whoever keeps them without the game migrates by himself, and is told the owner too.
        """
        await supervisor.start_servers(self.started)
        if supervisor.stop.is_set():
            return
        for server in self.started:
            if isinstance(server, Postgres):
                await server.make_application(instance.password(self.root, instance.DOORS))
        if self.started:
            ports = {server.name: server.port for server in self.started}
            said = {"database_url": urls.database, "redis_url": urls.redis}
            if by == "local" and urls.owner:
                said["owner_database_url"] = urls.owner
            self.lock.say(by=by, ports=ports, **said)

    def _borrowed(self) -> Urls:
        holder = self.lock.holder() or {}
        urls = holder.get("database_url"), holder.get("redis_url")
        if holder.get("by") != "local" or not all(urls):
            raise CannotRun(
                f"another tbg (process {holder.get('pid', '?')}) uses the servers in {self.root}: "
                "stop it, or choose another --data"
            )
        redis_url = self._redis or str(urls[1])
        if self._database:
            return Urls(self._database, redis_url, self._owner)
        return Urls(str(urls[0]), redis_url, holder.get("owner_database_url"))


def _elsewhere(root: Path, url: str | None) -> str | None:
    """The URL, unless it names this directory's own server: as it does after `tbg env`."""
    names = (instance.OWNER, instance.DOORS)
    ours = {(root / name).read_text(encoding="ascii") for name in names if (root / name).exists()}
    found = urlsplit(url or "")
    return None if found.hostname == "127.0.0.1" and found.password in ours else url


async def run_servers(settings: Settings) -> None:
    """`tbg local run`: the embedded servers alone, until told to stop."""
    root = instance.make_root(settings.data_dir)
    here = ServersHere(root, settings)
    urls = here.prepare(by="local")
    if not here.started:
        raise CannotRun("nothing to start: both URLs are set, or the servers run already")
    supervisor = Supervisor(printer=Printer(sys.stdout), on_change=lambda _: None)
    supervisor.listen_to_signals()
    try:
        await here.start(supervisor, urls, by="local")
        await supervisor.wait()
    finally:
        await supervisor.stop_all()
        here.lock.release()


async def run_everything(settings: Settings, *, demo: int, upgrade: Upgrade) -> None:
    """`tbg up`: servers, schema, doors, and `demo` simulated miners, until told to stop."""
    root = instance.make_root(settings.data_dir)
    lock = instance.Lock(root, "up")
    if not lock.take():
        raise CannotRun(_already(root, lock.holder() or {}))
    try:
        await asyncio.to_thread(processes.end_strangers, lock.before.get("children", {}))
        await _run_everything(settings, root=root, lock=lock, demo=demo, upgrade=upgrade)
    finally:
        lock.release()


def _already(root: Path, holder: dict[str, Any]) -> str:
    where = f" at {holder['public_url']}" if "public_url" in holder else ""
    return (
        f"another `tbg up` (process {holder.get('pid', '?')}) already runs in {root}{where}: "
        "stop it, or choose another --data"
    )


async def _run_everything(
    settings: Settings, *, root: Path, lock: instance.Lock, demo: int, upgrade: Upgrade
) -> None:
    port = _port(settings)
    said = {"public_url": _public_url(settings, port=port), "data_dir": str(root)}
    printer = Printer(sys.stdout)
    supervisor = Supervisor(
        printer=printer,
        on_change=lambda pids: lock.say(**said, children=processes.identified(pids)),
    )
    supervisor.listen_to_signals()
    here = ServersHere(root, settings)
    try:
        urls = here.prepare(by="up")
        said |= {"database_url": urls.database, "redis_url": urls.redis}
        await here.start(supervisor, urls, by="up")
        overrides: dict[str, Any] = {"owner_database_url": urls.owner, "data_dir": root}
        await upgrade(load_settings(database_url=urls.database, redis_url=urls.redis, **overrides))
        await _refuse_to_mix(urls, demo=demo)
        await redis.reach(urls.redis)  # the doors would wait for it; here somebody looks on
        await _declare(urls.redis, Game(settings.network, demo=bool(demo)))
        env = _environment(settings, said=said, port=port, demo=demo)

        def child(name: str, *words: str) -> Child:
            return Child(
                name, words=list(words), env=env, log=root / "log" / f"{name}.log", printer=printer
            )

        doors = [child(name, name) for name in DOORS]
        supervisor.start_children(doors)
        # Not readiness: a backlog or a full disk is no reason not to come up.
        url = f"http://{_reach(settings.host)}:{port}/health"
        if await _answering(supervisor, url, redis_url=urls.redis, logs=root / "log"):
            if demo:
                miners = child("simulate", "simulate", "--demo", "--miners", str(demo))
                supervisor.start_children([miners])
            _welcome(said["public_url"], settings, demo=demo)
            await supervisor.wait()
    finally:
        await supervisor.stop_all()
        here.lock.release()


async def _refuse_to_mix(urls: Urls, *, demo: int) -> None:
    """CannotRun for demo miners in a pool, and for a pool among demo miners: shares stay."""
    database = connect(urls.database, SystemClock(), size=1)
    try:
        async with database.transaction() as tx:
            found = await sources(tx)
    finally:
        await database.close()
    pools = sorted(found.difference(SIMULATED))
    if demo and pools:
        raise CannotRun(
            f"the data has shares of {', '.join(pools[:3])}, and demo miners would stay among them "
            "for ever: start without them (--demo 0, `make up DEMO=0`), or the demo in another "
            "folder (--data, `make up DATA=…`)"
        )
    if not demo and DEMO in found:
        raise CannotRun(
            "the data has shares that demo miners made up, and they stay for ever: give your pool "
            "another folder (--data, `make up DEMO=0 DATA=…`), or go on with the demo (--demo 5, "
            "`make up`)"
        )


async def _declare(redis_url: str, game: Game) -> None:
    """Say what starts here, whatever ran before: its services may have just been stopped."""
    client = redis.connect(redis_url)
    try:
        await write_game(client, game)
    finally:
        await client.aclose()


def _port(settings: Settings) -> int:
    if settings.port == 0:
        return processes.free_port()
    if not processes.port_is_free(settings.port, host=settings.host):
        raise CannotRun(
            f"port {settings.port} of {settings.host} is in use: stop what listens there, "
            "or choose another with --port"
        )
    return settings.port


def _reach(host: str) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
    host = everywhere.get(host, host)
    return f"[{host}]" if ":" in host else host


def _public_url(settings: Settings, *, port: int) -> str:
    if "public_url" in settings.model_fields_set:
        return settings.public_url
    return f"http://{_reach(settings.host)}:{port}"


def _environment(
    settings: Settings, *, said: dict[str, str], port: int, demo: int
) -> dict[str, str]:
    env = dict(os.environ)
    env |= {f"TBG_{name.upper()}": value for name, value in said.items()}
    env |= {"TBG_HOST": settings.host, "TBG_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    env["TBG_OWNER_DATABASE_URL"] = ""  # no door is the owner, whatever a file here says
    if demo:
        env["TBG_DEMO"] = "true"
    if sys.stdout.isatty() and "log_format" not in settings.model_fields_set:
        env["TBG_LOG_FORMAT"] = "console"
    return env


async def _answering(supervisor: Supervisor, url: str, *, redis_url: str, logs: Path) -> bool:
    """Wait until every door answers or shows a sign of life; False when told to stop."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS
    missing: list[str] = []

    async def answering() -> bool:
        nonlocal missing
        if loop.time() > deadline:
            why = f"no sign of life of {', '.join(missing)}"
            raise CannotRun(f"not up after {READY_SECONDS:.0f} s ({why}): see {logs}")
        alive = {"serve": await _answers(client, url), **await heartbeats(beats, DOORS[1:])}
        missing = [door for door, well in alive.items() if not well]
        return not missing

    beats = redis.connect(redis_url)
    try:
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
            return await supervisor.until(answering)
    finally:
        await beats.aclose()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _welcome(public_url: str, settings: Settings, *, demo: int) -> None:
    lines = [f"The game is up: [bold]{public_url}[/bold]"]
    if demo:
        miner = address(DEMO_SEED, 0, network=settings.network)
        lines.append(f"A demo miner's page: {public_url}/m/{miner}")
    lines.append("Ctrl-C stops it; `eval $(tbg env)` lets other commands in.")
    console = Console(file=sys.stdout, soft_wrap=True, highlight=False)
    if console.is_terminal:
        console.print(Panel.fit("\n".join(lines), border_style="green"))
    else:
        console.print("\n".join(lines))
