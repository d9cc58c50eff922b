"""`tbg up`, `tbg local`: what is started for one data directory, and in which order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tbg.adapters import redis
from tbg.adapters.access import COLLECTOR, SERVICES
from tbg.adapters.broadcast import heartbeats
from tbg.adapters.simulator import DEMO_SEED, address
from tbg.adapters.streams.game import Game, write_game
from tbg.app.listener import listen
from tbg.app.local import instance, processes, servers
from tbg.app.local.children import Child
from tbg.app.local.demo import demo_settled, refuse_to_mix
from tbg.app.local.plan import NAMES, services
from tbg.app.local.postgres import Postgres
from tbg.app.local.report import Lines, Report, Terminal
from tbg.app.local.supervisor import Supervisor
from tbg.app.local.valkey import Valkey
from tbg.core.errors import CannotRun
from tbg.core.running import Lock
from tbg.core.settings import LISTENER, Settings, as_recorded, load_settings

Upgrade = Callable[[Settings], Awaitable[object]]

READY_SECONDS = 60.0
"""How long the services may take to answer; a loaded machine needs a few seconds."""


@dataclass(frozen=True)
class Urls:
    """Where the servers are, the embedded ones or those that the settings name.

    `owner`: the database URL of the tables' owner; None if that is the application itself.
    """

    database: str
    redis: str
    owner: str | None


class ServersHere:
    """The embedded servers of one data directory, as far as the settings name no others."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.lock = Lock(root, "servers")
        self._database = _elsewhere(root, settings.database if settings.database_url else None)
        self._owner = _elsewhere(root, settings.owner_database)
        self._redis = _elsewhere(root, settings.redis if settings.redis_url else None)
        self.started: list[servers.Server] = []

    def prepare(self, *, by: str) -> Urls:
        """Prepare the servers to start (`started`), or use those that `tbg local` keeps running."""
        if self._database and self._redis:
            return Urls(self._database, self._redis, self._owner)
        if not self.lock.take():
            return self._borrowed()
        database, redis_url, owner = self._database, self._redis, self._owner
        if not database:
            pg = servers.postgres_of(self.root, password=self._password(instance.OWNER))
            database, owner = pg.application_url(self._password(instance.SERVICES)), pg.url
            self.started.append(pg)
        if not redis_url:
            users = {SERVICES: instance.VALKEY_SERVICES, COLLECTOR: instance.COLLECTOR}
            valkey = servers.valkey_of(
                self.root,
                password=self._password(instance.VALKEY_OWNER),
                users={user: self._password(name) for user, name in users.items()},
            )
            redis_url = valkey.url_of(SERVICES)
            self.started.append(valkey)
        self.lock.say(by=by)
        return Urls(database, redis_url, owner)

    def _password(self, name: str) -> str:
        return instance.password(self.root, name)

    async def start(
        self, supervisor: Supervisor, urls: Urls, *, by: str, settings: Settings | None = None
    ) -> None:
        """Start them, and record them for other commands once they answer.

        `settings` are recorded too if no game does it: with servers alone, users migrate by a
        separate command, so the owner's URL is recorded as well.
        """
        await supervisor.start_servers(self.started)
        if supervisor.stop.is_set():
            return
        for server in self.started:
            if isinstance(server, Postgres):
                await server.make_application(self._password(instance.SERVICES))
        if self.started:
            where = {"database_url": urls.database, "redis_url": urls.redis}
            more = {}
            for server in self.started:
                if isinstance(server, Valkey):
                    more["collector_redis_url"] = server.url_by_tunnel(COLLECTOR)
            if settings is not None:
                where["owner_database_url"] = urls.owner or ""
                known = as_recorded(settings, **where, data_dir=self.root)
                # A game that starts on them later has its own defaults (its port, its URL).
                chosen = settings.model_fields_set | where.keys() | {"data_dir"}
                record = {name: value for name, value in known.items() if name in chosen}
                self.lock.say(by=by, **where, **more, settings=record)
            else:
                self.lock.say(by=by, **where, **more)

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
        return Urls(str(urls[0]), redis_url, holder.get("owner_database_url") or None)


def _elsewhere(root: Path, url: str | None) -> str | None:
    """The URL, unless it names this directory's own server: as it does after `tbg env`."""
    files = [root / name for name in instance.PASSWORDS]
    ours = {file.read_text(encoding="ascii") for file in files if file.exists()}
    return None if urlsplit(url or "").password in ours else url


async def run_servers(settings: Settings) -> None:
    """`tbg local run`: only the embedded servers, until stopped."""
    root = instance.make_root(settings.data_dir)
    here = ServersHere(root, settings)
    urls = here.prepare(by="local")
    if not here.started:
        raise CannotRun("nothing to start: both URLs are set, or the servers are already running")
    report = report_of(settings, root=root)
    supervisor = Supervisor(report=report, on_change=lambda _: None)
    supervisor.listen_to_signals()
    try:
        await here.start(supervisor, urls, by="local", settings=settings)
        report.say("up", f"The servers of {root} are running; Ctrl-C stops them.")
        await supervisor.wait()
    finally:
        await supervisor.stop_all()
        here.lock.release()


def report_of(settings: Settings, *, root: Path, as_json: bool = False) -> Report:
    """For people on a terminal, or if TBG_LOG_FORMAT says so; otherwise for machines."""
    chosen = settings.log_format if "log_format" in settings.model_fields_set else None
    for_people = chosen == "console" if chosen else sys.stdout.isatty()
    return (
        Terminal(sys.stdout, logs=root / "log") if for_people and not as_json else Lines(sys.stdout)
    )


async def run_everything(
    settings: Settings, *, demo: int, upgrade: Upgrade, as_json: bool = False
) -> None:
    """`tbg up`: servers, schema, services, and `demo` simulated miners, until stopped."""
    root = instance.make_root(settings.data_dir)
    lock = Lock(root, "up")
    if not lock.take():
        raise CannotRun(_already(root, lock.holder() or {}))
    try:
        await asyncio.to_thread(processes.end_strangers, lock.before.get("children", {}))
        report = report_of(settings, root=root, as_json=as_json)
        game = _Game(settings, root=root, lock=lock, demo=demo, report=report)
        await game.run(upgrade)
    finally:
        lock.release()


def _already(root: Path, holder: dict[str, Any]) -> str:
    known = holder.get("settings", {})
    where = f" at {known['public_url']}" if "public_url" in known else ""
    return (
        f"another `tbg up` (process {holder.get('pid', '?')}) already runs in {root}{where}: "
        "stop it, or choose another --data"
    )


class _Game:
    """One start of everything: the steps, their records, and the output."""

    def __init__(
        self, settings: Settings, *, root: Path, lock: Lock, demo: int, report: Report
    ) -> None:
        self.settings = settings
        self.root = root
        self.lock = lock
        self.demo = demo
        self.report = report
        # Held while the game runs: in the port of a service that restarts, another user of this
        # machine could take its place.
        self.listener = listen(settings.host, settings.port)
        self.port = int(self.listener.getsockname()[1])
        self.public_url = _public_url(settings, port=self.port)
        self.record: dict[str, Any] = {}
        self.supervisor = Supervisor(report=report, on_change=self._record)

    def _record(self, pids: dict[str, int]) -> None:
        self.lock.say(settings=self.record, children=processes.identified(pids))

    async def run(self, upgrade: Upgrade) -> None:
        """Start everything in order, keep it running until stopped, then stop it all."""
        self.supervisor.listen_to_signals()
        here = ServersHere(self.root, self.settings)
        miners = f", {self.demo} demo miners" if self.demo else ""
        self._say("starting", f"{self.settings.pool_name} ({self.settings.network}{miners})")
        self._say("folder", f"Data and logs are in {self.root}", data_dir=str(self.root))
        try:
            urls = here.prepare(by="up")
            await here.start(self.supervisor, urls, by="up")
            if here.started:
                named = {"postgres": "PostgreSQL", "valkey": "Valkey"}
                self._step(" and ".join(named[server.name] for server in here.started))
            await upgrade(self._owner_settings(urls))
            await refuse_to_mix(urls.database, demo=self.demo)
            await redis.reach(urls.redis)  # services would wait for it; here somebody looks on
            await _declare(urls.redis, Game(self.settings.network, demo=bool(self.demo)))
            self._step("schema and badges")
            await self._start_services(urls)
        finally:
            await self.supervisor.stop_all()
            self.listener.close()
            here.lock.release()
            self._say("stopped", "Stopped.")

    def _owner_settings(self, urls: Urls) -> Settings:
        return load_settings(
            beside=False,
            database_url=urls.database,
            redis_url=urls.redis,
            owner_database_url=urls.owner,
            data_dir=self.root,
        )

    async def _start_services(self, urls: Urls) -> None:
        self.record = as_recorded(
            self.settings,
            database_url=urls.database,
            owner_database_url=None,  # neither services nor commands act as the owner
            redis_url=urls.redis,
            data_dir=self.root,
            port=self.port,
            public_url=self.public_url,
            demo=self.settings.demo or self.demo > 0,
        )
        env = _environment(self.record)

        def child(name: str, *words: str, **more: str) -> Child:
            log = self.root / "log" / f"{name}.log"
            listener = self.listener.fileno()
            keep = (listener,) if name == "serve" else ()
            env_ = env | more | ({LISTENER: str(listener)} if keep else {})
            return Child(name, words=list(words), env=env_, log=log, report=self.report, keep=keep)

        ours = services(self.settings)
        self.supervisor.start_children(
            [child(one.name, *one.words, TBG_METRICS_PORT=str(one.metrics_port)) for one in ours]
        )
        # Not readiness: a backlog or a full disk is no reason not to come up.
        url = f"http://{_reach(self.settings.host)}:{self.port}/health"
        logs = self.root / "log"
        well = await _answering(self.supervisor, url, redis_url=urls.redis, logs=logs)
        if well and not self.supervisor.stop.is_set():
            self._step(", ".join(" ".join(one.words) for one in ours))
            if self.demo:
                miners = child("simulate", "simulate", "--demo", "--miners", str(self.demo))
                self.supervisor.start_children([miners])
                if await demo_settled(self.supervisor, miners, urls.database, urls.redis):
                    self._step(f"{self.demo} demo miners and their last twelve weeks")
            self._welcome()
            await self.supervisor.wait()

    def _welcome(self) -> None:
        options = "" if Path(".tbg").resolve() == self.root else f" --data {_short(self.root)}"
        self._say("hint", f"Ctrl-C stops it. In another terminal: {program()} doctor{options}")
        if self.demo:
            miner = address(DEMO_SEED, 0, network=self.settings.network)
            page = f"{self.public_url}/m/{miner}"
            self._say("miner", f"A demo miner's page: {page}", url=page)
        self._say("up", f"The game is up: {self.public_url}", url=self.public_url)

    def _step(self, what: str) -> None:
        self._say("started", f"✓ {what}", what=what)

    def _say(self, event: str, sentence: str, **facts: Any) -> None:
        self.report.say(event, sentence, **facts)


def program() -> str:
    """How this program is called from this folder's shell: by its name if that finds it."""
    ours = Path(sys.executable).parent / "tbg"
    found = shutil.which("tbg")
    if found and ours.exists() and Path(found).samefile(ours):
        return "tbg"
    return _short(ours) if ours.exists() else f"{_short(Path(sys.executable))} -m tbg"


def _short(path: Path) -> str:
    """A path as one would type it here."""
    with contextlib.suppress(ValueError):
        return shlex.quote(str(path.relative_to(Path.cwd())))
    return shlex.quote(str(path))


async def _declare(redis_url: str, game: Game) -> None:
    """Declare what starts here, whatever ran before: its services may have just been stopped."""
    client = redis.connect(redis_url)
    try:
        await write_game(client, game)
    finally:
        await client.aclose()


def _reach(host: str) -> str:
    """The address under which a browser on this machine reaches `host`."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104
        host = "127.0.0.1"  # also on `::`: not every machine that can listen there has ::1
    return f"[{host}]" if ":" in host else host


def _public_url(settings: Settings, *, port: int) -> str:
    if "public_url" in settings.model_fields_set:
        return settings.public_url
    return f"http://{_reach(settings.host)}:{port}"


def _environment(record: dict[str, Any]) -> dict[str, str]:
    """The environment of a service: every setting, so that no file overrides one."""
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    env |= {
        f"TBG_{name.upper()}": str(value) for name, value in record.items() if value is not None
    }
    return env | {"TBG_OWNER_DATABASE_URL": "", "TBG_LOG_FORMAT": "json"}


async def _answering(supervisor: Supervisor, url: str, *, redis_url: str, logs: Path) -> bool:
    """Wait until every service answers or shows a sign of life; False if stopped."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS
    missing: list[str] = []

    async def answering() -> bool:
        nonlocal missing
        if loop.time() > deadline:
            why = f"no sign of life from {', '.join(missing)}"
            raise CannotRun(f"not ready after {READY_SECONDS:.0f} s ({why}): see {logs}")
        alive = {"serve": await _answers(client, url), **await heartbeats(beats, NAMES[1:])}
        missing = [service for service, well in alive.items() if not well]
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
