"""`tbg bench`: how fast the game is on this machine, compared with other methods."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from lab.bench import latency as latency_bench
from lab.bench import pipeline as pipeline_bench
from lab.bench import rewards as rewards_bench
from lab.bench import scale as scale_bench
from lab.bench import scratch
from lab.bench.scale import OLD
from tbg.app import screen
from tbg.app.local import plan as planning
from tbg.core import limits
from tbg.core.errors import BadArguments, NeedsPerson

app = typer.Typer(help="Measure this machine, on temporary servers.")

Json = Annotated[bool, typer.Option("--json", help="Print only the figures, as one JSON object.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="An empty scratch database.")
]
RedisUrl = Annotated[str | None, typer.Option("--redis-url", help="An empty scratch Redis.")]
Directory = Annotated[
    Path | None, typer.Option("--dir", help="Folder for the embedded servers' temporary data.")
]
Require = Annotated[bool, typer.Option("--require", help="Exit 3 if a target is missed.")]

RATIO_BASELINE, RATIO_COPY = 40.0, 0.04
RATIO_SCALE = 1.3
SUMMARY_P99_MS, BACKFILL_S, RATIO_LIVE = 50.0, 60.0, 2.0
P99_MS, P99_QUIET_MS, QUIET_RATE = 100.0, 20.0, 10.0


@app.callback()
def bench() -> None:
    """Measure this machine, on temporary servers."""


@app.command()
def pipeline(  # noqa: PLR0917 - options all have names
    events: Annotated[int, typer.Option(min=10, help="Shares of the pipeline.")] = 400_000,
    users: Annotated[int, typer.Option(min=1, help="Users, drawn evenly.")] = 20_000,
    batch: Annotated[int, typer.Option(min=1, help="Events per batch.")] = limits.BATCH_EVENTS,
    consumers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=16,
            help="Concurrent consumers.",
            show_default="as many as `tbg up` would start on this machine",
        ),
    ] = None,
    rows_before: Annotated[int, typer.Option(min=0, help="Shares that exist beforehand.")] = 0,
    users_before: Annotated[int, typer.Option(min=0, help="Users that exist beforehand.")] = 0,
    database_url: DatabaseUrl = None,
    redis_url: RedisUrl = None,
    directory: Directory = None,
    require: Require = False,
    as_json: Json = False,
) -> None:
    """From shares to durable rewards, compared with event-at-a-time processing and a raw COPY."""
    if users_before and not rows_before:
        raise BadArguments("--users-before needs --rows-before: each of them has mined")
    if rows_before and rows_before < max(users, users_before):
        raise BadArguments("--rows-before must be at least the number of users: each has mined")
    plan = pipeline_bench.Plan(
        events=events,
        users=users,
        batch=batch,
        consumers=consumers or max(1, planning.consumers()),
        rows_before=rows_before,
        users_before=users_before,
    )
    with scratch.opened(
        database_url=database_url, redis_url=redis_url, directory=directory
    ) as servers:
        result = asyncio.run(pipeline_bench.measure(servers, plan))
    missed = []
    if result["ratio_baseline"] < RATIO_BASELINE:
        missed.append(f"ratio_baseline is {result['ratio_baseline']}, not {RATIO_BASELINE}")
    if result["ratio_copy"] < RATIO_COPY:
        missed.append(f"ratio_copy is {result['ratio_copy']}, not {RATIO_COPY}")
    _tell(result, as_json=as_json)
    _end(missed, require=require)


@app.command()
def scale(  # noqa: PLR0917 - options all have names
    rows: Annotated[int, typer.Option(min=100, help="Shares of the old game.")] = OLD.rows,
    users: Annotated[int, typer.Option(min=10, help="Users of the old game.")] = OLD.users,
    events: Annotated[int, typer.Option(min=10, help="Shares in each game per round.")] = 20_000,
    database_url: DatabaseUrl = None,
    redis_url: RedisUrl = None,
    directory: Directory = None,
    require: Require = False,
    as_json: Json = False,
) -> None:
    """The cost of a share after millions and after a hundred thousand (takes minutes)."""
    old = scale_bench.Size(rows, users)
    young = scale_bench.Size(rows // 100, users // 100)
    if rows < users:
        raise BadArguments("--rows must be at least --users: each of them has mined")
    plan = scale_bench.Plan(events=events, active=young.users, young=young, old=old)
    with scratch.opened(
        database_url=database_url, redis_url=redis_url, directory=directory
    ) as servers:
        result = asyncio.run(scale_bench.measure(servers, plan))
    missed = [f"ratio_scale is {result['ratio_scale']}, not at most {RATIO_SCALE}"]
    _tell(result, as_json=as_json)
    _end(missed if result["ratio_scale"] > RATIO_SCALE else [], require=require)


@app.command()
def latency(  # noqa: PLR0917 - options all have names
    rate: Annotated[float, typer.Option(min=0.1, help="Shares per second.")] = 1_000.0,
    sockets: Annotated[int, typer.Option(min=1, help="Sockets that watch miners.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=1, help="How long.")] = 20.0,
    database_url: DatabaseUrl = None,
    redis_url: RedisUrl = None,
    directory: Directory = None,
    require: Require = False,
    as_json: Json = False,
) -> None:
    """From a share in the stream to the badge's frame at a browser's socket."""
    plan = latency_bench.Plan(rate=rate, sockets=sockets, seconds=seconds)
    with scratch.opened(
        database_url=database_url, redis_url=redis_url, directory=directory
    ) as servers:
        result = uvloop.run(latency_bench.measure(servers, plan))
    target = P99_QUIET_MS if rate <= QUIET_RATE else P99_MS
    missed = [f"p99_ms is {result['p99_ms']}, not below {target}"]
    _tell(result, as_json=as_json)
    _end(missed if result["p99_ms"] >= target else [], require=require)


@app.command()
def rewards(  # noqa: PLR0917 - options all have names
    users: Annotated[int, typer.Option(min=1_000, help="Users with a past.")] = 1_000_000,
    reached_every: Annotated[
        int, typer.Option(min=1, help="Every how many of them has reached the new badge.")
    ] = 100,
    rate: Annotated[float, typer.Option(min=50, help="Shares per second meanwhile.")] = 200.0,
    database_url: DatabaseUrl = None,
    redis_url: RedisUrl = None,
    directory: Directory = None,
    require: Require = False,
    as_json: Json = False,
) -> None:
    """A player's summary, and the backfill of a new badge, while shares come in (minutes)."""
    plan = rewards_bench.Plan(users=users, reached_every=reached_every, rate=rate)
    with scratch.opened(
        database_url=database_url, redis_url=redis_url, directory=directory
    ) as servers:
        result = uvloop.run(rewards_bench.measure(servers, plan))
    bounds = {"summary_p99_ms": SUMMARY_P99_MS, "backfill_s": BACKFILL_S, "ratio_live": RATIO_LIVE}
    missed = [f"{name} is {result[name]}, not at most {bound}"
              for name, bound in bounds.items() if result[name] > bound]  # fmt: skip
    _tell(result, as_json=as_json)
    _end(missed, require=require)


def _tell(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result))
        return
    screen.table(
        ("figure", "value"),
        [
            (name, f"{value:,}" if isinstance(value, int | float) else value)
            for name, value in result.items()
        ],
    )


def _end(missed: list[str], *, require: bool) -> None:
    if missed and require:
        raise NeedsPerson(f"missed: {'; '.join(missed)}")
