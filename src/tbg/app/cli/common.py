"""What the short commands do alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from tbg.app import doors
from tbg.core.errors import CannotRun
from tbg.core.settings import load_settings
from tbg.core.tx import is_passing

T = TypeVar("T")


def once(main: Callable[[doors.House], Awaitable[T]]) -> T:
    """Open the house, run `main` on it, close it; servers that are away become one line."""
    settings = load_settings()

    async def go() -> T:
        async with doors.opened(settings) as house:
            return await main(house)

    try:
        return asyncio.run(go())
    except RedisError as error:
        raise CannotRun(f"Redis does not answer ({error}): see `tbg doctor`") from error
    except (SQLAlchemyError, OSError) as error:
        if not is_passing(error):
            raise
        raise CannotRun(f"PostgreSQL does not answer ({error}): see `tbg doctor`") from error


def tell(figures: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Print figures as one JSON object, or in a sentence that has their names in braces."""
    typer.echo(json.dumps(figures) if as_json else sentence.format(**figures))
