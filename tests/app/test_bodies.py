"""Bodies that no program should read in its own way."""

from __future__ import annotations

import httpx
import pytest

from tests.accounts import sign_in


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b'{"bio": "a", "bio": "b"}', "application/json", 400, "bad_json"),
        (b'{"privacy": {"a": 1, "a": 1}}', "application/json", 400, "bad_json"),
        (b"[" * 30_000, "application/json", 400, "bad_json"),
        (b'{"bio":' * 3_000 + b"1" + b"}" * 3_000, "application/json", 400, "bad_json"),
        (b'{"bio": NaN}', "application/json", 400, "bad_json"),
        (b'{"bio": -Infinity}', "application/json", 400, "bad_json"),
        (b"\xff\xfe", "application/json", 400, "bad_json"),
        (b"{", "application/json; charset=utf-8", 400, "bad_json"),
        (b"bio=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"bio": "b"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"bio": "b"}', "", 415, "unsupported_media_type"),
        (b'{"bio": 1}', "application/json", 422, "invalid"),
        (b'{"bio": "\\ud800"}', "application/json", 422, "invalid"),
        (b'{"bio": "a\\u0000"}', "application/json", 200, ""),
        (b'{"handle": "a\\u0000b"}', "application/json", 422, "handle_refused"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
    ],
)
async def test_a_body_is_read_in_one_way_or_refused(
    client: httpx.AsyncClient, body: bytes, kind: str, status: int, code: str
) -> None:
    me = await sign_in(client)
    headers = {"Content-Type": kind} if kind else {}
    answer = await me.ask("PATCH", "/users/me", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["type"] == f"/problems/{code}"


@pytest.mark.parametrize("address", ["a\u0000b", "x" * 200, "é", "", "bc1" + "q" * 90])
async def test_an_invalid_address_in_a_body_is_refused(
    client: httpx.AsyncClient, address: str
) -> None:
    content = b'{"address": "%s"}' % address.encode("unicode_escape").replace(b"\\x00", b"\\u0000")
    content = content.replace(b"\\xe9", b"\\u00e9")
    answer = await client.post(
        "/api/v1/auth/challenge", content=content, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not_an_address")


async def test_answers_to_signed_in_users_are_private(
    client: httpx.AsyncClient,
) -> None:
    me = await sign_in(client)
    answer = await me.ask("GET", "/users/me")
    assert answer.headers["cache-control"] == "private, no-cache"
    tag = answer.headers["etag"]
    again = await me.ask("GET", "/users/me", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert (await client.get("/api/v1/users/me", headers={"If-None-Match": tag})).status_code == 401


async def test_a_large_body_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    """Reading a megabyte of names took the API a second, in which it answered nobody."""
    names = ",".join(f'"{n}":0' for n in range(115_000))
    for path in ("/api/v1/auth/verify", "/api/v1/nothing", "/health"):
        answer = await client.post(
            path, content=f"{{{names}}}", headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413


async def test_a_body_with_very_many_names_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/verify", json={f"n{n}": 0 for n in range(257)})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad_json")
    assert "more than 256 names" in answer.json()["detail"]
