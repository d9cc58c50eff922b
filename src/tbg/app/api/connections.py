"""HTTP connections: how many are allowed, and how long each part of a request may take.

uvicorn waits indefinitely for the rest of a request, and for a client to read its answer. Here
every wait ends, and a full server refuses new connections instead of running out of descriptors:
without any it could not even listen.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from http import HTTPStatus
from typing import cast

from prometheus_client import Counter, Gauge
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tbg.app.api.guard import client_ip, counted_as
from tbg.app.api.sockets import SHARED_FRAMES, SocketProtocol
from tbg.core import limits
from tbg.core.allowance import Allowance
from tbg.core.settings import Settings
from tbg.core.telemetry import Seldom, log

OPEN = Gauge("tbg_connections_open", "Connections of HTTP and WebSockets in this process")
REFUSED = Counter("tbg_connections_refused_total", "Connections cut off by the server", ["why"])

_log = log(__name__)

# Of its logs about single requests we keep only our own errors: strangers can cause the rest.
_quiet = logging.getLogger("uvicorn.error.http")
_quiet.setLevel(logging.ERROR)


_WHY = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "head too large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body in too many pieces",
    HTTPStatus.TOO_MANY_REQUESTS: "too many pipelined",
}


class Connections:
    """All connections of one server, and how many of them each address has."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._most = most_connections()
        self._count = 0
        self._by_address: dict[str, int] = {}
        self._frames: dict[str, Allowance] = {}
        self._waited_for: set[HttpProtocol] = set()
        self._told = Seldom()

    def enter(self, connection: HttpProtocol, peer: str) -> str | None:
        """Let a connection in; what its place is kept as, None when there is no place."""
        address = counted_as(peer, self._settings)
        if self._count >= self._most:
            self.refused("full", of=None)
            return None
        if not self._take_place(address):
            return None
        self._waited_for.add(connection)
        return address

    def enter_socket(self, place: str, scope: Scope) -> str | None:
        """The place of a connection that becomes a WebSocket; None when there is none.

        From then on it is one visitor's, also behind a trusted proxy, whose connections are many
        visitors' until then.
        """
        visitor = place or counted_as(client_ip(scope, self._settings), self._settings)
        if visitor == place:
            return place
        if not self._take_place(visitor):
            return None
        self.leave(place)
        return visitor

    def _take_place(self, address: str) -> bool:
        theirs = self._by_address.get(address, 0)
        # One address never has all there is.
        most_of_one = min(limits.CONNECTIONS_BY_ADDRESS, max(1, self._most // 4))
        if address and theirs >= most_of_one:
            self.refused("too many from one address", of=address)
            return False
        self._by_address[address] = theirs + 1
        self._count += 1
        OPEN.set(self._count)
        return True

    def leave(self, place: str) -> None:
        """A connection is closed."""
        left = self._by_address[place] - 1
        self._by_address[place] = left
        if not left:
            del self._by_address[place]
            self._frames.pop(place, None)
        self._count -= 1
        OPEN.set(self._count)

    def frames_of(self, place: str) -> Allowance | None:
        """The allowance of all sockets of a visitor together; None if a proxy names none."""
        if not place:
            return None
        if place not in self._frames:
            now, most = asyncio.get_running_loop().time(), SHARED_FRAMES
            self._frames[place] = Allowance(now, most=most)
        return self._frames[place]

    def forget(self, connection: HttpProtocol) -> None:
        """It is closed, or has become a WebSocket, which has its own time limits."""
        self._waited_for.discard(connection)

    def refused(self, why: str, *, of: str | None) -> None:
        """Count one that is cut off; each reason is logged once a minute."""
        REFUSED.labels(why).inc()
        if count := self._told.due(why, asyncio.get_running_loop().time()):
            _log.warning("connections_refused", why=why, count=count, address=of, open=self._count)

    async def watch(self) -> None:
        """Look after all of them until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(limits.CONNECTIONS_LOOK_SECONDS)
            now = loop.time()
            for connection in list(self._waited_for):
                connection.look(now)


def most_connections() -> int:
    """Connections that there are descriptors for, with some kept for all else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return limits.CONNECTIONS
    return min(limits.CONNECTIONS, max(soft - limits.DESCRIPTORS_KEPT, soft // 4))


class _RefusedRequest(Exception):
    """Ends the parsing of a request that is too large."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to everything that a client can make it wait for."""

    ledger: Connections  # of the server that makes it

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place; return whether there was one."""
        super().connection_made(transport)
        self.logger = _quiet
        self._in_head = True  # waiting for the rest of a head, or for a request at all
        self._since = self.loop.time()  # … or else of its body; since when
        self._size = 0  # bytes received of the current message
        self._fields = 0  # what its head takes in memory
        self._pieces = 0  # of its body
        self._asked: list[RequestResponseCycle] = []  # requests whose answers are not whole
        self._status = HTTPStatus.BAD_REQUEST  # the answer to a parser's error
        self._unread, self._unread_since = 0, self._since  # what waits for the client to read
        self._place = self.ledger.enter(self, self.client[0] if self.client else "")
        if self._place is None:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        super().connection_lost(exc)
        self._give_up()
        self._leave()

    def _leave(self) -> None:
        self.ledger.forget(self)
        place, self._place = self._place, None
        if place is not None:
            self.ledger.leave(place)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, with its place."""
        if self._place is None:
            return  # it was refused before
        place = self.ledger.enter_socket(self._place, cast("Scope", self.scope))
        if place is None:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._place = place
        self.ledger.forget(self)
        super().handle_websocket_upgrade()
        socket = cast("SocketProtocol", self.transport.get_protocol())
        socket.on_lost = self._leave
        socket.conn.shared = self.ledger.frames_of(self._place)

    def data_received(self, data: bytes) -> None:
        """Receive parts of a request, within its limits."""
        if self.transport.is_closing():
            return
        self._size += len(data)
        super().data_received(data)
        if self.transport.get_protocol() is not self or self.transport.is_closing():
            return
        if self._in_head and self._size > limits.HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head too large")
        elif self._size > limits.MESSAGE_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body too large")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._fields = self._pieces = 0

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        self._take_field(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or what stands like one behind a body."""
        # Counted as in HTTP/2: including the memory of a short one.
        self._take_field(len(name) + len(value) + 32)
        super().on_header(name, value)

    def _take_field(self, size: int) -> None:
        self._fields += size
        if self._fields > limits.HEAD_BYTES:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _RefusedRequest

    def on_headers_complete(self) -> None:
        """The head is whole: it is served, or waits for those before it."""
        if len(self.pipeline) >= limits.PIPELINED:
            self._status = HTTPStatus.TOO_MANY_REQUESTS
            raise _RefusedRequest
        super().on_headers_complete()
        if self.cycle is not None and not self.cycle.response_complete:
            self._asked.append(self.cycle)
        self._in_head = False
        self._since = self.loop.time()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._pieces += 1
        if self._pieces > limits.BODY_PIECES:
            self._status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise _RefusedRequest
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        super().on_message_complete()
        self._in_head = True
        self._since = self.loop.time()
        self._size = 0

    def on_response_complete(self) -> None:
        """Only now is the next request waited for."""
        self._asked = [cycle for cycle in self._asked if not cycle.response_complete]
        super().on_response_complete()
        if self._in_head:
            self._since = self.loop.time()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer what cannot be parsed."""
        self._refuse(self._status, _WHY.get(self._status, "malformed"))

    def look(self, now: float) -> None:
        """Cut off a client that takes too long: over a head, over a body, or over reading."""
        if self._reads_too_slowly(now):
            self.ledger.refused("reads too slowly", of=self._place)
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif not self._in_head:
            if now - self._since > limits.BODY_SECONDS:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, "body too slow")
        elif self._unread or (self.cycle is not None and not self.cycle.response_complete):
            self._since = now  # it waits for us
        elif now - self._since > limits.HEAD_SECONDS:
            if self._size:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, "head too slow")
            else:
                self.ledger.refused("silent", of=self._place)
                self.transport.close()

    def resume_writing(self) -> None:
        """The client has read most of the answer."""
        super().resume_writing()
        self._unread_since = self.loop.time()

    def _reads_too_slowly(self, now: float) -> bool:
        """Whether the client has read too little of the answer for too long."""
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        if not self._unread or self._unread <= before - limits.READ_BYTES or not before:
            self._unread_since = now
        else:
            self._unread = max(self._unread, before)  # until enough of it is gone
        return now - self._unread_since > limits.READ_SECONDS

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.ledger.refused(why, of=self._place)
        self._end(status)

    def _end(self, status: HTTPStatus) -> None:
        """Send the reason, unless an answer has begun, and close."""
        begun = any(cycle.response_started for cycle in self._asked)
        self._give_up()
        if begun:
            self.transport.abort()
            return
        text = status.phrase.encode()
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (status, text, len(text), text)
        )
        self.transport.close()

    def _give_up(self) -> None:
        """End the request that is being served and those that wait behind it.

        uvicorn marks only the newest request as disconnected. In a pipeline, that is not the one
        being served, which would go on and write to a closed connection.
        """
        self.pipeline.clear()
        for cycle in self._asked:
            cycle.disconnected = True
            cycle.message_event.set()
        self._asked = []
