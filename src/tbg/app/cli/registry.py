"""`tbg registry`: checks registry files before they are used, and retires badges."""

from __future__ import annotations

from pathlib import Path

import orjson
import typer

from tbg.app import process
from tbg.app.cli.common import once
from tbg.app.domains import DOMAINS, badge_events_of
from tbg.core.errors import BadArguments
from tbg.core.settings import load_settings
from tbg.domains.gamification.actions import registry

app = typer.Typer(no_args_is_help=True, help="Badge registries and packs.")


@app.command()
def check(
    file: Path = typer.Argument(..., help="A badge registry, or a pack that adds to it."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
) -> None:
    """Validate a registry file and name the entries with errors (exit 2).

    A pack is checked together with the game's own badges and the other packs of TBG_BADGE_PACKS.
    An event that does not exist is an error; badges of events that nothing here records yet are
    named.
    """
    packs = load_settings().badge_packs
    try:
        badges = registry.check_file(file, packs=packs)
        waiting = registry.not_open(file, badges, badge_events_of(DOMAINS))
    except BadArguments as error:
        if as_json:
            typer.echo(orjson.dumps({"file": str(file), "ok": False, "error": str(error)}).decode())
        raise
    if as_json:
        slugs = [badge.slug for badge in badges]
        found = {"file": str(file), "ok": True, "badges": slugs, "not_open": waiting}
        typer.echo(orjson.dumps(found).decode())
        return
    typer.echo(f"{file}: {len(badges)} {'badge' if len(badges) == 1 else 'badges'}, no errors")
    if waiting:
        typer.echo(f"not open yet, because nothing here records their events: {', '.join(waiting)}")


@app.command()
def retire(
    slugs: list[str] = typer.Argument(..., help="Badges from a pack that no longer exists."),
) -> None:
    """Switch badges off for everybody. Users who have earned them keep them."""

    async def main(runtime: process.Runtime) -> None:
        async with runtime.database.transaction() as tx:
            await registry.retire(tx, slugs, packs=runtime.settings.badge_packs)

    once(main)
    typer.echo(f"retired: {', '.join(slugs)}")
