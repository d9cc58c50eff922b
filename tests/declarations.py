"""What the routes of an application declare by their dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from tbg.adapters.http import idempotent, required_key
from tbg.adapters.rate_limit import RateLimit


def dependencies(dependant: Dependant | None) -> Iterator[Any]:
    """Whatever a route depends on, however deep."""
    for inner in [] if dependant is None else dependant.dependencies:
        yield inner.call
        yield from dependencies(inner)


def declared(app: FastAPI) -> dict[str, list[Any]]:
    """`METHOD path` → what the route depends on."""
    return {
        f"{method} {route.path}": list(dependencies(getattr(route, "dependant", None)))
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or set()) - {"HEAD"}
    }


_READS = ("GET ", "HEAD ", "OPTIONS ")


def without_a_rate_limit(app: FastAPI) -> list[str]:
    """Routes that change something and count nobody's requests."""
    return [
        route
        for route, found in declared(app).items()
        if not route.startswith(_READS) and not any(isinstance(one, RateLimit) for one in found)
    ]


def without_idempotency(app: FastAPI) -> list[str]:
    """Routes that do twice what is asked for twice."""
    return [
        route
        for route, found in declared(app).items()
        if route.startswith("POST ") and {idempotent, required_key}.isdisjoint(found)
    ]


def rate_limits_of(app: FastAPI) -> set[RateLimit]:
    """Every rate limit that some route declares."""
    return {one for found in declared(app).values() for one in found if isinstance(one, RateLimit)}


def bodies(app: FastAPI) -> list[type[BaseModel]]:
    """Every model that a request's body is read by, with those inside it, in order of routes."""
    found: dict[type[BaseModel], None] = {}
    for route in iter_route_contexts(app.routes):
        for field in _body_fields(getattr(route, "dependant", None)):
            found |= dict.fromkeys(_models(field.field_info.annotation))
    return list(found)


def _body_fields(dependant: Dependant | None) -> Iterator[Any]:
    if dependant is not None:
        yield from dependant.body_params
        for inner in dependant.dependencies:
            yield from _body_fields(inner)


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from _models(field.annotation)
    for part in get_args(kind):
        yield from _models(part)
