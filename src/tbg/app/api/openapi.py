"""The OpenAPI document: what FastAPI makes of the routes, with every refusal as a problem."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tbg.adapters.http import PROBLEM_JSON
from tbg.app.api.area import in_api
from tbg.app.api.frames import schemas
from tbg.core.domain import Domain

_PROBLEM = {
    "description": "Problem",
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_NOT_OURS = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI, domains: Iterable[Domain]) -> dict[str, Any]:
    """The document, made once; the same for the same routes, byte for byte."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                _refuse_with_problems(operation, _refusals(path, method, operation))
        # No route has them, but the web app's types are made from this document.
        made["components"]["schemas"] |= schemas(domains)
        for name in _NOT_OURS:
            made["components"]["schemas"].pop(name, None)
        app.openapi_schema = made
    return app.openapi_schema


def _refusals(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    """What stands before a route, and refuses for it; its own refusals the route names itself."""
    found: set[str] = set()
    if in_api(path):
        found |= {"429", "503"}  # too often; takes too long
        if method != "get":
            found |= {"400", "403", "413", "415"}  # the body, and the page that it comes from
        if method == "post":
            found |= {"409", "422"}  # its Idempotency-Key
    if "security" in operation:
        found |= {"401", "403"}
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        found |= {"404"}
    return found


def _refuse_with_problems(operation: dict[str, Any], statuses: set[str]) -> None:
    """Problems are `application/problem+json`, also those that no route names."""
    responses = operation["responses"]
    for status, response in responses.items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith(("/Problem", "/HTTPValidationError")):
            responses[status] = _PROBLEM
    for status in sorted(statuses):
        responses.setdefault(status, _PROBLEM)
    responses["default"] = _PROBLEM  # what nobody foresaw
