"""From which pages a browser may change things: ours, whatever their machine is called."""

from __future__ import annotations

import pytest
import structlog
from starlette.requests import HTTPConnection

from tbg.adapters import http
from tbg.adapters.http import from_our_page
from tbg.core import limits
from tbg.core.settings import Settings
from tbg.core.telemetry import Once

OURS = "https://game.example"


def asked(origin: str | None, host: str, *, public_url: str = OURS) -> bool:
    headers = [(b"host", host.encode("latin-1"))]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    connection = HTTPConnection({"type": "http", "headers": headers})
    return from_our_page(connection, Settings(_env_file=None, public_url=public_url))


@pytest.mark.parametrize(
    "host",
    [
        "game.example",
        "GAME.example:8443",
        "127.0.0.1:8000",
        "192.168.1.7",
        "[::1]:8000",
        "[fd00::7]",
        "localhost:8000",
        "game.localhost",
        "umbrel.local",
        "pool.home.arpa",
        "pool.lan.internal:8000",
        "Pool:8000",
    ],
)
def test_a_page_of_the_host_asked_for_is_ours_where_no_stranger_can_own_its_name(host: str) -> None:
    assert asked(f"http://{host}", host)
    assert asked(f"https://{host}".lower(), host)
    assert not asked(f"http://{host}", "127.0.0.2:8000")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "game.example.evil.example",
        "umbrel.local.evil.example",
        "pool.internal.evil.example",
        "evilhome.arpa",
        "home.arpa.",
        "evil.arpa",
        "pool.lan",
        "pool.tailnet.ts.net",
        "127.0.0.1.evil.example",
        "1.2.3",
        "evil.example.",
        "notlocal.example",
        "x@evil.example",
        "localhost@evil.example",
        "127.0.0.1@evil.example:80",
        "evil.example#.local",
        "evil.example/.local",
        "[",
        "[::1",
        ":8000",
        "",
    ],
)
def test_a_name_that_a_stranger_lets_lead_here_makes_no_page_ours(host: str) -> None:
    for scheme in ("http", "https"):
        assert not asked(f"{scheme}://{host}", host)


def test_the_public_url_is_ours_behind_a_proxy_that_asks_for_another_host() -> None:
    assert asked(OURS, "10.0.0.7:8000")
    assert not asked("http://game.example", "10.0.0.7:8000")
    assert not asked("https://game.example:8443", "10.0.0.7:8000")


def test_clients_without_an_origin_pass_and_opaque_origins_are_refused() -> None:
    assert asked(None, "evil.example")
    assert not asked("null", "127.0.0.1:8000")
    assert not asked("null", "null")
    assert not asked("", "")
    assert not asked("127.0.0.1:8000", "127.0.0.1:8000")


def test_a_refused_page_is_logged_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "_PAGES", Once())
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            assert not asked("http://pool.lan:8000", "pool.lan:8000")
        assert not asked(OURS, "10.0.0.7:8000", public_url="http://127.0.0.1:8000")
        assert asked(OURS, "10.0.0.7:8000")
        assert asked(None, "pool.lan")
    assert [(line["page"], line["host"]) for line in lines] == [
        ("http://pool.lan:8000", "pool.lan:8000"),
        (OURS, "10.0.0.7:8000"),
    ]
    assert all("TBG_PUBLIC_URL" in line["hint"] for line in lines)
    with structlog.testing.capture_logs() as lines:
        for n in range(100):
            assert not asked(f"http://{'x' * 500}{n}.lan", "pool.lan")
            assert not asked(f"http://{n}.lan", "x" * 500)
    assert len(lines) == limits.SAID_ONCE - 2
    assert all(len(line["page"]) <= 100 and len(line["host"]) <= 100 for line in lines)
