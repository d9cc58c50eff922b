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
from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

import typer

from tbg.app.cli.migrate import upgrade
from tbg.app.local import instance, processes
from tbg.app.local import up as local_up
from tbg.core.errors import CannotRun, CommandError
from tbg.core.running import Lock, running_in
from tbg.core.settings import OF_A_PROCESS, Settings, data_root, load_settings

START_SECONDS = 60.0
"""How long the embedded servers may take to start: a long log may have to be replayed."""

app = typer.Typer(help="Run only the embedded PostgreSQL and Valkey.", no_args_is_help=True)


def _root() -> Path:
    """The data folder, whether anything runs in it or not."""
    return data_root(load_settings(beside=False))


def up(
    demo: Annotated[int, typer.Option(min=0, help="Add this many simulated miners.")] = 0,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port of the page and API; 0: any free port."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per line, as without a terminal.")
    ] = False,
) -> None:
    """Start everything: servers, schema, API, web app, and as many services as fit this machine."""
    given = {name: value for name, value in (("port", port), ("host", host)) if value is not None}
    settings = load_settings(beside=False, **given)
    asyncio.run(local_up.run_everything(settings, demo=demo, upgrade=upgrade, as_json=as_json))


def env(
    collector: Annotated[
        bool,
        typer.Option(
            "--collector", help="Only Redis, with a user for `tbg collect` on another machine."
        ),
    ] = False,
) -> None:
    """Print every setting of the running game as shell commands: eval "$(tbg env || echo false)".

    If no game runs, it prints `false`, so that evaluating it fails.
    """
    try:
        lines = _for_collector() if collector else _exports()
    except CommandError:
        if not sys.stdout.isatty():
            typer.echo("false")
        raise
    for line in lines:
        typer.echo(line)


def _for_collector() -> list[str]:
    root = _root()
    holder = Lock(root, "servers").holder() or {}
    if "collector_redis_url" not in holder:
        raise CannotRun(
            f"no Valkey started from {root} is running: docs/OPERATING.md says how to create the "
            "users on your own server"
        )
    # Without a semicolon, so that the line can also be copied into `.env`.
    return [f"export TBG_REDIS_URL={shlex.quote(holder['collector_redis_url'])}"]


def _exports() -> list[str]:
    root = _root()
    game = running_in(root)
    if game is None:
        raise CannotRun(f"nothing runs in {root}: start it with `tbg up` or `tbg local start`")
    if game.settings is None:
        raise CannotRun(f"the game in {root} is still starting: try again in a few seconds")
    lines = []
    for name in Settings.model_fields:
        value = game.settings.get(name)
        if name in OF_A_PROCESS:
            continue
        if value is None or (value == "" and name.endswith("_url")):
            lines.append(f"unset TBG_{name.upper()};")
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            lines.append(f"export TBG_{name.upper()}={shlex.quote(text)};")
    url = game.settings.get("owner_database_url") or game.settings.get("database_url")
    return lines + _for_libpq(str(url or ""))


def _for_libpq(url: str) -> list[str]:
    """For `psql` and `pg_dump`: a password in their arguments would show in the process list."""
    parts = urlsplit(url)
    words = {
        "PGHOST": dict(parse_qsl(parts.query)).get("host", parts.hostname),
        "PGPORT": parts.port,
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    return [
        f"export {name}={shlex.quote(str(word))};" if word else f"unset {name};"
        for name, word in words.items()
    ]


@app.command()
def run() -> None:
    """Keep the embedded servers running until Ctrl-C (`start` does this in the background)."""
    asyncio.run(local_up.run_servers(load_settings(beside=False)))


@app.command()
def start() -> None:
    """Start the embedded servers in the background."""
    root = instance.make_root(_root())
    lock = Lock(root, "servers")
    if (holder := lock.holder()) is not None:
        typer.echo(f"the servers are already running (process {holder.get('pid', '?')})")
        return
    log = root / "log" / "local.log"
    words = [*processes.PROGRAM, "local", "run", "--data", str(root)]
    with processes.open_log(log) as out:
        child = subprocess.Popen(  # noqa: S603 - this very program
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while "database_url" not in (lock.holder() or {}):
        if child.poll() is not None:
            raise CannotRun(processes.last_words(log, lines=1).removeprefix("tbg: "))
        if time.monotonic() > deadline:
            raise CannotRun(f"the servers do not start: see {log}")
        time.sleep(0.05)
    typer.echo(f"the servers are running (process {child.pid}); commands in this folder find them")


@app.command()
def stop() -> None:
    """Stop the servers that `start` started."""
    root = _root()
    lock = Lock(root, "servers")
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
    typer.echo("the servers have stopped")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show whether the embedded servers are running (exit 1 if not)."""
    root = _root()
    holder = Lock(root, "servers").holder()
    answers = holder is not None and "database_url" in holder
    by = {"up": "tbg up", "local": "tbg local"}.get((holder or {}).get("by", ""), "")
    if as_json:
        words = {"running": answers, "by": by or None, "data_dir": str(root)}
        typer.echo(json.dumps(words | {"pid": (holder or {}).get("pid")}))
    elif holder is not None and answers:
        typer.echo(f"running, started by {by} (process {holder['pid']})")
    if not answers:
        raise CannotRun(f"no servers are running in {root}: start them with `tbg local start`")
