"""`tbg mining`: what was mined, for audits against a pool's own books."""

from __future__ import annotations

import orjson
import typer

from tbg.app import process, screen
from tbg.app.cli.common import once
from tbg.domains.mining.actions import roll_up_all
from tbg.domains.mining.queries import WorkerTotal, totals
from tbg.domains.mining.rules import short_number, short_worker

app = typer.Typer(help="What was mined.", no_args_is_help=True)


WORK = "work (shares of difficulty 1)"
"""The unit of work: 2^32 hashes."""


@app.callback()
def _group() -> None:
    """What was mined."""


@app.command("totals")
def show_totals(
    json: bool = typer.Option(False, "--json", help="One JSON object per worker and line."),
) -> None:
    """Per address and worker: accepted, rejected, work and best difficulty.

    Work is the sum of accepted shares' difficulties: 1 is 2^32 hashes. Long worker names are cut in
    the table; --json has them whole.
    """

    async def main(runtime: process.Runtime) -> list[WorkerTotal]:
        await roll_up_all(runtime.database)  # recently ingested shares may not be folded in yet
        async with runtime.database.transaction() as tx:
            return await totals(tx)

    found = once(main)
    if json:
        for total in found:
            typer.echo(orjson.dumps(total._asdict()).decode())
        return
    if not found:
        typer.echo("No shares yet. `tbg collect LOGDIR --source POOL` reads a pool's logs.")
        return
    headings = ("address", "worker", "accepted", "rejected", WORK, "best difficulty")
    screen.table(
        headings,
        [
            (
                total.address,
                short_worker(total.worker),
                f"{total.accepted:,}",
                f"{total.rejected:,}",
                short_number(total.work),
                short_number(total.best_sdiff),
            )
            for total in found
        ],
    )
