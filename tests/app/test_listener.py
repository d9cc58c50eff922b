"""Where the API listens: whatever cannot be is said of the setting at fault."""

from __future__ import annotations

import socket

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


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_host_for_everybody_by_ipv6_takes_ipv4_too(address: str) -> None:
    with listen("::", 0) as found:
        port = found.getsockname()[1]
        socket.create_connection((address, port), timeout=5).close()


def test_a_port_that_is_free_is_listened_on() -> None:
    with listen("127.0.0.1", 0) as found:
        assert found.getsockname()[1] > 0
