"""`tbg registry`: checks registry files before they are used, and retires badges and quests."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import orjson
import typer

from tbg.app import process
from tbg.app.cli.common import once
from tbg.app.domains import DOMAINS, badge_events_of, goal_facts_of
from tbg.core.errors import BadArguments
from tbg.core.registry_files import RegistryKind, is_kind
from tbg.core.settings import load_settings
from tbg.domains.gamification.actions import registry
from tbg.domains.gamification.queries.registry import BADGES
from tbg.domains.quests.actions.registry import check_quests, refuse_badges, retire_quests
from tbg.domains.quests.queries import is_open
from tbg.domains.quests.queries.registry import QUESTS

app = typer.Typer(no_args_is_help=True, help="Registries and packs of badges and quests.")


class _Checked(NamedTuple):
    """A file without errors: what is in it, and what of that waits for a part of the game."""

    kind: RegistryKind
    slugs: list[str]
    waiting: list[str]


@app.command()
def check(
    file: Path = typer.Argument(..., help="A registry of badges or quests, or a pack of either."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
) -> None:
    """Validate a registry file and name the entries with errors (exit 2).

    A pack is checked together with the game's own entries and the other packs of TBG_BADGE_PACKS
    or TBG_QUEST_PACKS. An event that does not exist is an error; badges and quests that wait for
    events or facts that nothing here supplies yet are named.
    """
    try:
        found = _check_quests(file) if is_kind(file, QUESTS) else _check_badges(file)
    except BadArguments as error:
        if as_json:
            typer.echo(orjson.dumps({"file": str(file), "ok": False, "error": str(error)}).decode())
        raise
    kind, slugs, waiting = found
    if as_json:
        told = {"file": str(file), "ok": True, kind.entries: slugs, "not_open": waiting}
        typer.echo(orjson.dumps(told).decode())
        return
    typer.echo(f"{file}: {len(slugs)} {kind.entry if len(slugs) == 1 else kind.entries}, no errors")
    if waiting:
        typer.echo(f"not open yet, because nothing here {kind.missing}: {', '.join(waiting)}")


def _check_badges(file: Path) -> _Checked:
    badges = registry.check_file(file, packs=load_settings().badge_packs)
    waiting = registry.not_open(file, badges, badge_events_of(DOMAINS))
    return _Checked(BADGES, [badge.slug for badge in badges], waiting)


def _check_quests(file: Path) -> _Checked:
    settings, facts = load_settings(), goal_facts_of(DOMAINS)
    quests = check_quests(file, packs=settings.quest_packs)
    refuse_badges(file, quests, registry.read_registry(packs=settings.badge_packs))
    waiting = [quest.slug for quest in quests if not is_open(quest, facts)]
    return _Checked(QUESTS, [quest.slug for quest in quests], waiting)


@app.command()
def retire(
    slugs: list[str] = typer.Argument(..., help="Badges from a pack that no longer exists."),
    quests: bool = typer.Option(False, "--quests", help="They are quests."),
) -> None:
    """Switch badges or quests off for everybody. Users who have earned them keep them."""

    async def main(runtime: process.Runtime) -> None:
        async with runtime.database.transaction() as tx:
            if quests:
                await retire_quests(tx, slugs, packs=runtime.settings.quest_packs)
            else:
                await registry.retire(tx, slugs, packs=runtime.settings.badge_packs)

    once(main)
    typer.echo(f"retired: {', '.join(slugs)}")
