"""Cookies: the session's reach the application, no others are decoded."""

from __future__ import annotations

import time

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tbg.adapters.cookies import OwnCookies, SessionCookies

COOKIES = SessionCookies("http://127.0.0.1:8000")
COSTLY = '"' + '\\"' * 14_000 + '"'
"""Some versions of Python take seconds to decode it."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse(Request(scope).cookies)(scope, receive, send)


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (["tbg_access=a.b-c_d"], {"tbg_access": "a.b-c_d"}),
        (["theme=dark; tbg_access=a; x=y", "tbg_csrf=c"], {"tbg_access": "a", "tbg_csrf": "c"}),
        ([f"x={COSTLY}; tbg_access=a"], {"tbg_access": "a"}),
        ([f"tbg_access={COSTLY}"], {}),
        (["tbg_access", "=tbg_access", ";;; ,"], {"": "tbg_access"}),
        (["theme=dark"], {}),
        ([], {}),
    ],
)
async def test_only_the_session_s_cookies_reach_the_application(
    sent: list[str], seen: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(OwnCookies(echo, cookies=COOKIES))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        begun = time.process_time()
        answer = await client.get("/", headers=[("cookie", value) for value in sent])
        assert time.process_time() - begun < 0.5
    assert answer.json() == seen
