"""`tbg registry`: looks at registry files before an operator puts them in place."""

from __future__ import annotations

from pathlib import Path

import orjson
import typer

from tbg.core.errors import BadArguments
from tbg.domains.gamification.actions.registry import check_file

app = typer.Typer(no_args_is_help=True, help="Looks at badge registries and packs.")


@app.callback()
def group() -> None:
    """Looks at badge registries and packs."""


@app.command()
def check(
    file: Path = typer.Argument(..., help="A badge registry, or a pack that adds to it."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
) -> None:
    """Validate a registry file: all of it is right, or the entries at fault are named (exit 2)."""
    try:
        badges = check_file(file)
    except BadArguments as error:
        if as_json:
            typer.echo(orjson.dumps({"file": str(file), "ok": False, "error": str(error)}).decode())
        raise
    if as_json:
        slugs = [badge.slug for badge in badges]
        typer.echo(orjson.dumps({"file": str(file), "ok": True, "badges": slugs}).decode())
    else:
        typer.echo(f"{file}: {len(badges)} badges, all well")
