"""What the routes of an application declare by their dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

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


def rate_limits_of(app: FastAPI) -> set[RateLimit]:
    """Every rate limit that some route declares."""
    return {one for found in declared(app).values() for one in found if isinstance(one, RateLimit)}
