"""`tbg faults`: whether everything counts exactly once while everything breaks."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lab.faults import campaign, restarts
from lab.faults.compare import Finding
from tbg.app import screen
from tbg.app.cli import common
from tbg.core.errors import NeedsPerson

app = typer.Typer(help="Break everything, on temporary servers, and check that nothing is lost.")

MUTANT_SEEDS = 50
_SHOWN = 12
_Seed = Annotated[
    int | None, typer.Option(help="The first seed; the seed of a failed schedule repeats it.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print only the figures, as one JSON object.")]


@app.callback()
def faults() -> None:
    """Break everything, on temporary servers, and check that nothing is lost or doubled."""


@app.command()
def run(
    schedules: Annotated[int, typer.Option(min=1, help="How many schedules.")] = 60,
    seed: _Seed = None,
    mutants: Annotated[
        bool,
        typer.Option("--mutants", help="Afterwards plant bugs, and check that each is caught."),
    ] = False,
    mutant_seeds: Annotated[
        int, typer.Option(min=1, help="Within how many schedules each bug must be caught.")
    ] = MUTANT_SEEDS,
    as_json: _Json = False,
) -> None:
    """Run schedules of faults at every await: deaths, lost connections, repeats, a lost group."""
    begin = secrets.randbelow(1_000_000) if seed is None else seed
    with _progress(quiet=as_json) as tell:
        report = campaign.run(
            schedules=schedules,
            seed=begin,
            mutant_seeds=mutant_seeds if mutants else 0,
            progress=tell,
        )
    for outcome in report.failed:
        _explain(f"seed {outcome.seed}", outcome.findings, outcome.happened)
        _say(f"  again: tbg faults run --schedules 1 --seed {outcome.seed}")
    for caught in report.mutants:
        if caught.finding is None:
            _say(f"not caught: {caught.mutant.name} ({caught.mutant.bug})")
    sentence = (
        "{schedules} schedules from seed {seed}: {failed} failed; {lost} lost, {doubled} doubled, "
        "{wrong} wrong, {stuck} stuck, {errors} errors, {deadlocks} deadlocks ({seconds} s)"
    )
    if mutants:
        sentence += (
            "\n{mutants_caught} of {mutants_planted} planted bugs caught, within "
            "{mutants_most_seeds} seeds ({mutant_seconds} s)"
        )
    common.tell(report.figures(), sentence, as_json=as_json)
    if not report.ok:
        raise NeedsPerson("promises were broken, or planted bugs not caught: see above")


@app.command("restarts")
def restart(
    kills: Annotated[int, typer.Option(min=0, help="SIGKILLs of ingest, relay and sender.")] = 40,
    redis: Annotated[
        int, typer.Option(min=0, help="Kills of Redis, with the end of its file cut off.")
    ] = 6,
    postgres: Annotated[int, typer.Option(min=0, help="Immediate stops of PostgreSQL.")] = 6,
    seed: _Seed = None,
    as_json: _Json = False,
) -> None:
    """Run the real services under load, and kill them and both servers."""
    begin = secrets.randbelow(1_000_000) if seed is None else seed
    with _progress(quiet=as_json) as tell:
        report = restarts.run(
            kills=kills, redis=redis, postgres=postgres, seed=begin, progress=tell
        )
    if report.findings:
        _explain(f"seed {begin}", report.findings, report.happened)
    common.tell(
        report.figures(),
        "{kills} kills, {redis_restarts} Redis and {postgres_restarts} PostgreSQL restarts under "
        "{events:,} events: {lost} lost, {doubled} doubled, {wrong} wrong, {stuck} stuck, "
        "{deadlocks} deadlocks; all done {recovery_seconds} s after the last ({seconds} s)",
        as_json=as_json,
    )
    if report.findings:
        raise NeedsPerson("promises were broken: see above")


def _explain(what: str, findings: list[Finding], happened: list[str]) -> None:
    _say(f"{what}: {len(findings)} findings")
    for finding in findings[:_SHOWN]:
        _say(f"  {finding}")
    for event in happened[-4 * _SHOWN :]:
        _say(f"    after {event}")


def _say(line: str) -> None:
    print(line, file=sys.stderr)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[campaign.Progress]:
    """A bar on a terminal, a line for each tenth elsewhere, nothing for `--json`."""
    if quiet:
        yield campaign.silent
        return
    if not sys.stderr.isatty():
        yield _line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = screen.styled(sys.stderr)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        tasks = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def _line(what: str, done: int, total: int) -> None:
    if total and (done == total or done % max(total // 10, 1) == 0):
        _say(f"{what}: {done} of {total}")
