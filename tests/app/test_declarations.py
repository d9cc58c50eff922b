"""What a route that changes something declares: how often, who may, and that a retry is safe."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from tbg.adapters.rate_limit import CHANGES, RateLimit
from tests.declarations import declared

_READS = ("GET ", "HEAD ", "OPTIONS ")


def without_a_rate_limit(app: FastAPI) -> list[str]:
    """Routes that change something and count nobody's requests."""
    return [
        route
        for route, found in declared(app).items()
        if not route.startswith(_READS) and not any(isinstance(one, RateLimit) for one in found)
    ]


async def change() -> int:
    return 1


def test_every_route_that_changes_something_declares_a_rate_limit(app: FastAPI) -> None:
    assert without_a_rate_limit(app) == []
    app.add_api_route("/api/v1/toys", change, methods=["PUT"])
    assert without_a_rate_limit(app) == ["PUT /api/v1/toys"]
    app.add_api_route("/api/v1/games", change, methods=["PUT"], dependencies=[Depends(CHANGES)])
    assert without_a_rate_limit(app) == ["PUT /api/v1/toys"]
