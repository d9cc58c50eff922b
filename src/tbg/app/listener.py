"""Opens the socket of the API, or names the setting that is wrong."""

from __future__ import annotations

import errno
import os
import socket

from tbg.core.errors import BadArguments, CannotRun
from tbg.core.settings import LISTENER


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; BadArguments for a wrong host, CannotRun for a port that is taken.

    On `::` it takes IPv4 as well. It is the one that `tbg up` has handed over (LISTENER), if there
    is one: no other program can take its port while a service restarts.
    """
    if LISTENER in os.environ:
        return socket.socket(fileno=int(os.environ[LISTENER]))
    by_6 = ":" in host
    try:
        return socket.create_server(
            (host, port),
            family=socket.AF_INET6 if by_6 else socket.AF_INET,
            dualstack_ipv6=by_6 and socket.has_dualstack_ipv6(),
            backlog=2048,
        )
    except (OSError, UnicodeError) as error:
        number = (getattr(error, "errno", None) if isinstance(error, OSError) else None) or -1
        if number < 0 or number == errno.EADDRNOTAVAIL:  # below zero: the resolver's own
            raise BadArguments(
                f"--host (TBG_HOST): {host} is not an address of this machine: use 127.0.0.1 for "
                "this machine only, 0.0.0.0 for everybody, or :: for everybody by IPv6 too"
            ) from None
        why = {
            errno.EADDRINUSE: "is in use: stop the program that listens there, or",
            errno.EACCES: "is not allowed for an ordinary user:",
        }.get(number, f"is not available ({os.strerror(number)}):")
        raise CannotRun(f"port {port} of {host} {why} choose another (--port, TBG_PORT)") from None
