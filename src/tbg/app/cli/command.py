"""What all commands have: escaped output, `--data`, and a line that names the game they use."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import typer

from tbg.app import screen
from tbg.core.errors import CommandError
from tbg.core.settings import load_settings

Kind = Literal["game", "folder", "alone"]
"""What a command works with: a running game, a data folder, or neither."""

_DATA = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of the game's data, logs and state.",
        show_default="TBG_DATA_DIR, or else .tbg",
    ),
]


def command(function: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    """The function as a command: `--data` is TBG_DATA_DIR for this one run of it."""

    @functools.wraps(function)
    def run(**arguments: Any) -> Any:
        with screen.guarded(), _private(), _folder(arguments.pop("data", None)):
            if kind == "game":
                _name_the_game()
            return function(**arguments)

    if kind != "alone":
        known = inspect.signature(function, eval_str=True)
        data = inspect.Parameter(
            "data", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_DATA
        )
        run.__signature__ = known.replace(parameters=[*known.parameters.values(), data])  # type: ignore[attr-defined]
    return run


@contextlib.contextmanager
def _private() -> Iterator[None]:
    """What a command writes is its user's alone, whatever the folder allows."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _folder(data: str | None) -> Iterator[None]:
    before = os.environ.get("TBG_DATA_DIR")
    if data:
        os.environ["TBG_DATA_DIR"] = data
    try:
        yield
    finally:
        if before is not None:
            os.environ["TBG_DATA_DIR"] = before
        elif data:
            del os.environ["TBG_DATA_DIR"]


def _name_the_game() -> None:
    """Name the game on stderr, if its servers were found and not set."""
    try:
        game = load_settings().game
    except CommandError:
        return  # the command itself says what is wrong
    taken = (game.settings if game else None) or {}
    if game is None or not taken.keys() & {"database_url", "redis_url"}:
        return
    what = "servers" if game.by == "tbg local" else "game"
    facts = [str(taken[name]) for name in ("public_url", "network") if name in taken]
    more = f" ({', '.join(facts)})" if facts else ""
    screen.say(f"tbg: using the {what} of {game.root}{more}")
