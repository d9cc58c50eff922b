"""What a route that changes something declares: how often, who may, and that a retry is safe."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import get_args

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel

import tbg
from tbg.adapters.rate_limit import CHANGES
from tbg.app.domains import DOMAINS
from tbg.core.domain import Domain
from tbg.domains.realtime.schemas import Order
from tests.declarations import bodies, without_a_rate_limit, without_idempotency


async def change() -> int:
    return 1


def test_every_route_that_changes_something_declares_a_rate_limit(app: FastAPI) -> None:
    assert without_a_rate_limit(app) == []
    app.add_api_route("/api/v1/toys", change, methods=["PUT"])
    assert without_a_rate_limit(app) == ["PUT /api/v1/toys"]
    app.add_api_route("/api/v1/games", change, methods=["PUT"], dependencies=[Depends(CHANGES)])
    assert without_a_rate_limit(app) == ["PUT /api/v1/toys"]


def test_every_post_declares_that_it_is_idempotent(app: FastAPI) -> None:
    assert without_idempotency(app) == []
    app.add_api_route("/api/v1/toys", change, methods=["POST"])
    assert without_idempotency(app) == ["POST /api/v1/toys"]


RECORD = {"record_event", "record_occurrences"}


def recorded(domain: Domain) -> set[str]:
    """The events that a domain's code records for badges, as its calls name them."""
    package = import_module(f"tbg.domains.{domain.name}")
    found = set()
    for path in Path(str(package.__file__)).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", None) in RECORD:
                (event,) = (word.value for word in call.keywords if word.arg == "event")
                name = path.relative_to(Path(tbg.__file__).parent).with_suffix("").parts
                module = import_module(".".join(("tbg", *name)))
                if not (isinstance(event, ast.Name) and event.id == "event"):  # it is passed on
                    found.add(eval(ast.unparse(event), vars(module)))
    return found


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: str(domain.name))
def test_a_domain_declares_the_events_of_badges_that_it_records(domain: Domain) -> None:
    assert recorded(domain) == domain.badge_events


def not_strict(model: type[BaseModel]) -> bool:
    """Whether a model takes what is of another type, or names that it does not know."""
    return (model.model_config.get("strict"), model.model_config.get("extra")) != (True, "forbid")


def test_every_order_of_a_socket_is_strict() -> None:
    union, _ = get_args(Order)
    assert [model.__name__ for model in get_args(union) if not_strict(model)] == []


def test_every_request_model_is_strict(app: FastAPI) -> None:
    found = bodies(app)
    assert found
    assert [model.__name__ for model in found if not_strict(model)] == []
    app.add_api_route("/api/v1/toys", wound_up, methods=["PUT"])
    assert [model.__name__ for model in bodies(app) if not_strict(model)] == ["Toy", "Spring"]


class Spring(BaseModel):
    turns: int


class Toy(BaseModel):
    springs: list[Spring] | None = None


async def wound_up(toy: Toy) -> int:
    return len(toy.springs or [])


@pytest.mark.parametrize("body", [{"challenge_id": 1}, {"challenge_id": "x"}, {}, {"more": 1}])
async def test_a_body_of_another_type_is_refused(client: httpx.AsyncClient, body: object) -> None:
    answer = await client.post("/api/v1/auth/verify", json=body)
    assert answer.status_code == 422
