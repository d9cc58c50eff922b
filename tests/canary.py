"""Looks for secrets where none may be: in what the program wrote while a test ran.

Every secret that a test is given by the API is remembered, and others are known by their shape.
A test during which one was written to stdout, stderr or a log, by this process or one that it
started, fails (unless pytest captures nothing: `-s`). Who starts processes that write to files or
pipes has them looked through when they have ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

_SHAPES = {
    "a refresh token": re.compile(r"tbr_\d+_[0-9a-f]{32}_[0-9a-f]{6}"),
    "an API key": re.compile(r"tbg_\d+k[0-9a-f]{8}_[0-9a-f]{6}"),
    "an access token": re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}"),
    "a private key": re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----"),
}
_TOLD = ("access_token", "refresh_token", "key")
_SHORTEST = 16

_known: dict[str, str] = {}


def remember(what: str, secret: str) -> None:
    """From now on nobody may write this."""
    if len(secret) >= _SHORTEST:
        _known[secret] = what


def leaks(text: str) -> list[str]:
    """What secrets are in a text, by kind and a few of their characters."""
    found = [
        f"{what} ({match[0][:12]}…)"
        for what, shape in _SHAPES.items()
        for match in shape.finditer(text)
    ]
    return found + [f"{what} ({secret[:12]}…)" for secret, what in _known.items() if secret in text]


def look_through(*logs: Path) -> None:
    """Fail when there is a secret in a log that pytest did not capture."""
    for log in logs:
        found = leaks(log.read_text(errors="replace"))
        assert not found, f"in {log.name} there is {', '.join(found[:5])}"


async def listen(answer: httpx.Response) -> None:
    """A hook for httpx: remembers what an answer gives away; no refusal may give anything away."""
    for line in answer.headers.get_list("set-cookie"):
        remember("a cookie", line.partition(";")[0].partition("=")[2].strip('"'))
    kind = answer.headers.get("content-type", "")
    if kind == "application/problem+json":
        told = json.loads(await answer.aread())
        told.pop("instance", None)  # the path, as the caller wrote it
        found = leaks(json.dumps(told))
        assert not found, f"a refusal told {', '.join(found)}"
    elif kind == "application/json" and answer.request.method == "POST":
        body = json.loads(await answer.aread())
        for name in _TOLD:
            if isinstance(body, dict) and isinstance(body.get(name), str):
                remember(f"the {name} of an answer", body[name])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail the test during which a secret was written."""
    report = yield
    written = (text for name, text in report.sections if name.endswith(f" {call.when}"))
    found = leaks("\n".join(written))
    if found and not report.failed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: in what was written there is {', '.join(found[:5])}"
    return report
