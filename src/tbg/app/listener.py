"""Opens the socket of the API, or names the setting that is wrong."""

from __future__ import annotations

import errno
import os
import socket

from tbg.core.errors import BadArguments, CannotRun
from tbg.core.settings import LISTENER

_FIRST = 3
"""The first descriptor that systemd passes (sd_listen_fds)."""


def _held_by_systemd() -> socket.socket | None:
    """The socket of a systemd socket unit; CannotRun if it passes anything else."""
    pid, number = (os.environ.pop(name, None) for name in ("LISTEN_PID", "LISTEN_FDS"))
    os.environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or number in (None, "0"):
        return None
    try:
        held = socket.socket(fileno=_FIRST)
        listening = held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise CannotRun(f"the socket unit passes no socket: {error.strerror}") from None
    if number != "1" or not listening or held.type != socket.SOCK_STREAM:
        raise CannotRun("the socket unit must have exactly one ListenStream=")
    os.set_inheritable(_FIRST, False)
    return held


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; BadArguments for a wrong host, CannotRun for a port that is taken.

    It is the one that `tbg up` has handed over (LISTENER) or that systemd holds, if there is one:
    then no other program can take the port while this one does not run.
    """
    if LISTENER in os.environ:
        return socket.socket(fileno=int(os.environ[LISTENER]))
    if (held := _held_by_systemd()) is not None:
        return held
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        number = (getattr(error, "errno", None) if isinstance(error, OSError) else None) or -1
        if number < 0 or number == errno.EADDRNOTAVAIL:  # below zero: the resolver's own
            raise BadArguments(
                f"--host (TBG_HOST): {host} is not an address of this machine: use 127.0.0.1 for "
                "this machine only, or 0.0.0.0 for everybody"
            ) from None
        why = {
            errno.EADDRINUSE: "is in use: stop the program that listens there, or",
            errno.EACCES: "is not allowed for an ordinary user:",
        }.get(number, f"is not available ({os.strerror(number)}):")
        raise CannotRun(f"port {port} of {host} {why} choose another (--port, TBG_PORT)") from None
