"""`tbg jobs`: users for whom a job failed, listed and tried again."""

from __future__ import annotations

from typing import NamedTuple

import orjson
import typer

from tbg.app import process, screen
from tbg.app.cli.common import once
from tbg.core import user_jobs
from tbg.core.errors import BadArguments, CannotRun
from tbg.domains.accounts import queries

app = typer.Typer(help="Users whom the worker's jobs leave out.", no_args_is_help=True)


class _Named(NamedTuple):
    """A parked user and their address; empty: they have none any more."""

    user: user_jobs.ParkedUser
    address: str


@app.command("parked")
def show_parked(
    json: bool = typer.Option(False, "--json", help="One JSON object per user, job and line."),
    most: int = typer.Option(50, "--most", min=1, help="How many to list (without --json)."),
) -> None:
    """List the users for whom a job failed, and why."""

    async def main(runtime: process.Runtime) -> list[_Named]:
        async with runtime.database.transaction() as tx:
            parked = await user_jobs.parked(tx)
            addresses = await queries.addresses(tx, [user.user_id for user in parked])
        return [_Named(user, addresses.get(user.user_id, [""])[0]) for user in parked]

    found = once(main)
    if json:
        for user, address in found:
            typer.echo(orjson.dumps(user._asdict() | {"address": address}).decode())
        return
    if not found:
        typer.echo("No parked users: every job serves everybody.")
        return
    screen.table(
        ("user", "address", "job", "parked", "error"),
        [
            (
                user.user_id,
                address,
                user.job,
                f"{user.parked_at:%F %T}",
                (user.error.splitlines() or [""])[0][:200],
            )
            for user, address in found[:most]
        ],
        prose=("error",),
    )
    typer.echo(f"{len(found)} in all")


@app.command("retry")
def run_again(
    users: list[int] = typer.Argument(None, help="Parked users, by id."),
    everything: bool = typer.Option(False, "--all", help="All of them."),
) -> None:
    """Let jobs try parked users again, after whatever was wrong was mended."""
    if bool(users) == everything:
        raise BadArguments("name the users to try again, or say --all")

    async def main(runtime: process.Runtime) -> int:
        async with runtime.database.transaction() as tx:
            asked = [user.user_id for user in await user_jobs.parked(tx)] if everything else users
            done = await user_jobs.retry(tx, asked)
            if strangers := set(users or ()) - set(done):
                raise CannotRun(f"user {min(strangers)} is not parked; none is tried again")
            return len(done)

    typer.echo(f"{once(main)} will be tried again, within ten minutes")
