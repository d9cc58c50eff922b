"""What the short commands do alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer

from tbg.app import doors
from tbg.core.settings import load_settings

T = TypeVar("T")


def once(main: Callable[[doors.House], Awaitable[T]]) -> T:
    """Open the house, run `main` on it, close it."""
    settings = load_settings()

    async def go() -> T:
        async with doors.opened(settings) as house:
            return await main(house)

    return asyncio.run(go())


def tell(figures: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Print figures as one JSON object, or in a sentence that has their names in braces."""
    typer.echo(json.dumps(figures) if as_json else sentence.format(**figures))
