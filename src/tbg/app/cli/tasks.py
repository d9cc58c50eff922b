"""`tbg tasks`: tasks that failed for good, listed and run again."""

from __future__ import annotations

from collections import Counter

import orjson
import typer

from tbg.app import process, screen
from tbg.app.cli.common import once
from tbg.core import tasks
from tbg.core.errors import BadArguments, CannotRun

app = typer.Typer(help="Tasks that the sender gave up.", no_args_is_help=True)


@app.command("parked")
def show_parked(
    json: bool = typer.Option(False, "--json", help="One JSON object per task and line."),
    most: int = typer.Option(50, "--most", min=1, help="How many to list (without --json)."),
) -> None:
    """List the tasks that the sender gave up, and why."""

    async def main(runtime: process.Runtime) -> list[tasks.ParkedTask]:
        async with runtime.database.transaction() as tx:
            return await tasks.parked(tx)

    found = once(main)
    if json:
        for task in found:
            typer.echo(orjson.dumps(task._asdict()).decode())
        return
    if not found:
        typer.echo("No parked tasks: the sender has not given up any.")
        return
    screen.table(
        ("id", "kind", "target", "parked", "error"),
        [
            (
                task.id,
                task.kind,
                task.target,
                f"{task.parked_at:%F %T}",
                (task.error.splitlines() or [""])[0][:200],
            )
            for task in found[-most:]
        ],
        prose=("error",),
    )
    kinds = Counter(task.kind for task in found)
    typer.echo(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))


@app.command("retry")
def run_again(
    ids: list[int] = typer.Argument(None, help="Parked tasks, by id."),
    everything: bool = typer.Option(False, "--all", help="All of them."),
) -> None:
    """Let parked tasks run again, after the cause has been fixed."""
    if bool(ids) == everything:
        raise BadArguments("name the tasks to run again, or use --all")

    async def main(runtime: process.Runtime) -> int:
        async with runtime.database.transaction() as tx:
            asked = [task.id for task in await tasks.parked(tx)] if everything else ids
            done = await tasks.retry(tx, asked)
            if strangers := set(ids or ()) - set(done):
                raise CannotRun(f"task {min(strangers)} is not parked; nothing was changed")
            return len(done)

    typer.echo(f"{once(main)} will be run again")
