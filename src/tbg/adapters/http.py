"""What every room's routes need of HTTP: a transaction to read in, and the shape of a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request

from tbg.core.tx import Database, Tx

PROBLEM_JSON = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field: `field` is its path, as `query.limit`."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457). `type` is stable; `request_id` is what to quote to an operator."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    request_id: str = ""
    errors: list[FieldProblem] = Field(default_factory=list)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that refuses with these statuses."""
    return {status: {"model": Problem, "description": "Problem"} for status in statuses}


async def _reading(request: Request) -> AsyncIterator[Tx]:
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        yield tx


# scope="function": the connection is given back before the answer is sent, however slowly the
# client takes it.
Reading = Annotated[Tx, Depends(_reading, scope="function")]
"""A transaction for a handler that only reads."""
