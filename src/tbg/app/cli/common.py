"""Helpers of the short commands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer

from tbg.app import process
from tbg.core.settings import load_settings

T = TypeVar("T")


def once(main: Callable[[process.Runtime], Awaitable[T]]) -> T:
    """Connect to the servers, run `main` with them, disconnect."""
    settings = load_settings()

    async def go() -> T:
        async with process.opened(settings) as runtime:
            return await main(runtime)

    return asyncio.run(go())


def tell(figures: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Print figures as one JSON object, or in a sentence that has their names in braces."""
    typer.echo(json.dumps(figures) if as_json else sentence.format(**figures))
