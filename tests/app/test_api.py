"""What every answer has, whichever route gave it."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRouter
from prometheus_client import generate_latest
from redis.asyncio import Redis

from tbg.app.api import pages
from tbg.core import limits
from tbg.core.clock import SystemClock
from tbg.core.errors import Conflict
from tbg.core.tx import Database, connect
from tests.api import client_of, make_app, problem, served


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    problem(await client.get("/api/v1/nothing"), 404, "not_found")
    problem(await client.get("/api"), 404, "not_found")
    problem(await client.post("/health/nothing"), 404, "not_found")


async def test_a_wrong_method_is_a_problem_that_names_the_allowed_ones(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/api/v1/badges")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_bad_input_names_the_field(client: httpx.AsyncClient) -> None:
    body = problem(await client.get("/api/v1/badges/UPPER"), 422, "invalid")
    assert [(e["field"], e["code"]) for e in body["errors"]] == [
        ("path.slug", "string_pattern_mismatch")
    ]


@pytest.mark.parametrize("path", ["/api/v1/badges", "/health", "/"])
async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.request("GET", path, content=b"x" * (limits.REQUEST_BYTES + 1))
    problem(answer, 413, "too_large")


@pytest.fixture
def broken(app: FastAPI) -> FastAPI:
    """The application with a few more routes, that fail in ways the others should not."""
    router = APIRouter()

    @router.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError("a secret of ours")

    @router.get("/refusal")
    async def refusal() -> None:
        raise Conflict("The cup is full.", seats=0)

    @router.post("/echo")
    async def echo(words: dict[str, Any]) -> dict[str, Any]:
        return words

    app.include_router(router)
    return app


async def test_an_internal_error_reveals_no_details(broken: FastAPI) -> None:
    async with client_of(broken) as client:
        with structlog.testing.capture_logs() as lines:
            answer = await client.get("/bug", headers={"X-Request-Id": "find-me-again"})
    body = problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert body["request_id"] == "find-me-again"
    (line,) = [line for line in lines if line["event"] == "request_failed"]
    assert line["log_level"] == "error"


async def test_a_refusal_is_a_problem_with_its_own_words(broken: FastAPI) -> None:
    async with client_of(broken) as client:
        body = problem(await client.get("/refusal"), 409, "conflict")
    assert body["detail"] == "The cup is full."
    assert body["seats"] == 0


async def test_a_body_that_is_not_json_is_400(broken: FastAPI) -> None:
    async with client_of(broken) as client:
        headers = {"content-type": "application/json"}
        answer = await client.post("/echo", content=b"{", headers=headers)
        problem(answer, 400, "bad_json")


async def test_a_body_without_declared_length_is_counted(broken: FastAPI) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"a": "'
        for _ in range(17):
            yield b"x" * 65_536

    async with served(broken) as host, httpx.AsyncClient(base_url=f"http://{host}") as client:
        headers = {"content-type": "application/json"}
        problem(await client.post("/echo", content=pieces(), headers=headers), 413, "too_large")


async def test_a_database_that_is_away_is_503_and_comes_back(pg_url: str, redis: Redis) -> None:
    away = connect("postgresql://tbg@127.0.0.1:1/none", SystemClock(), size=1)
    async with client_of(make_app(away, redis)) as client:
        answer = await client.get("/api/v1/badges")
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "5"
        assert "127.0.0.1:1" not in answer.text
        assert (await client.get("/health")).status_code == 200


async def test_a_sane_request_id_is_kept_and_another_is_not(client: httpx.AsyncClient) -> None:
    kept = await client.get("/health", headers={"X-Request-Id": "abc-123.DEF_456"})
    assert kept.headers["x-request-id"] == "abc-123.DEF_456"
    for odd in ("short", "a" * 65, "with space", "quote\"'<>"):
        made = await client.get("/health", headers={"X-Request-Id": odd})
        assert made.headers["x-request-id"] != odd
        assert len(made.headers["x-request-id"]) == 32


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/api/v1/nothing", "/", "/api/v1/badges"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "connect-src 'self' ws://127.0.0.1:8000 wss://127.0.0.1:8000" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]
        assert "strict-transport-security" not in headers


async def test_over_https_hsts_is_sent(db: Database, redis: Redis) -> None:
    app = make_app(db, redis, env="production", public_url="https://game.example")
    async with client_of(app) as client:
        headers = (await client.get("/health")).headers
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "wss://game.example" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["badges", "levels", "config", "badges/first_share"])
async def test_an_unchanged_answer_is_304(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(f"/api/v1/{path}")
    assert first.status_code == 200
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}'):
        again = await client.get(f"/api/v1/{path}", headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
        assert again.headers["x-request-id"]
    other = await client.get(f"/api/v1/{path}", headers={"If-None-Match": 'W/"other"'})
    assert other.status_code == 200
    assert other.content == first.content


async def test_an_entity_tag_changes_with_what_it_names(
    db: Database, client: httpx.AsyncClient
) -> None:
    before = await client.get("/api/v1/badges")
    async with db.transaction() as tx:
        await tx.run("UPDATE badge_definitions SET xp_reward = 51 WHERE slug = 'first_share'")
    headers = {"If-None-Match": before.headers["etag"]}
    after = await client.get("/api/v1/badges", headers=headers)
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


async def test_long_answers_are_compressed_for_clients_that_accept_it(app: FastAPI) -> None:
    async with served(app) as host, httpx.AsyncClient(base_url=f"http://{host}") as client:
        request = client.build_request("GET", "/api/v1/badges", headers={"Accept-Encoding": "gzip"})
        answer = await client.send(request, stream=True)
        raw = b"".join([piece async for piece in answer.aiter_raw()])
        plain = await client.get("/api/v1/badges", headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(raw)) == plain.json()
    assert len(raw) < len(plain.content) / 2


async def test_each_request_is_one_log_line_without_its_query(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/api/v1/badges/first_share?token=hush")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["route"] == "/api/v1/badges/{slug}"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["ms"] > 0
    assert "hush" not in json.dumps(lines)


async def test_requests_are_counted_by_route(client: httpx.AsyncClient) -> None:
    wanted = 'tbg_http_requests_total{method="GET",route="/api/v1/badges/{slug}",status="404"}'

    async def count() -> float:
        text = generate_latest().decode()
        found = [line for line in text.splitlines() if line.startswith(wanted)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    before = await count()
    await client.get("/api/v1/badges/nobody_has_this")
    await client.get("/api/v1/badges/nor_this")
    assert await count() == before + 2
    text = generate_latest().decode()
    assert "nobody_has_this" not in text
    assert 'tbg_http_request_seconds_bucket{le="0.001",route="/api/v1/badges/{slug}"}' in text


# --- the web app ------------------------------------------------------------------------------


@pytest.fixture
async def built(
    db: Database, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API beside a built web app."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>")
    (tmp_path / "assets" / "main-B4dC0ffe.js").write_text("console.log(1)")
    (tmp_path / "mark.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path.parent / "outside.txt").write_text("not yours")
    monkeypatch.setattr(pages, "_CHECKOUT", tmp_path)
    async with client_of(make_app(db, redis)) as client:
        yield client


ROUTER = Path(__file__).parents[2] / "web" / "src" / "router.tsx"
# The gallery of parts exists only for developers.
ROUTES = re.findall(r'^ *path: "([^"]+)"', ROUTER.read_text(encoding="utf-8"), re.MULTILINE)
ROUTES.remove("/gallery")


@pytest.mark.parametrize("route", [*ROUTES, "/badges/", "/m/bc1qabc.rig"])
async def test_every_route_of_the_web_app_is_a_page(built: httpx.AsyncClient, route: str) -> None:
    assert len(ROUTES) > 8
    answer = await built.get(re.sub(r"\$\w+", "some", route))
    assert answer.status_code == 200
    assert "<title>built</title>" in answer.text


@pytest.mark.parametrize("path", ["/new", "/m", "/m/a/b", "/badges/a/b", "/sign-in/now", "//m/a"])
async def test_an_address_without_a_page_is_the_app_with_404(
    built: httpx.AsyncClient, path: str
) -> None:
    answer = await built.get(path)
    assert answer.status_code == 404
    assert "<title>built</title>" in answer.text


@pytest.mark.parametrize("path", ["/", "/badges", "/badges/first_share", "/m/bc1qabc.rig"])
async def test_pages_are_the_app(built: httpx.AsyncClient, path: str) -> None:
    answer = await built.get(path)
    assert answer.status_code == 200
    assert "<title>built</title>" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_cached_permanently(built: httpx.AsyncClient) -> None:
    answer = await built.get("/assets/main-B4dC0ffe.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    other = await built.get("/mark.svg")
    assert other.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": other.headers["etag"]}
    assert (await built.get("/mark.svg", headers=known)).status_code == 304


PACKED = {
    "gzip, deflate, br": "br",
    "gzip": "gzip",
    "br;q=1.0, gzip;q=0.8": "br",
    "br;q=0, gzip": "gzip",
    "br;q=0.0, gzip;q=0": None,
    "identity": None,
    "brotli, x-gzip": None,
}


@pytest.mark.parametrize(("takes", "coding"), PACKED.items(), ids=PACKED)
async def test_files_are_sent_as_they_were_packed_when_built(
    built: httpx.AsyncClient, tmp_path: Path, takes: str, coding: str | None
) -> None:
    text = "console.log(1);" * 100
    (tmp_path / "assets" / "main-B4dC0ffe.js").write_text(text)
    (tmp_path / "assets" / "main-B4dC0ffe.js.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "assets" / "main-B4dC0ffe.js.br").write_bytes(b"as brotli has it")
    head = {"Accept-Encoding": takes}
    async with built.stream("GET", "/assets/main-B4dC0ffe.js", headers=head) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    packed = {"br": ".br", "gzip": ".gz", None: ""}[coding]
    assert raw == (tmp_path / "assets" / f"main-B4dC0ffe.js{packed}").read_bytes()
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    known = head | {"If-None-Match": answer.headers["etag"]}
    again = await built.get("/assets/main-B4dC0ffe.js", headers=known)
    assert again.status_code == 304
    assert "Accept-Encoding" in again.headers["vary"]
    other = known | {"Accept-Encoding": "gzip" if coding != "gzip" else "identity"}
    assert (await built.get("/assets/main-B4dC0ffe.js", headers=other)).status_code == 200


async def test_what_was_not_packed_is_not_packed_for_each_request(
    built: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "large.svg").write_text("<svg>" * 10_000)
    answer = await built.get("/large.svg", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


def test_the_built_app_has_its_files_packed_unless_that_makes_them_larger() -> None:
    scripts = list(pages._CHECKOUT.glob("assets/*.js"))
    assert len(scripts) > 10
    for script in scripts:
        whole = script.read_bytes()
        packed = script.with_name(f"{script.name}.gz")
        assert packed.exists() == (len(gzip.compress(whole)) < len(whole)), script.name
        if packed.exists():
            assert gzip.decompress(packed.read_bytes()) == whole
            assert script.with_name(f"{script.name}.br").stat().st_size < packed.stat().st_size


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/favicon.ico", "/../outside.txt", "/%2e%2e/outside.txt", "/a%00b.js",
     "/assets/..%2f..%2foutside.txt"],
)  # fmt: skip
async def test_a_missing_file_is_404(built: httpx.AsyncClient, path: str) -> None:
    answer = await built.get(path)
    assert answer.status_code == 404
    assert "not yours" not in answer.text


async def test_a_page_refuses_post(built: httpx.AsyncClient) -> None:
    problem(await built.post("/badges"), 405, "method_not_allowed")


async def test_without_a_built_app_the_page_names_the_command(
    db: Database, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_CHECKOUT", tmp_path / "none")
    async with client_of(make_app(db, redis)) as client:
        answer = await client.get("/")
        assert answer.status_code == 200
        assert "make web" in answer.text
        # Built while the program runs: no restart is needed.
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "index.html").write_text("now it is")
        assert (await client.get("/")).text == "now it is"


async def test_a_thousand_readers_at_once(app: FastAPI) -> None:
    async with client_of(app) as client:
        answers = await asyncio.gather(*(client.get("/api/v1/public/stats") for _ in range(300)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["updated_at"] for answer in answers}) == 1
