"""WebSockets on their short way in, and uvicorn's protocol, able to hang up on the slow."""

from __future__ import annotations

from asyncio.transports import BaseTransport
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tbg.adapters.limiter import SOCKETS_BY_IP
from tbg.app.api.guard import client_ip
from tbg.core import limits
from tbg.domains.realtime.routes import live


class SocketProtocol(WebSocketsSansIOProtocol):
    """Adds the ASGI extension `tbg.hang_up`: close now, whatever still waits to be written.

    An ASGI `websocket.close` waits until the transport is writable, which for a client that
    has stopped reading is never.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        """A smaller buffer than uvicorn's own: it is held for every slow client."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=limits.SOCKET_BUFFER_BYTES)

    async def run_asgi(self) -> None:
        """Hand the extension to the application with the scope."""
        extensions = cast("dict[str, Any]", self.scope["extensions"])
        extensions["tbg.hang_up"] = self.hang_up
        await super().run_asgi()

    def hang_up(self, code: int) -> None:
        """Send a close frame behind what is buffered; cut the line if it does not get through."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(limits.SOCKET_SEND_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """No pong: uvicorn closes, and what it cannot flush is cut off a little later."""
        super().keepalive_timeout()
        self.loop.call_later(limits.SOCKET_SEND_SECONDS, self.transport.abort)


class SocketDoor:
    """Lets WebSockets past everything that serves requests.

    A socket stays for hours, and with it all that was built on its way in: a third of its
    memory would be middleware and routing that it never uses again.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; a WebSocket for another path is refused with 403."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
        elif scope["path"] == self.path:
            state = scope["app"].state
            asker = client_ip(scope, state.settings)
            verdict = await state.limiter.take((SOCKETS_BY_IP, asker))
            if verdict is not None and verdict.retry_after:
                await WebSocket(scope, receive, send).close()
                return
            await live(WebSocket(scope, receive, send))
        else:
            await WebSocket(scope, receive, send).close()
