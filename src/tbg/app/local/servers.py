"""The embedded servers together: which are needed, started in order, stopped in order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from tbg.app.local import processes
from tbg.app.local.postgres import Postgres
from tbg.app.local.valkey import Valkey
from tbg.core.errors import CannotRun

Server = Postgres | Valkey


def spawn(server: Server) -> None:
    """Start one server; `wait_ready` or `ready` says when it is up."""
    server.end_leftovers()
    server.spawn()


def wait_ready(*servers: Server) -> None:
    """Wait until all answer; CannotRun with the last words of one that does not come up."""
    deadline = time.monotonic() + max(server.start_within_s for server in servers)
    for server in servers:
        while not server.ready():
            check_alive(server)
            if time.monotonic() > deadline:
                raise CannotRun(f"{server.name} does not become ready: see {server.log}")
            time.sleep(0.02)


def check_alive(server: Server) -> None:
    """CannotRun with the server's last words when it has ended."""
    if server.process is None or server.process.poll() is not None:
        raise CannotRun(
            f"{server.name} does not start: {processes.last_words(server.log)} (see {server.log})"
        )


def stop(*servers: Server) -> None:
    """Stop them all at once, each with its own patience; forced when that is over."""
    for server in servers:
        server.ask_to_stop()
    for server in servers:
        if server.process is None:
            continue
        deadline = time.monotonic() + server.stop_within_s
        while server.process.poll() is None:
            if time.monotonic() > deadline:
                server.force_to_stop()
                deadline += server.stop_within_s
            time.sleep(0.02)


def postgres_of(root: Path, *, password: str, durable: bool = True) -> Postgres:
    """The PostgreSQL of a data directory, prepared."""
    server = Postgres(root, password=password, durable=durable)
    server.prepare()
    return server


def valkey_of(
    root: Path, *, password: str, durable: bool = True, users: Mapping[str, str] | None = None
) -> Valkey:
    """The Valkey of a data directory, prepared."""
    server = Valkey(root, password=password, durable=durable, users=users)
    server.prepare()
    return server
