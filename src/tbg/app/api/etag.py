"""An entity tag on every read of the API: who has it already is answered 304."""

from __future__ import annotations

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class EntityTags:
    """Adds a weak `ETag` to whole 200 answers to GETs, and honours it.

    Weak, because the bytes may be compressed on their way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return await self.app(scope, receive, send)
        known = Headers(scope=scope).get("if-none-match", "")
        held: list[Message] = []

        async def tag(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                held.append(message)
                return
            if held:
                start = held.pop()
                if not message.get("more_body"):
                    message = _tagged(start, message, known)
                await send(start)
            await send(message)

        await self.app(scope, receive, tag)


def _tagged(start: Message, body: Message, known: str) -> Message:
    """Put the tag in the headers of `start`; the body to send, none if it is known."""
    headers = MutableHeaders(raw=start["headers"])
    tag = f'W/"{blake2b(body.get("body", b""), digest_size=12).hexdigest()}"'
    headers["etag"] = tag
    headers.setdefault("cache-control", "no-cache")
    if tag not in (part.strip() for part in known.split(",")):
        return body
    start["status"] = 304
    del headers["content-length"], headers["content-type"]
    return {"type": "http.response.body", "body": b""}
