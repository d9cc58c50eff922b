"""Child processes of one data directory: started as the right user, found again after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from tbg.core.errors import CannotRun

LOG_FILE_BYTES = 10 * 1024 * 1024
"""A log larger than this moves aside when its program next starts; one old one is kept."""

PROGRAM = (sys.executable, "-P", "-m", "tbg")
"""This very program: a module in the folder in which it is started cannot take its place."""

_LAUNCH = str(Path(__file__).with_name("launch.py"))
_NOBODY = 65534


def launcher(user: str = "same", *, death_signal: signal.Signals = signal.SIGTERM) -> list[str]:
    """The words to put before a program's own so that it runs as `user` and dies with us."""
    return [sys.executable, "-I", "-S", _LAUNCH, str(os.getpid()), str(int(death_signal)), user]


def user_for(directory: Path) -> str:
    """The user who runs the servers whose data is in `directory` (created for them if new).

    PostgreSQL refuses root. So root runs them in a user namespace, where it is an ordinary user and
    no file changes its owner. Where that is not allowed, or the data already belongs to another
    user, they run as that user, or as nobody.
    """
    if os.getuid() != 0:
        directory.mkdir(mode=0o700, exist_ok=True)
        return "same"
    if not directory.exists():
        directory.mkdir(mode=0o700)
        if not namespace_allowed():
            os.chown(directory, _NOBODY, _NOBODY)
    owner = directory.stat()
    return "namespace" if owner.st_uid == 0 else f"{owner.st_uid}:{owner.st_gid}"


def namespace_allowed() -> bool:
    """Whether root can run a server as an ordinary user without changing owners of files."""
    if sys.platform != "linux":
        return False
    tried = subprocess.run(launcher("namespace"), capture_output=True, check=False)  # noqa: S603
    return tried.returncode == 0


def hand_over(path: Path, *, like: Path) -> None:
    """Give `path` to the owner of `like`, when we may and it is somebody else's."""
    owner = like.stat()
    if os.getuid() == 0 and owner.st_uid != 0:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def check_socket(path: Path) -> None:
    """CannotRun if no Unix socket can be there, or a URL cannot name it."""
    most = 107 if sys.platform == "linux" else 103  # the kernel's bound
    if len(os.fsencode(path)) > most:
        raise CannotRun(
            f"the path of --data is {len(os.fsencode(path)) - most} bytes too long for a socket in "
            f"it ({path}): choose a shorter one"
        )
    if "," in str(path):
        raise CannotRun(f"the path of --data has a comma ({path}): choose one without")


def server_environment() -> dict[str, str]:
    """The environment of the embedded servers: no secrets, no locale surprises."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def start(
    argv: list[str], *, user: str, log: Path, death_signal: signal.Signals
) -> subprocess.Popen[bytes]:
    """Start a server in its own session (a terminal's Ctrl-C is ours to pass on), output to `log`.

    Call it from the main thread: the kernel ties the child to the thread that made it.
    """
    with open_log(log) as out:
        return subprocess.Popen(  # noqa: S603 - a server's own program
            [*launcher(user, death_signal=death_signal), *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=server_environment(),
            start_new_session=True,
        )


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to; one that has grown large moves aside first (one old one kept).

    Without a buffer: what a full disk refuses would stay in it and fail again.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_FILE_BYTES:
        path.replace(path.with_suffix(path.suffix + ".1"))
    return path.open("ab", buffering=0)


def last_words(log: Path, *, lines: int = 3) -> str:
    """The end of a log on one line, for an error message."""
    try:
        text = log.read_bytes()[-4000:].decode("utf-8", "replace")
    except OSError:
        return ""
    return " | ".join(text.strip().splitlines()[-lines:])


def living_in(directory: Path, *, program: str) -> dict[int, int]:
    """Processes of `program` that work in `directory`: {pid: parent's pid} (Linux; else empty).

    Both servers change into their data directory, so this finds what a killed supervisor left
    behind, and never mistakes a stranger that was given an old process id for it.
    """
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").samefile(directory) and (
                (entry / "exe").readlink().name.startswith(program)
            ):
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                found[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
        except OSError:  # gone, or not visible to us
            continue
    return found


def end_leftovers(
    directory: Path, *, program: str, first: signal.Signals, patience_s: float = 10.0
) -> None:
    """End what a killed supervisor left in `directory`: asked, then told, then killed."""
    for sign in (first, signal.SIGQUIT, signal.SIGKILL):
        family = living_in(directory, program=program)
        for pid, parent in family.items():
            if parent not in family or sign == signal.SIGKILL:
                _signal(pid, sign, program=program, directory=directory)
        deadline = time.monotonic() + patience_s
        while family and time.monotonic() < deadline:
            time.sleep(0.05)
            family = living_in(directory, program=program)
        if not family:
            return
    raise CannotRun(f"{program} on {directory} cannot be stopped: check its processes")


def _signal(pid: int, sign: signal.Signals, *, program: str, directory: Path) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return
    except PermissionError:
        raise CannotRun(
            f"{program} (process {pid}) runs on {directory} as another user: stop it as that user"
        ) from None


def identified(pids: dict[str, int]) -> dict[str, list[int]]:
    """{name: [pid, start]}: a process id alone may be reused (start 0: not known)."""
    return {name: [pid, _started(pid)] for name, pid in pids.items()}


def _started(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])  # Z: dead, but not reaped


def end_strangers(children: dict[str, list[int]], *, patience_s: float = 5.0) -> None:
    """End services that a killed supervisor left (Linux ends them itself: wait for that)."""
    left = {pid for pid, started in children.values() if started and _started(pid) == started}
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        deadline = time.monotonic() + patience_s
        while left and time.monotonic() < deadline:
            left = {pid for pid, started in children.values() if _started(pid) == started}
            time.sleep(0.05)
