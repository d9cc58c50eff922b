"""`tbg events`: lists and replays bad events, and messages that could not be delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import typer
from redis.asyncio import Redis

from tbg.adapters.streams.letters import (
    DeadLetter,
    dead_letter,
    dead_letters,
    drop,
    put_back,
    replay,
)
from tbg.app import process, screen
from tbg.app.cli.common import once
from tbg.core import deliveries
from tbg.core.errors import BadArguments, CannotRun

_LONGEST_USER = 128
"""An address with a worker's name behind it is shorter."""

app = typer.Typer(
    help="Bad events, and messages that could not be delivered.", no_args_is_help=True
)


@app.command("dead-letters")
def show(
    json: bool = typer.Option(False, "--json", help="One JSON object per event and line."),
    most: int = typer.Option(50, "--most", min=1, help="How many to list (without --json)."),
) -> None:
    """List the events that could not be processed, and why."""

    async def main(runtime: process.Runtime) -> list[DeadLetter]:
        return [letter async for letter in dead_letters(runtime.redis)]

    letters = once(main)
    if json:
        for letter in letters:
            typer.echo(orjson.dumps(letter._asdict()).decode())
        return
    if not letters:
        typer.echo("No dead letters: every event so far could be read.")
        return
    screen.table(
        ("id", "reason", "stream", "user", "detail"),
        [
            (
                letter.id,
                letter.reason,
                letter.stream,
                _short(letter.fields.get("user", "")),
                letter.detail,
            )
            for letter in letters[-most:]
        ],
        prose=("detail",),
    )
    reasons = Counter(letter.reason for letter in letters)
    typer.echo(", ".join(f"{count} {reason}" for reason, count in reasons.most_common()))


@app.command("replay")
def replay_letters(
    ids: list[str] = typer.Argument(None, help="Dead letters to put back, by id."),
    everything: bool = typer.Option(False, "--all", help="Put back all of them."),
    file: Path | None = typer.Option(
        None, "--file", help="Put back those in a file: dead-letters.jsonl, where ingest runs."
    ),
) -> None:
    """Put bad events back into their streams, after the cause has been fixed."""
    if file is None:
        typer.echo(f"{_with_each(ids, everything, replay)} put back")
        return
    if ids or everything:
        raise BadArguments("name the dead letters, or use --all or --file")
    try:
        lines = file.read_bytes().splitlines()
        done = once(lambda runtime: put_back(runtime.redis, lines))
        left = f", {len(lines) - done} of no known stream left out" if done < len(lines) else ""
        typer.echo(f"{done} put back{left}")
    except (OSError, ValueError, TypeError) as error:
        raise CannotRun(f"{file} is not a file of dead letters: {error}") from None


@app.command("drop")
def throw_away(
    ids: list[str] = typer.Argument(None, help="Dead letters to discard, by id."),
    everything: bool = typer.Option(False, "--all", help="Discard all of them."),
) -> None:
    """Discard bad events that no fix makes readable.

    To keep a copy first: `tbg events dead-letters --json > FILE`.
    """
    typer.echo(f"{_with_each(ids, everything, drop)} discarded")


def _short(user: str) -> str:
    """Complete if it can be an address; anything longer is cut and marked."""
    return user if len(user) <= _LONGEST_USER else f"{user[:_LONGEST_USER]}…"


def _with_each(
    ids: list[str] | None, everything: bool, do: Callable[[Redis, DeadLetter], Awaitable[bool]]
) -> int:
    """Do something with each of the letters named; for how many it was done."""
    if bool(ids) == everything:
        raise BadArguments("name the dead letters, or use --all")

    async def main(runtime: process.Runtime) -> int:
        letters = []
        for letter_id in ids or ():
            letter = await dead_letter(runtime.redis, letter_id)
            if letter is None:
                raise CannotRun(f"there is no dead letter {letter_id}; nothing was changed")
            letters.append(letter)
        if everything:
            letters = [letter async for letter in dead_letters(runtime.redis)]
        return sum([await do(runtime.redis, letter) for letter in letters])

    return once(main)


@app.command("parked")
def show_parked(
    json: bool = typer.Option(False, "--json", help="One JSON object per message and line."),
    most: int = typer.Option(50, "--most", min=1, help="How many to list (without --json)."),
) -> None:
    """List the deliveries that the relay gave up after ten attempts, and why."""

    async def main(runtime: process.Runtime) -> list[deliveries.Parked]:
        async with runtime.database.transaction() as tx:
            return await deliveries.parked(tx)

    messages = once(main)
    if json:
        for message in messages:
            typer.echo(orjson.dumps(message._asdict()).decode())
        return
    if not messages:
        typer.echo("No parked messages: all messages so far could be delivered.")
        return
    screen.table(
        ("id", "type", "handler", "parked", "error"),
        [
            (
                one.id,
                one.type,
                one.handler,
                f"{one.parked_at:%F %T}",
                (one.error.splitlines() or [""])[0][:200],
            )
            for one in messages[-most:]
        ],
        prose=("error",),
    )
    types = Counter(message.type for message in messages)
    typer.echo(", ".join(f"{count} {type_}" for type_, count in types.most_common()))


@app.command("retry")
def let_go(
    ids: list[int] = typer.Argument(None, help="Parked messages, by id."),
    everything: bool = typer.Option(False, "--all", help="All of them."),
) -> None:
    """Let parked messages be delivered again, after the cause has been fixed."""
    if bool(ids) == everything:
        raise BadArguments("name the messages to deliver again, or use --all")

    async def main(runtime: process.Runtime) -> int:
        # An erasure takes messages too.
        async with runtime.database.transaction(owners="shared") as tx:
            asked = [one.id for one in await deliveries.parked(tx)] if everything else ids
            done = await deliveries.retry(tx, asked)
            if strangers := set(ids or ()) - set(done):
                raise CannotRun(f"message {min(strangers)} is not parked; nothing was changed")
            return len(done)

    typer.echo(f"{once(main)} will be delivered again")
