"""`tbg serve` as a process: its settings, a port for it, and a first answer."""

from __future__ import annotations

import os
import socket
import subprocess
import time

import httpx


def environment(database: str, redis: str, **more: str) -> dict[str, str]:
    return os.environ | {"TBG_DATABASE_URL": database, "TBG_REDIS_URL": redis, **more}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def get(url: str, process: subprocess.Popen[str]) -> httpx.Response:
    """Ask as soon as it listens."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it never listened")
