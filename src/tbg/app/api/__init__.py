"""The API service: middleware, errors, the domains' routes, the socket, the built web app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module

from fastapi import APIRouter, FastAPI
from redis.asyncio import Redis
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

import tbg
from tbg.adapters.broadcast import Broadcast, Hub, packet_of
from tbg.adapters.cookies import OwnCookies, SessionCookies
from tbg.adapters.credentials import CredentialKeys, Issuer
from tbg.adapters.hashing import Hashing
from tbg.adapters.keys import KeyRing
from tbg.adapters.limiter import Limiter
from tbg.adapters.pictures import Studio
from tbg.app.api import health, lifecycle, manifest, problems
from tbg.app.api.area import API, ApiMiddleware
from tbg.app.api.bodies import StrictJson
from tbg.app.api.edge import Edge
from tbg.app.api.etag import EntityTags
from tbg.app.api.frames import asyncapi
from tbg.app.api.guard import Gate, Guard
from tbg.app.api.heads import Heads
from tbg.app.api.idempotency import Idempotency, KeptAnswers, Replayed, replayed
from tbg.app.api.openapi import document
from tbg.app.api.pages import Pages
from tbg.app.api.sockets import SocketEndpoint
from tbg.app.api.turns import Turns
from tbg.app.domains import DOMAINS, badge_events_of, causes_of, goal_facts_of
from tbg.core import limits
from tbg.core.cancel import end
from tbg.core.domain import Domain
from tbg.core.frames import Frame
from tbg.core.fresh import Fresh
from tbg.core.settings import Settings
from tbg.core.tx import Database
from tbg.domains.realtime.schemas import SnapshotData


def create_app(
    settings: Settings, database: Database, redis: Redis, *, domains: Sequence[Domain] = DOMAINS
) -> FastAPI:
    """The ASGI application on these servers; it listens to Redis while its lifespan lasts.

    Before it serves, `app.state.keys` wants to be prepared.
    """
    database = replace(database, committed=Broadcast(redis).committed)
    keys = KeyRing(settings.keys, database.clock, settings.public_url)
    hashing, limiter = Hashing(), Limiter(redis, mac=keys.mac)
    cookies = SessionCookies(settings.public_url)
    gate = Gate(database, keys, hashing, cookies)
    idempotency = Idempotency(database, keys)
    app = FastAPI(
        title="The Bitcoin Game",
        version=tbg.__version__,
        lifespan=_lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(OwnCookies, cookies=cookies),
            Middleware(SocketEndpoint, path="/ws"),
            Middleware(Edge, settings=settings),
            Middleware(Turns, settings=settings),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=["*"],
                allow_headers=["authorization", "content-type", "idempotency-key"],
                expose_headers=["ratelimit", "ratelimit-policy", "retry-after", "x-request-id"],
            ),
            Middleware(
                ApiMiddleware,
                middleware=[
                    Middleware(Guard, settings=settings, gate=gate, limiter=limiter),
                    Middleware(StrictJson),
                    Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5),
                    Middleware(EntityTags),
                    Middleware(KeptAnswers, idempotency=idempotency),
                ],
            ),
        ],
    )
    app.state.settings = settings
    app.state.database = database
    app.state.redis = redis
    app.state.exporting = asyncio.Semaphore(limits.EXPORTS_AT_ONCE)
    app.state.keys = keys
    app.state.gate = gate
    app.state.idempotency = idempotency
    app.state.hashing = hashing
    app.state.limiter = limiter
    app.state.cookies = cookies
    app.state.hub = Hub(
        redis, snapshot=lambda: packet_of(Frame("", SnapshotData()), at=database.clock.now())
    )
    app.state.readiness = Fresh(
        health.Checks(settings, database, redis).run, seconds=limits.READINESS_SECONDS, share=1
    )
    app.state.shared_answers = {}
    app.state.studio = Studio()
    app.state.issuer = _issuer(settings, database)
    problems.install(app)
    app.add_exception_handler(Replayed, replayed)
    _include(app, domains)
    app.router.default = Pages(Heads(settings, database))
    app.openapi = lambda: document(app, domains)  # type: ignore[method-assign]
    return app


def _issuer(settings: Settings, database: Database) -> Issuer:
    keys = CredentialKeys(settings.keys, database.clock)
    return Issuer(settings.public_url, settings.pool_name, keys)


def _include(app: FastAPI, domains: Sequence[Domain]) -> None:
    app.state.badge_events = badge_events_of(domains)
    app.state.goal_facts = goal_facts_of(domains)
    app.state.causes = causes_of(domains)
    app.include_router(health.router)
    app.include_router(manifest.router)
    app.include_router(lifecycle.router, prefix=API)
    frames = cache(lambda: asyncapi(domains, title=app.title, version=app.version))
    app.add_api_route(f"{API}/asyncapi.json", frames, include_in_schema=False)
    for domain in domains:
        if domain.well_known is not None:
            app.include_router(_router(domain.well_known))
        if domain.router is not None:
            app.include_router(_router(domain.router), prefix=API)


def _router(path: str) -> APIRouter:
    """The router at `module:attribute`."""
    module, _, attribute = path.partition(":")
    router: APIRouter = getattr(import_module(module), attribute)
    return router


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    listening = asyncio.create_task(app.state.hub.run())
    try:
        yield
    finally:
        await end(listening)
        await app.state.studio.close()
        app.state.hashing.close()
