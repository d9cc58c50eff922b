"""`tbg events`: bad events, looked at and put back."""

from __future__ import annotations

from collections import Counter

import orjson
import typer
from rich.console import Console
from rich.table import Table

from tbg.adapters.streams.letters import DeadLetter, dead_letter, dead_letters, replay
from tbg.app import doors
from tbg.app.cli.common import once
from tbg.core.errors import BadArguments, CannotRun

app = typer.Typer(help="Bad events.", no_args_is_help=True)


@app.command("dead-letters")
def show(
    json: bool = typer.Option(False, "--json", help="One JSON object per event and line."),
    most: int = typer.Option(50, "--most", min=1, help="How many to list (without --json)."),
) -> None:
    """List the events that could not be taken, and why."""

    async def main(house: doors.House) -> list[DeadLetter]:
        return [letter async for letter in dead_letters(house.redis)]

    letters = once(main)
    if json:
        for letter in letters:
            typer.echo(orjson.dumps(letter._asdict()).decode())
        return
    if not letters:
        typer.echo("No dead letters: every event so far could be read.")
        return
    table = Table("id", "reason", "detail", "stream", "user")
    for letter in letters[-most:]:
        user = letter.fields.get("user", "")[:20]
        table.add_row(letter.id, letter.reason, letter.detail, letter.stream, user)
    Console().print(table)
    reasons = Counter(letter.reason for letter in letters)
    typer.echo(", ".join(f"{count} {reason}" for reason, count in reasons.most_common()))


@app.command("replay")
def put_back(
    ids: list[str] = typer.Argument(None, help="Letters to put back, by id."),
    everything: bool = typer.Option(False, "--all", help="Put back all of them."),
) -> None:
    """Put bad events back into their streams, after whatever was wrong was mended."""
    if bool(ids) == everything:
        raise BadArguments("name the letters to put back, or say --all")

    async def main(house: doors.House) -> int:
        if everything:
            letters = [letter async for letter in dead_letters(house.redis)]
        else:
            letters = []
            for letter_id in ids:
                letter = await dead_letter(house.redis, letter_id)
                if letter is None:
                    raise CannotRun(f"there is no dead letter {letter_id}; nothing was put back")
                letters.append(letter)
        return sum([await replay(house.redis, letter) for letter in letters])

    typer.echo(f"{once(main)} put back")
