"""`Idempotency-Key`: a repeated request is answered again but done only once."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tbg.adapters.keys import KeyRing
from tbg.core import limits
from tbg.core.errors import Conflict, Invalid
from tbg.core.principal import Principal
from tbg.core.tx import Database
from tbg.domains.accounts.actions import idempotency as actions

_KEPT_HEADERS = ("content-type", "location")


class OtherRequest(Invalid):
    """The same key with another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class InFlight(Conflict):
    """The same request is still being processed."""

    code = "in_flight"
    title = "The same request is still being processed"


class Replayed(Exception):
    """Ends a request that was answered before, with that answer."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Begun(NamedTuple):
    """A request whose answer is stored: its user, their key, and the key's digest."""

    user_id: int
    key: str
    digest: bytes


class Idempotency:
    """Keeps the answers of routes that declare it (`adapters.http.idempotent`) for a day.

    Answers are stored sealed with the key that the caller chose: only they have both halves.
    """

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self.database = database
        self.keys = keys

    async def begin(self, request: Request) -> None:
        """Take the request's key; Replayed when it was answered already."""
        principal: Principal | None = request.state.principal
        key = request.headers.get("idempotency-key")
        if key is None or principal is None:
            return
        if not 1 <= len(key) <= limits.IDEMPOTENCY_CHARS or not key.isascii():
            raise Invalid(f"Idempotency-Key: 1 to {limits.IDEMPOTENCY_CHARS} ASCII characters.")
        asker = principal.key_id or str(principal.session_id)
        digest = self.keys.mac("idempotency", f"{asker} {key}".encode())
        scope, body = request.scope, await request.body()
        path = scope["path"].encode()
        asked = hashlib.sha256(path + b"\0" + scope["query_string"] + b"\0" + body).digest()
        async with self.database.transaction() as tx:
            found = await actions.begin(tx, user_id=principal.user_id, digest=digest, request=asked)
        if found is None:
            request.state.idempotency = Begun(principal.user_id, key, digest)
            return
        if found.request != asked:
            raise OtherRequest("Choose a new key for a new request.")
        if found.answer is None:
            raise InFlight("Try again in a moment.")
        raise Replayed(self._replay(key, found.status, found.answer))

    def _replay(self, key: str, status: int, answer: bytes) -> Response:
        plain = self.keys.unseal("idempotency", key.encode(), answer)
        if plain is None:
            raise InFlight("This key was used before the pool's secret changed: choose another.")
        headers, text = orjson.loads(plain)
        body = text.encode("latin-1")  # bytes are kept as text, whatever they are
        return Response(body, status, headers={**headers, "idempotent-replayed": "true"})

    async def finish(self, begun: Begun, kept: dict[str, Any]) -> None:
        """Store the answer, or release the key if the request may be retried."""
        # Requests that failed on our side, or were refused temporarily, may be retried.
        done = 200 <= kept["status"] < 500 and kept["status"] not in (401, 403, 409, 429)
        sealed = None
        if done:
            plain = orjson.dumps([kept["headers"], kept["body"].decode("latin-1")])
            sealed = self.keys.seal("idempotency", begun.key.encode(), plain)
        async with self.database.transaction() as tx:
            await actions.finish(
                tx,
                user_id=begun.user_id,
                digest=begun.digest,
                status=kept["status"],
                answer=sealed,
            )


class KeptAnswers:
    """Hands the answer of a request that `Idempotency.begin` took a key for to `finish`."""

    def __init__(self, app: ASGIApp, *, idempotency: Idempotency) -> None:
        self.app = app
        self.idempotency = idempotency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        kept: dict[str, Any] = {"headers": {}, "body": b"", "status": 0}
        state = scope.setdefault("state", {})

        async def note(message: Message) -> None:
            if "idempotency" in state and message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                kept["status"] = message["status"]
                kept["headers"] = {n: headers[n] for n in _KEPT_HEADERS if n in headers}
            elif "idempotency" in state:
                kept["body"] += message.get("body", b"")
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            if "idempotency" in state:
                await self.idempotency.finish(state["idempotency"], kept)


async def replayed(_: Request, error: Exception) -> Response:
    """Replay the stored answer."""
    assert isinstance(error, Replayed)
    return error.response
