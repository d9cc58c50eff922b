"""`tbg serve` as an operator runs it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from tbg.core import limits
from tbg.core.telemetry import METRICS_OFFSET, serve_metrics
from tests import canary, servers
from tests.commands import tbg
from tests.serving import environment, free_port, get


def serve(env: dict[str, str], *, service: str = "serve") -> subprocess.CompletedProcess[str]:
    """Run it (or another service) expecting that it refuses to."""
    return tbg(service, env=env)


@contextmanager
def serving(env: dict[str, str], *, descriptors: int = 0) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "tbg", "serve"]
    if descriptors:
        words = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *words]
    process = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_stopped(fresh_database: str, redis_url: str, stop: signal.Signals) -> None:
    port = free_port()
    env = environment(fresh_database, redis_url, TBG_PORT=str(port))
    with serving(env) as process:
        answer = get(f"http://127.0.0.1:{port}/api/v1/badges?token=hush", process)
        assert answer.json()["total_available"] == 20
        assert "server" not in answer.headers
        process.send_signal(stop)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"listening", "request"} <= {line["event"] for line in lines}
    assert {line["service"] for line in lines} == {"api"}
    assert "hush" not in said
    assert canary.leaks(said) == []
    assert "Traceback" not in said


def test_its_metrics_are_on_a_port_of_their_own(fresh_database: str, redis_url: str) -> None:
    port, metrics = free_port(), free_port()
    ports = {"TBG_PORT": str(port), "TBG_METRICS_PORT": str(metrics - METRICS_OFFSET["api"])}
    env = environment(fresh_database, redis_url, **ports)
    with serving(env) as process:
        assert get(f"http://127.0.0.1:{port}/metrics", process).status_code == 404
        assert 'status="404"' in get(f"http://127.0.0.1:{metrics}/metrics", process).text
        # A second one finds the port taken, says what to do, and serves.
        other = free_port()
        with serving(env | {"TBG_PORT": str(other)}) as second:
            assert get(f"http://127.0.0.1:{other}/health", second).status_code == 200
            second.send_signal(signal.SIGTERM)
            _, said = second.communicate(timeout=20)
    assert second.returncode == 0
    (warning,) = [line for line in map(json.loads, said.splitlines()) if "do" in line]
    assert (warning["event"], warning["port"]) == ("no_metrics", metrics)
    assert "TBG_METRICS_PORT" in warning["do"]


def test_connections_beyond_the_descriptors_are_refused_and_the_server_continues(
    fresh_database: str, redis_url: str
) -> None:
    port = free_port()
    env = environment(fresh_database, redis_url, TBG_PORT=str(port))
    with serving(env, descriptors=300) as process:
        assert get(f"http://127.0.0.1:{port}/health", process).status_code == 200
        held = []
        for number in range(1_200):  # from many addresses, none of which has too many
            here = (f"127.0.{number % 200}.2", 0)
            held.append(socket.create_connection(("127.0.0.1", port), 10, source_address=here))
            held[-1].send(b"GET /hea")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/health").raise_for_status()
        for one in held:
            one.close()
        time.sleep(0.2)
        assert get(f"http://127.0.0.1:{port}/api/v1/badges", process).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    refusals = [line for line in map(json.loads, said.splitlines()) if "refused" in line["event"]]
    assert refusals[0]["why"] == "full"
    assert len(refusals) <= 2  # not a line each
    assert "Traceback" not in said


def test_who_holds_up_the_metrics_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "METRICS_SECONDS", 0.3)
    port = free_port()
    serve_metrics("127.0.0.1", port)
    held = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(30)]
    for one in held:
        one.send(b"GET /met")
    # Those that found no free thread are closed at once, the others when their time is over.
    assert [quiet(one) for one in held] == [b""] * len(held)
    assert "python_info" in httpx.get(f"http://127.0.0.1:{port}/metrics").text


def quiet(one: socket.socket) -> bytes:
    """Everything received until the socket is closed; TimeoutError if it is not."""
    with one, suppress(ConnectionError):
        one.settimeout(2)
        return one.recv(1000)
    return b""


def test_a_port_in_use_is_reported_in_one_line(fresh_database: str, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = serve(environment(fresh_database, redis_url, TBG_PORT=port))
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_stale_schema_is_refused_with_the_remedy(pg_url: str, redis_url: str) -> None:
    with servers.database(pg_url) as empty:
        done = serve(environment(empty, redis_url, TBG_PORT="0"))
    assert done.returncode == 1
    assert "run `tbg migrate`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("service", ["serve", "worker", "ingest", "relay", "sender"])
def test_production_refuses_a_redis_that_may_lose_events(
    fresh_database: str, redis_url: str, service: str
) -> None:
    more = {"TBG_ENV": "production", "TBG_PUBLIC_URL": "https://game.example", "TBG_PORT": "0"}
    done = serve(environment(fresh_database, redis_url, **more), service=service)
    assert done.returncode == 1
    assert "appendonly is no, must be yes" in done.stderr
