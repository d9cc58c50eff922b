"""`Idempotency-Key`: who asks twice is answered twice, and it is done once."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tbg.adapters.keys import KeyRing
from tbg.app.api.bodies import again, whole_body
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
    """The same request is being answered just now."""

    code = "in_flight"
    title = "The same request is being answered"


class Idempotency:
    """Answers a POST of a known caller again as it was answered, for a day.

    Answers are stored sealed with the key that the caller chose: only he has both halves.
    """

    def __init__(self, app: ASGIApp, database: Database, keys: KeyRing) -> None:
        self.app = app
        self.database = database
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        principal: Principal | None = scope["state"]["principal"]
        key = Headers(scope=scope).get("idempotency-key")
        if scope["method"] != "POST" or key is None or principal is None:
            return await self.app(scope, receive, send)
        if not 1 <= len(key) <= limits.IDEMPOTENCY_CHARS or not key.isascii():
            raise Invalid(f"Idempotency-Key: 1 to {limits.IDEMPOTENCY_CHARS} ASCII characters.")
        body = await whole_body(receive)
        if body is None:
            return None  # nobody waits for an answer
        asker = principal.key_id or str(principal.session_id)
        digest = self.keys.mac("idempotency", f"{asker} {key}".encode())
        path = scope["path"].encode()
        request = hashlib.sha256(path + b"\0" + scope["query_string"] + b"\0" + body).digest()
        async with self.database.transaction() as tx:
            found = await actions.begin(
                tx, user_id=principal.user_id, digest=digest, request=request
            )
        if found is not None:
            if found.request != request:
                raise OtherRequest("Choose a new key for a new request.")
            if found.answer is None:
                raise InFlight("Ask again in a moment.")
            return await self._replay(key, found.status, found.answer, send)
        # Who asks again may not take what the first one took.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self._answer(
            scope, again(body, receive), send, principal=principal, key=key, digest=digest
        )

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, *, principal: Principal, key: str,
        digest: bytes,
    ) -> None:  # fmt: skip
        told: dict[str, Any] = {"headers": {}, "body": b"", "status": 0}

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                told["status"] = message["status"]
                told["headers"] = {n: headers[n] for n in _KEPT_HEADERS if n in headers}
            else:
                told["body"] += message.get("body", b"")
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            # What failed on our side may be asked again; so may what was refused for a moment.
            done = 200 <= told["status"] < 500 and told["status"] not in (401, 403, 409, 429)
            sealed = None
            if done:
                plain = orjson.dumps([told["headers"], told["body"].decode("latin-1")])
                sealed = self.keys.seal("idempotency", key.encode(), plain)
            async with self.database.transaction() as tx:
                await actions.finish(
                    tx,
                    user_id=principal.user_id,
                    digest=digest,
                    status=told["status"],
                    answer=sealed,
                )

    async def _replay(self, key: str, status: int, answer: bytes, send: Send) -> None:
        plain = self.keys.unseal("idempotency", key.encode(), answer)
        if plain is None:
            raise InFlight("This key was used before our secret was changed: choose another.")
        headers, text = orjson.loads(plain)
        body = text.encode("latin-1")  # bytes are kept as text, whatever they are
        start: Message = {"type": "http.response.start", "status": status, "headers": []}
        raw = MutableHeaders(raw=start["headers"])
        for name, value in {**headers, "idempotent-replayed": "true"}.items():
            raw[name] = value
        raw["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})
