"""The OpenAPI document: what FastAPI makes of the routes, with every refusal as a problem."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tbg.adapters.http import PROBLEM_JSON

_PROBLEM = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_NOT_OURS = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once; the same for the same routes, byte for byte."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for operations in made["paths"].values():
            for operation in operations.values():
                _refuse_with_problems(operation)
        for name in _NOT_OURS:
            made["components"]["schemas"].pop(name, None)
        app.openapi_schema = made
    return app.openapi_schema


def _refuse_with_problems(operation: dict[str, Any]) -> None:
    """Problems are `application/problem+json`, also those that no route names."""
    responses = operation["responses"]
    for status, response in responses.items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith(("/Problem", "/HTTPValidationError")):
            responses[status] = {"description": "Problem", "content": _PROBLEM}
    responses["default"] = {"description": "Problem", "content": _PROBLEM}
