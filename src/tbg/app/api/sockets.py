"""WebSockets: each frame is counted, nothing is kept for the slow, and a short way in."""

from __future__ import annotations

import logging
from asyncio.transports import BaseTransport
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.server import ServerProtocol

from tbg.adapters.limiter import SOCKETS_BY_IP
from tbg.app.api.guard import client_ip
from tbg.app.api.turns import FairQueue
from tbg.core import limits
from tbg.core.allowance import Allowance
from tbg.domains.realtime.routes import Live, live

REFUSED = Counter(
    "tbg_sockets_refused_total", "WebSockets cut off by the server, by reason", ["why"]
)

_SHARED_RATE = limits.FRAMES_BY_ADDRESS * limits.SOCKET_FRAMES_PER_SECOND
SHARED_FRAMES = limits.FRAMES_BY_ADDRESS * limits.SOCKET_FRAMES

_UNREADABLE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class _CountedFrames(ServerProtocol):
    """Reads frames, and fails the connection with 1008 when they are too many.

    Pings, pongs and fragments never reach the application, so they can be counted only here, as
    they are read: a packet may hold forty thousand of them.
    """

    def __init__(self, time: Callable[[], float], **options: Any) -> None:
        super().__init__(**options)
        self._time = time
        self._allowance = Allowance(time(), most=limits.SOCKET_FRAMES)
        self.shared: Allowance | None = None  # with all sockets of this address
        self._fragments = 0

    def recv_frame(self, frame: Frame) -> None:
        """Take one frame, if it is one that may come."""
        if not self._allowance.take(
            self._time(), rate=limits.SOCKET_FRAMES_PER_SECOND, most=limits.SOCKET_FRAMES
        ):
            return self._refuse("too many frames")
        if self.shared and not self.shared.take_if_there(
            self._time(), rate=_SHARED_RATE, most=SHARED_FRAMES
        ):
            return self._refuse("too many frames from one address")
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments = 0 if frame.fin else self._fragments + 1
            if self._fragments > limits.SOCKET_FRAGMENTS:
                return self._refuse("too many fragments")
        super().recv_frame(frame)

    def _refuse(self, why: str) -> None:
        REFUSED.labels(why).inc()
        self.fail(CloseCode.POLICY_VIOLATION, why)
        self.parser_exc = ProtocolError(why)  # by this uvicorn knows that it is over


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with frames counted and no more written than the buffer holds.

    Adds two ASGI extensions. `tbg.is_open`: whether the client may still read. `tbg.hang_up`: close
    now, whatever still waits to be written. (An ASGI
    `websocket.close` waits until the transport is writable, which for a client that has stopped
    reading is never.)
    """

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        super().__init__(config, server_state, app_state)
        self.conn: _CountedFrames = _CountedFrames(
            self.loop.time, max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error")
        )
        self.on_lost: Callable[[], None] = lambda: None
        self._pong_owed: bytes | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """A smaller buffer than uvicorn's own: it is held for every slow client."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=limits.SOCKET_BUFFER_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """The place that it held is free."""
        super().connection_lost(exc)
        self.on_lost()

    def data_received(self, data: bytes) -> None:
        """Read frames; what comes before the handshake is answered, or after the end, is not."""
        if self.close_sent and self.conn.parser_exc is not None:
            return  # refused: it reads why, and is cut off
        if self.handshake_initiated and not self.handshake_complete:
            REFUSED.labels("too early").inc()
            self.transport.abort()
            return
        super().data_received(data)
        if not self.handshake_initiated:
            # uvicorn hands the whole request over at once: here it could not be read, for it has
            # more or longer headers than the library takes.
            REFUSED.labels("bad handshake").inc()
            self.transport.write(_UNREADABLE)
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Pass a message on, if its text is valid."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.fail(CloseCode.INVALID_DATA)
                self.conn.parser_exc = ProtocolError("a text that is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer; if the client does not read, answer only the last ping, once it reads again."""
        pongs = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(pongs))
        elif pongs:
            self._pong_owed = pongs[-1]

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._pong_owed is not None and not self.close_sent:
            self.transport.write(self._pong_owed)
        self._pong_owed = None

    def handle_parser_exception(self) -> None:
        """Tell the client why its frames are refused; it has a moment to read it."""
        self.stop_keepalive()
        sent = self.conn.close_sent
        code, reason = (sent.code, sent.reason) if sent else (1006, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self._close_soon(limits.SOCKET_LINGER_SECONDS)

    async def run_asgi(self) -> None:
        """Hand the extension to the application with the scope."""
        extensions = cast("dict[str, Any]", self.scope["extensions"])
        extensions["tbg.hang_up"] = self.hang_up
        extensions["tbg.is_open"] = self.is_open
        await super().run_asgi()

    def is_open(self) -> bool:
        """Whether anybody may still read what is sent."""
        return not (self.disconnected or self.close_sent or self.transport.is_closing())

    def hang_up(self, code: int, reason: str = "") -> None:
        """Send a close frame behind what is buffered; cut the line if it does not get through."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._close_soon(limits.SOCKET_SEND_SECONDS)

    def _close_soon(self, seconds: float) -> None:
        """The close frame is written: wait for the client's, but not for long."""
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(seconds, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """No pong: uvicorn closes, and what it cannot flush is cut off a little later."""
        super().keepalive_timeout()
        self.loop.call_later(limits.SOCKET_SEND_SECONDS, self.transport.abort)


class SocketEndpoint:
    """Lets WebSockets past everything that serves requests.

    A socket stays for hours, and with it all that was built on its way in: a third of its
    memory would be middleware and routing that it never uses again.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self.path = path
        self.queue = FairQueue(at_once=limits.REQUESTS_AT_ONCE, each=limits.REQUESTS_EACH)
        # Sockets of one address look things up one after the other, however many they are.
        self.lookups = FairQueue(at_once=limits.REQUESTS_EACH, each=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; a WebSocket for another path is refused with 403."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
        elif scope["path"] == self.path:
            state = scope["app"].state
            asker = client_ip(scope, state.settings)
            await self.queue.enter(asker)
            try:
                verdict = await state.limiter.take((SOCKETS_BY_IP, asker))
            finally:
                self.queue.leave(asker)
            if verdict.retry_after:
                await WebSocket(scope, receive, send).close()
                return
            services = Live(
                state.hub,
                state.settings,
                state.database,
                state.gate.principal_of,
                partial(self.lookups.turn, asker),
            )
            await live(WebSocket(scope, receive, send), services)
        else:
            await WebSocket(scope, receive, send).close()
