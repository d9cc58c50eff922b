"""Runs a command with TBG_TEST_… naming Debian's own PostgreSQL and Redis, started privately.

`debian_servers.py .venv/bin/pytest tests` installs the packages if necessary (as root), starts both
under a temporary directory, runs the command, and stops them. The exit code is the
command's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tbg.app.local import instance, servers
from tbg.app.local.postgres import Postgres
from tbg.app.local.valkey import Valkey

PACKAGES = ("postgresql", "redis-server")
POLICY = Path("/usr/sbin/policy-rc.d")


def postgres_programs() -> Path | None:
    """Where Debian keeps the newest PostgreSQL's programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(found, key=lambda path: int(path.parts[-3]))
    return newest[-1].parent if newest else None


def redis_server() -> Path | None:
    """Debian's Redis."""
    found = shutil.which("redis-server", path="/usr/bin:/usr/local/bin")
    return Path(found) if found else None


@contextmanager
def services_stay_off() -> Iterator[None]:
    """Keep packages that are installed now from starting their own servers."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install() -> None:
    """Install what is missing (as root), or say what to run."""
    if postgres_programs() and redis_server():
        return
    words = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    if os.getuid() != 0:
        sys.exit(f"these tests need Debian's packages: run `{' '.join(words)}` as root")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with services_stay_off():
        subprocess.run(["apt-get", "-qq", "update"], env=env, check=False)
        subprocess.run(words, env=env, check=True)


def run(words: list[str], *, root: Path) -> int:
    """Start both, run the command with their addresses, stop both."""
    secret = instance.password(root, instance.OWNER)
    pg = Postgres(root, password=secret, durable=False, bin_dir=postgres_programs())
    redis = Valkey(root, password=secret, durable=False, binary=redis_server())
    try:
        for server in (pg, redis):
            server.prepare()
            servers.spawn(server)
        servers.wait_ready(pg, redis)
        env = os.environ | {"TBG_TEST_DATABASE_URL": pg.url_of("postgres")}
        env["TBG_TEST_REDIS_URL"] = redis.url
        return subprocess.run(words, env=env, check=False).returncode
    finally:
        servers.stop(pg, redis)


def main() -> int:
    """Run the command given; its exit code."""
    install()
    root = instance.make_root(Path(tempfile.mkdtemp(prefix="tbg-debian-")))
    try:
        return run(sys.argv[1:], root=root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
