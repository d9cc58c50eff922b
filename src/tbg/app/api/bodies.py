"""Request bodies: JSON that can be read in one way only, or a refusal that says why not."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tbg.app.api.problems import problem

_MOST_NAMES = 256
"""Names in one object of a body; ours have a dozen, and each wrong one is an error to report."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class _Ambiguous(ValueError):
    """A repeated name, an invalid number, or excessive depth."""


class StrictJson:
    """Refuses bodies that are not JSON (400), not declared as JSON (415), or ambiguous (400).

    Different programs read a repeated name differently, so one would check another value than the
    next one uses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            return await self.app(scope, receive, send)
        body = await whole_body(receive)
        if body is None:
            return None  # the client is gone
        if body:
            kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                detail = "Send the body as application/json."
                return await problem(scope, 415, detail=detail)(scope, receive, send)
            try:
                json.loads(body, object_pairs_hook=_once, parse_constant=_refuse)
            except (ValueError, RecursionError) as error:
                why = str(error) if isinstance(error, _Ambiguous) else "The body is not JSON."
                answer = problem(scope, 400, code="bad_json", detail=why)
                return await answer(scope, receive, send)
        await self.app(scope, again(body, receive), send)


async def whole_body(receive: Receive) -> bytes | None:
    """The body of a request (the edge bounds it); None if the client went away."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """Returns a body that was received, then whatever follows it."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MOST_NAMES:
        raise _Ambiguous(f"An object of the body has more than {_MOST_NAMES} names.")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Ambiguous("The body repeats a name within one object.")
    return found


def _refuse(name: str) -> None:
    raise _Ambiguous(f"{name} is not a JSON number.")
