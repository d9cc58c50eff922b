"""Where the API listens: whatever cannot be is said of the setting at fault."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tbg.app.listener import listen
from tbg.core.errors import BadArguments, CannotRun


@pytest.mark.parametrize("host", ["256.1.1.1", "no such host", "203.0.113.9", "x" * 70, "::g"])
def test_a_wrong_host_is_reported_as_such(host: str) -> None:
    with pytest.raises(BadArguments, match="--host") as refusal:
        listen(host, 0)
    assert host in str(refusal.value)
    assert "port" not in str(refusal.value)


def test_a_port_in_use_is_reported_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} of 127.0.0.1 is in use: .*--port"):
            listen("127.0.0.1", port)


ACTIVATED = """
import os, socket
from tbg.app.listener import listen
held = socket.create_server(("127.0.0.1", 0))
os.dup2(held.fileno(), 3)
os.environ |= {"LISTEN_PID": str(os.getpid() + PID), "LISTEN_FDS": "FDS", "LISTEN_FDNAMES": "x"}
found = listen("127.0.0.1", 0)
assert not any(name.startswith("LISTEN_") for name in os.environ)
print(found.getsockname() == held.getsockname())
"""


@pytest.mark.parametrize(
    ("pid", "number", "says"),
    [(0, 1, "True"), (1, 1, "False"), (0, 0, "False"), (0, 2, "exactly one ListenStream=")],
)
def test_a_socket_that_systemd_holds_for_this_process_is_used(
    pid: int, number: int, says: str
) -> None:
    code = ACTIVATED.replace("+ PID", f"+ {pid}").replace('"FDS"', f'"{number}"')
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert says in done.stdout + done.stderr


def test_a_port_that_is_free_is_listened_on() -> None:
    with listen("127.0.0.1", 0) as found:
        assert found.getsockname()[1] > 0
