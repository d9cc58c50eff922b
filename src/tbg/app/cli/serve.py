"""`tbg serve`: the API and the web app. `tbg openapi`: the API's document."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Iterator
from typing import Annotated

import orjson
import typer
import uvicorn
from fastapi import FastAPI

from tbg.adapters import redis as redis_adapter
from tbg.app import process
from tbg.app.api import create_app
from tbg.app.api.connections import Connections, HttpProtocol
from tbg.app.api.frames import asyncapi
from tbg.app.api.sockets import SocketProtocol
from tbg.app.domains import DOMAINS
from tbg.app.listener import listen
from tbg.core import limits
from tbg.core.cancel import end
from tbg.core.clock import SystemClock
from tbg.core.settings import Settings
from tbg.core.telemetry import log
from tbg.core.tx import connect

_log = log(__name__)


class _Server(uvicorn.Server):
    """uvicorn, with the stop signals left to the service, and connections looked after."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until stopped."""
        watching = asyncio.create_task(self._connections.watch())
        try:
            await super().serve(sockets=sockets)
        finally:
            await end(watching)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def serve() -> None:
    """Serve the API, the WebSocket and the web app. You can run several of these."""

    async def main(runtime: process.Runtime) -> None:
        settings = runtime.settings
        listener = listen(settings.host, settings.port)
        _raise_file_limit()
        app = create_app(settings, runtime.database, runtime.redis)
        app.state.keys.prepare()
        server = server_of(app)
        stopping = asyncio.Event()
        process.stop_on_signals(stopping)
        stopper = asyncio.create_task(_stop_when(stopping, server))
        _log.info("listening", host=settings.host, port=listener.getsockname()[1])
        try:
            await server.serve(sockets=[listener])
        finally:
            stopper.cancel()

    process.run("api", main)


def openapi(
    *,
    frames: Annotated[
        bool, typer.Option(help="Print the WebSocket's AsyncAPI document instead.")
    ] = False,
) -> None:
    """Print the API's OpenAPI document, the same bytes for the same program."""
    # No server is contacted: the document is made from the routes.
    settings = Settings.model_construct(
        **{name: field.default for name, field in Settings.model_fields.items()}
    )
    database = connect("postgresql://none/none", SystemClock(), size=1)
    app = create_app(settings, database, redis_adapter.connect("redis://none"))
    made = asyncapi(DOMAINS, title=app.title, version=app.version) if frames else app.openapi()
    text = orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    typer.echo(text.decode())


def server_of(app: FastAPI) -> uvicorn.Server:
    """The server that runs an application; it does not handle signals."""

    class Http(HttpProtocol):
        ledger = Connections(app.state.settings)

    return _Server(
        uvicorn.Config(
            app,
            loop="none",
            lifespan="on",
            http=Http,
            timeout_keep_alive=limits.KEEP_ALIVE_SECONDS,
            ws=SocketProtocol,
            ws_max_size=limits.SOCKET_FRAME_BYTES,
            ws_per_message_deflate=False,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="warning",  # its lines for WebSockets would hold query strings
            timeout_graceful_shutdown=limits.SHUTDOWN_SECONDS,
        ),
        Http.ledger,
    )


def _raise_file_limit() -> None:
    """A socket is a file, and many systems allow 1,024 of them unless asked."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _stop_when(stopping: asyncio.Event, server: uvicorn.Server) -> None:
    await stopping.wait()
    server.should_exit = True
