"""Every refusal as problem details (RFC 9457); nothing of the program's insides in any."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from tbg.adapters.http import PROBLEM_JSON
from tbg.core.errors import Refused

_ERRORS_NAMED, _FIELD_CHARS = 20, 100
"""Most fields that a refusal names: a body may have a hundred thousand wrong ones."""

_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not support that method.",
    413: "The request body is too large.",
}
_CODES = {413: "too_large", 422: "invalid", 500: "internal", 503: "unavailable"}


def problem(
    scope: Scope,
    status: int,
    *,
    code: str | None = None,
    title: str | None = None,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """The answer to a request that is refused; `code` is the stable end of its `type`."""
    phrase = HTTPStatus(status).phrase.capitalize()
    body = {
        "type": f"/problems/{code or _CODES.get(status) or phrase.lower().replace(' ', '_')}",
        "title": title or phrase,
        "status": status,
        "detail": detail or _DETAILS.get(status, phrase),
        "instance": scope["path"],
        "request_id": scope.get("state", {}).get("request_id", ""),
        **extra,
    }
    return Response(
        orjson.dumps(body), status, headers=dict(headers or {}), media_type=PROBLEM_JSON
    )


def install(app: FastAPI) -> None:
    """Answer what FastAPI and the domains refuse."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(request.scope, error)


def refusal(scope: Scope, error: Refused) -> Response:
    """The answer to a request that our code refused."""
    return problem(
        scope,
        error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        headers=error.headers,
        **error.extra,
    )


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {
            "field": ".".join(str(part) for part in item["loc"])[:_FIELD_CHARS],
            "code": item["type"],
            "message": item["msg"],
            "params": {
                name: value
                for name, value in item.get("ctx", {}).items()
                if isinstance(value, str | int | float)
            },
        }
        for item in error.errors()[:_ERRORS_NAMED]
    ]
    if any(item["code"] == "json_invalid" for item in wrong):
        return problem(request.scope, 400, code="bad_json", detail="The body is not JSON.")
    title = "The input is not valid"
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in wrong)
    return problem(request.scope, 422, title=title, detail=detail, errors=wrong)


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # The framework knows only the methods of the first route at this path.
        path = route_of(request.scope)
        methods = request.app.openapi()["paths"].get(path, {})
        headers["Allow"] = ", ".join(sorted(method.upper() for method in methods))
    return problem(request.scope, error.status_code, headers=headers)


def route_of(scope: Scope) -> str:
    """The template of the route that a request took, as `/api/v1/badges/{slug}`."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context, "path", None) or getattr(scope.get("route"), "path", None)
    return str(path or scope.get("page", "none"))
