"""Whether the process lives, and whether everything it needs is available."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from redis.asyncio import Redis

import tbg
from tbg.adapters.broadcast import heartbeats
from tbg.adapters.streams.durable import durability
from tbg.adapters.streams.lag import lag
from tbg.core import limits, schema
from tbg.core.settings import Settings
from tbg.core.tx import Database

SERVICES = ("ingest", "relay", "sender", "worker")

router = APIRouter()


class Health(BaseModel):
    """The process answers."""

    status: str


class ReadinessCheck(BaseModel):
    """One thing that the process needs; `detail` gives its state, or what is wrong."""

    ok: bool
    detail: str


class Readiness(BaseModel):
    """All of them; `ready` when each is ok."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, ReadinessCheck]


class Version(BaseModel):
    """The program's version."""

    version: str


@dataclass(slots=True)
class Checks:
    """The checks of readiness, each within `limits.CHECK_SECONDS`."""

    settings: Settings
    database: Database
    redis: Redis

    async def run(self) -> dict[str, ReadinessCheck]:
        """Every check, all at once."""
        checks: Mapping[str, Callable[[], Awaitable[str]]] = {
            "database": self._database,
            "redis": self._redis,
            "migrations": self._migrations,
            "redis_settings": self._redis_settings,
            "ingest_lag": self._lag,
            "disk": self._disk,
        } | {service: partial(self._service, service) for service in SERVICES}
        results = await asyncio.gather(*(_within(check()) for check in checks.values()))
        return dict(zip(checks, results, strict=True))

    async def _database(self) -> str:
        async with self.database.transaction() as tx:
            await tx.value("SELECT 1")
        return "answers"

    async def _redis(self) -> str:
        await self.redis.ping()
        return "answers"

    async def _migrations(self) -> str:
        found, needed = await schema.current(self.database), schema.REVISION
        if found != needed:
            raise NotReady(
                f"the schema is at {found or 'nothing'}, but {needed} is needed: "
                "restart `tbg up`, or run `tbg migrate`"
            )
        return found

    async def _redis_settings(self) -> str:
        wrong = await durability(self.redis)
        if wrong and self.settings.env == "production":
            raise NotReady("; ".join(wrong))
        return "; ".join(wrong) or "append-only file on, nothing is evicted"

    async def _lag(self) -> str:
        waiting, seconds = await lag(self.redis, now=self.database.clock.now())
        if waiting >= limits.STREAM_BACKLOG:
            raise NotReady(
                f"{waiting} events are waiting, and producers wait for room in the streams"
            )
        if seconds > limits.INGEST_LAG_SECONDS:
            raise NotReady(f"{waiting} events are waiting, the oldest for {seconds:.0f} s")
        return f"{waiting} events are waiting"

    async def _disk(self) -> str:
        folder = self.settings.data_dir.absolute()
        place = next(path for path in (folder, *folder.parents) if path.exists())
        free = (await asyncio.to_thread(shutil.disk_usage, Path(place))).free
        if free < limits.DISK_FREE_BYTES:
            raise NotReady(f"{free // 2**20} MiB free")
        return f"{free // 2**20} MiB free"

    async def _service(self, service: str) -> str:
        if not (await heartbeats(self.redis, (service,)))[service]:
            raise NotReady(f"no sign of life: is `tbg {service}` running?")
        return "alive"


class NotReady(Exception):
    """A check's description of what is wrong."""


async def _within(check: Awaitable[str]) -> ReadinessCheck:
    # Left behind when it is late, not waited for: a driver may take a cancellation for its own.
    asking = asyncio.ensure_future(check)
    asking.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({asking}, timeout=limits.CHECK_SECONDS)
        if not asking.done():
            late = f"no answer within {limits.CHECK_SECONDS:.0f} s"
            return ReadinessCheck(ok=False, detail=late)
        return ReadinessCheck(ok=True, detail=asking.result())
    except NotReady as finding:
        return ReadinessCheck(ok=False, detail=str(finding))
    except Exception as error:
        # Its kind only: a driver's message may name hosts and users.
        return ReadinessCheck(ok=False, detail=f"does not answer ({type(error).__name__})")
    finally:
        asking.cancel()


@router.get("/health", summary="The process answers", operation_id="health")
async def health() -> Health:
    """Report that the process lives, without asking anything else."""
    return Health(status="ok")


@router.get(
    "/health/ready",
    summary="Everything that the process needs is available",
    operation_id="ready",
    responses={
        503: {"model": Readiness, "description": "Something that it needs is not available"}
    },
)
async def ready(request: Request, response: Response) -> Readiness:
    """Check the servers, the schema, the other services and the disk; 503 names what is down."""
    checks = await request.app.state.readiness.get()
    good = all(check.ok for check in checks.values())
    response.status_code = 200 if good else 503
    return Readiness(status="ready" if good else "not_ready", checks=checks)


@router.get("/version", summary="The running version", operation_id="version")
async def version() -> Version:
    """Report the running version."""
    return Version(version=tbg.__version__)
