"""`tbg up`, `tbg env`, `tbg local`: the whole game on one machine."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tbg.app.cli.migrate import upgrade
from tbg.app.local import instance, processes
from tbg.app.local import up as house
from tbg.core.errors import CannotRun
from tbg.core.settings import Settings, load_settings

START_SECONDS = 60.0
"""How long the embedded servers may take to start: a long log may have to be replayed."""

app = typer.Typer(help="The embedded PostgreSQL and Valkey alone.", no_args_is_help=True)

Data = Annotated[
    Path | None, typer.Option("--data", help="Where data, logs and state are (default .tbg).")
]


def _settings(data: Path | None, **overrides: Any) -> Settings:
    given = {key: value for key, value in overrides.items() if value is not None}
    return load_settings(**given, **({"data_dir": data} if data else {}))


def up(
    demo: Annotated[int, typer.Option(min=0, help="Adds this many simulated miners.")] = 0,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the page and API; 0: any free.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address it listens on.")] = None,
    data: Data = None,
) -> None:
    """Start everything: servers, schema, API and web app, worker, ingest, relay."""
    settings = _settings(data, port=port, host=host)
    asyncio.run(house.run_everything(settings, demo=demo, upgrade=upgrade))


def env(
    data: Data = None,
    collector: Annotated[
        bool,
        typer.Option("--collector", help="Redis alone, as a user for `tbg collect` elsewhere."),
    ] = False,
) -> None:
    """Print the settings of the running instance as shell exports."""
    root = _settings(data).data_dir.expanduser().resolve()
    running: dict[str, Any] = {"data_dir": str(root)}
    found = [instance.Lock(root, name).holder() for name in ("servers", "up")]
    for holder in found:
        running |= holder or {}
    if "database_url" not in running:
        raise CannotRun(f"nothing runs in {root}: start it with `tbg up` or `tbg local start`")
    if collector:
        if "collector_redis_url" not in running:
            raise CannotRun(f"the Redis of {root} is none that was started here: make its users")
        typer.echo(f"export TBG_REDIS_URL={shlex.quote(running['collector_redis_url'])}")
        return
    for name in ("database_url", "owner_database_url", "redis_url", "data_dir", "public_url"):
        if name in running:
            typer.echo(f"export TBG_{name.upper()}={shlex.quote(running[name])}")


@app.command()
def run(data: Data = None) -> None:
    """Keep the embedded servers running until Ctrl-C (`start` does this in the background)."""
    asyncio.run(house.run_servers(_settings(data)))


@app.command()
def start(data: Data = None) -> None:
    """Start the embedded servers in the background."""
    root = instance.make_root(_settings(data).data_dir)
    lock = instance.Lock(root, "servers")
    if (holder := lock.holder()) is not None:
        typer.echo(f"they run already (process {holder.get('pid', '?')})")
        return
    log = root / "log" / "local.log"
    words = [sys.executable, "-m", "tbg", "local", "run", "--data", str(root)]
    with processes.open_log(log) as out:
        child = subprocess.Popen(  # noqa: S603 - this very program
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while "database_url" not in (lock.holder() or {}):
        if child.poll() is not None:
            raise CannotRun(processes.last_words(log, lines=1).removeprefix("tbg: "))
        if time.monotonic() > deadline:
            raise CannotRun(f"the servers do not come up: see {log}")
        time.sleep(0.05)
    typer.echo(f"the servers run (process {child.pid}); `eval $(tbg env)` shows the way to them")


@app.command()
def stop(data: Data = None) -> None:
    """Stop the servers that `start` started."""
    root = _settings(data).data_dir.expanduser().resolve()
    lock = instance.Lock(root, "servers")
    holder = lock.holder()
    if holder is None:
        typer.echo("no servers run")
        return
    if holder.get("by") != "local":
        raise CannotRun(f"they belong to `tbg up` (process {holder['pid']}): stop that instead")
    os.kill(holder["pid"], signal.SIGTERM)
    deadline = time.monotonic() + START_SECONDS
    while lock.holder() is not None:
        if time.monotonic() > deadline:
            raise CannotRun(f"process {holder['pid']} does not stop: see {root / 'log'}")
        time.sleep(0.05)
    typer.echo("the servers are stopped")


@app.command()
def status(
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say whether the embedded servers run (exit 1 when they do not)."""
    root = _settings(data).data_dir.expanduser().resolve()
    holder = instance.Lock(root, "servers").holder()
    answers = holder is not None and "database_url" in holder
    ports = (holder or {}).get("ports", {})
    by = {"up": "tbg up", "local": "tbg local"}.get((holder or {}).get("by", ""), "")
    if as_json:
        words = {"running": answers, "by": by or None, "ports": ports, "data_dir": str(root)}
        typer.echo(json.dumps(words | {"pid": (holder or {}).get("pid")}))
    elif holder is not None and answers:
        where = ", ".join(f"{name} on 127.0.0.1:{port}" for name, port in ports.items())
        typer.echo(f"running, kept by {by} (process {holder['pid']}): {where}")
    if not answers:
        raise CannotRun(f"no servers run in {root}: start them with `tbg local start`")
