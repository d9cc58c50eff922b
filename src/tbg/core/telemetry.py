"""Logs (structlog, one JSON object per line on stderr) and the Prometheus registry."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import sys
import threading
from socketserver import ThreadingMixIn
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
from prometheus_client import Counter, Gauge, Histogram, make_wsgi_app

from tbg.core import limits
from tbg.core.settings import Settings

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

METRICS_OFFSET = {"worker": 0, "ingest": 1, "relay": 2, "collect": 3, "api": 4, "sender": 5}
"""Each service's metrics are at TBG_METRICS_PORT plus this: they share a machine."""

JOB_SUCCESS = Gauge(
    "tbg_job_last_success_timestamp_seconds", "Last successful end of a job", ["job"]
)
JOB_SECONDS = Histogram(
    "tbg_job_duration_seconds", "How long a job ran", ["job"], buckets=LATENCY_BUCKETS
)
JOB_FAILURES = Counter("tbg_job_failures_total", "Runs of a job that raised", ["job"])


# Until a service configures logging, logs go to stderr: a command's stdout is for its output.
structlog.configure(
    processors=[  # a plain traceback: the default one also shows the values of variables
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ],
    logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
)


def log(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; context (request_id, batch_id) comes from structlog's contextvars."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name))


class Once:
    """Remembers what has been logged, because strangers can cause it and must not fill the log.

    A process logs each thing once, and nothing more after `limits.SAID_ONCE` of them.
    """

    def __init__(self) -> None:
        self._said: set[str] = set()

    def is_first(self, what: str) -> bool:
        """Whether to log it now."""
        if what in self._said or len(self._said) >= limits.SAID_ONCE:
            return False
        self._said.add(what)
        return True


class Seldom:
    """Bounds the lines about what strangers can cause at will: one a minute, with a count.

    What is said must be one of few things.
    """

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, int]] = {}

    def due(self, what: str, now: float) -> int:
        """How many times it has happened since its last line, this time included; 0: no line now.

        `now`: seconds, of any clock that only rises.
        """
        at, count = self._told.get(what, (float("-inf"), 0))
        if now - at < limits.SAID_AGAIN_SECONDS:
            self._told[what] = (at, count + 1)
            return 0
        self._told[what] = (now, 0)
        return count + 1


def configure(settings: Settings, *, service: str) -> None:
    """Set up logging for one process, and its metrics port unless that is 0."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)  # output is escaped, and colours with it
    )
    tail = [structlog.processors.format_exc_info, _without_rows, renderer]
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # One write per line: services that share a log would interleave lines that `print` writes.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("arq.worker").setLevel(logging.WARNING)  # our own `job_done` reports it
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service)
    if settings.metrics_port:
        serve_metrics(settings.metrics_host, settings.metrics_port + METRICS_OFFSET[service])


class _MetricsServer(ThreadingMixIn, WSGIServer):
    """One thread per reader; few readers, with little time each: some ports are exposed."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._free = threading.Semaphore(limits.METRICS_AT_ONCE)
        super().__init__((host, port), _QuietHandler)
        self.set_app(make_wsgi_app())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, if there is a free one."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, or hang up when the time is over; a read timeout would restart with each read."""
        hang_up = threading.Timer(limits.METRICS_SECONDS, _hang_up, [request])
        hang_up.daemon = True
        hang_up.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            hang_up.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not log readers that went away."""


def _hang_up(request: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed just now
        request.shutdown(socket.SHUT_RDWR)


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass


def serve_metrics(host: str, port: int) -> None:
    """Answer Prometheus; without a free port, the service works but is not measured."""
    try:
        server = _MetricsServer(host, port)
    except OSError as error:
        log(__name__).warning(
            "no_metrics",
            host=host,
            port=port,
            error=str(error),
            do="give this service another TBG_METRICS_PORT, or 0 for none",
        )
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


# PostgreSQL quotes the row that a constraint refused, with all its contents.
_ROW = re.compile(r"Failing row contains \(.*?\)\.?(?=\n|\Z)", re.DOTALL)


def _without_rows(_logger: object, _method: str, event: structlog.typing.EventDict) -> Any:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _ROW.sub("Failing row contains (...).", value)
    return event
