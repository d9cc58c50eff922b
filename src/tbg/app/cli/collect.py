"""`tbg collect`: a ckpool log directory into the streams."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import typer
from redis.exceptions import RedisError
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from tbg.adapters import redis
from tbg.adapters.ckpool import follow as loop
from tbg.adapters.ckpool.batch import Counts
from tbg.adapters.ckpool.collector import Collector
from tbg.adapters.ckpool.files import LogDir
from tbg.adapters.ckpool.outlet import NoGame, Outlet
from tbg.adapters.ckpool.record import Record
from tbg.adapters.ckpool.refusals import EXPLAINED
from tbg.adapters.streams import Publisher
from tbg.adapters.streams.game import Game
from tbg.app import process, screen
from tbg.app.game import declare
from tbg.app.local.instance import make_root
from tbg.core import telemetry
from tbg.core.clock import Clock, SystemClock
from tbg.core.errors import BadArguments, CannotRun, NeedsPerson, ServerAway
from tbg.core.kept import KeptLines
from tbg.core.settings import Settings, load_settings

STATUS_SECONDS = 60
"""How often `--follow` reports what it has done, if anything."""

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def collect(
    logdir: Annotated[Path, typer.Argument(help="ckpool's log directory (its setting `logdir`).")],
    *,
    source: Annotated[str, typer.Option(help="A name for this pool, different for each pool.")],
    once: Annotated[
        bool, typer.Option("--once", help="Read what is there now, then stop.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Keep reading (default).")] = False,
    since: Annotated[
        str | None,
        typer.Option("--from", help="Read again from this time: ISO time (UTC) or unix seconds."),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(
            help="Time zone of ckpool.log: a name, or an offset such as +02:00.",
            show_default="this machine's",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Counts as one JSON object.")] = False,
) -> None:
    """Read a ckpool log directory into the streams, each line once. It remembers where it stopped.

    Lines that cannot be read are kept in quarantine-SOURCE.jsonl in the data directory (exit 3).
    """
    if once and follow:
        raise BadArguments("use either --once or --follow")
    if not _SOURCE.fullmatch(source):
        raise BadArguments("--source: letters, digits, dot, dash, underscore; at most 64")
    clock = SystemClock()
    begin = None if since is None else stamp(since)
    zone_ = None if tz is None else zone(tz)
    settings = load_settings()
    telemetry.configure(settings, service="collect")
    logs = LogDir(logdir)
    logs.check()
    with opened(logs, source, settings, clock=clock, zone=zone_) as collector:
        collector.since, collector.once = begin, once
        asyncio.run(_once(collector, as_json) if once else _follow(collector, as_json))


@contextmanager
def opened(
    logs: LogDir, source: str, settings: Settings, *, clock: Clock, zone: tzinfo | None
) -> Iterator[Collector]:
    """A collector with its record open; CannotRun if one is running already."""
    data = make_root(settings.data_dir)
    record = Record(data / f"collect-{source}.sqlite")
    try:
        record.keep_place(logs.path)
        outlet = Outlet(
            source=source,
            publisher=Publisher(redis.connect(settings.redis)),
            record=record,
            quarantine=KeptLines(data / f"quarantine-{source}.jsonl"),
            clock=clock,
            network=settings.network,
            declare=_declaration(settings) if settings.database_url else None,
        )
        yield Collector(
            logs=logs,
            source=source,
            outlet=outlet,
            clock=clock,
            zone=zone,
        )
    finally:
        record.close()


def _declaration(settings: Settings) -> Callable[[], Awaitable[Game]]:
    """On the database's machine: what the game is, declared here if no service has done so."""

    async def say() -> Game:
        async with process.opened(settings) as runtime:
            return await declare(settings, runtime.database, runtime.redis)

    return say


def stamp(text: str) -> int:
    """Unix seconds of `--from`: an ISO date or time (UTC unless it says otherwise), or seconds."""
    if re.fullmatch(r"\d{9,11}", text):
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadArguments(
            f"--from: not a time: {text!r}; write 2026-11-21, 2026-11-21T07:00 or unix seconds"
        ) from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def zone(text: str) -> tzinfo:
    """The time zone of `--tz`."""
    if match := _OFFSET.fullmatch(text):
        ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if ahead < timedelta(hours=24):
            return timezone(ahead if match[1] == "+" else -ahead)
    try:
        return UTC if text == "UTC" else ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadArguments(f"--tz: unknown time zone {text!r}") from None


async def _once(collector: Collector, as_json: bool) -> None:
    asked = collector.since is not None
    with ExitStack() as shown:
        if not as_json and sys.stderr.isatty():
            collector.progress = shown.enter_context(_bar(collector.logs))
        try:
            await loop.once(collector)
        except (RedisError, OSError, sqlite3.Error, NoGame) as error:
            raise _away(error, collector) from None
        finally:
            await collector.outlet.publisher.redis.aclose()
    counts, outlet = collector.counts, collector.outlet
    typer.echo(_json(counts) if as_json else _line(counts))
    wrong = []
    if counts.quarantined:
        wrong.append(f"{counts.quarantined} quarantined, see {outlet.quarantine.path}")
    if counts.lost_blocks:
        wrong.append(f"{counts.lost_blocks} blocks without a share, see {outlet.quarantine.path}")
    if counts.unreadable:
        wrong.append(f"no permission to read: {', '.join(sorted(collector.logs.unreadable)[:3])}")
    if counts.skipped and not asked:
        floor = datetime.fromtimestamp(outlet.record.floor, UTC)
        wrong.append(
            f"{counts.skipped} lines before {floor:%Y-%m-%d} skipped, because they may have been "
            f"counted before {outlet.record.path} was created; --from reads them anyway"
        )
    if wrong:
        raise NeedsPerson("; ".join(wrong))


async def _follow(collector: Collector, as_json: bool) -> None:
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, stop.set)
    tell = _teller(collector.clock, as_json)
    try:
        await loop.follow(collector, stop, tell)
    finally:
        await collector.outlet.publisher.redis.aclose()


def _teller(clock: Clock, as_json: bool) -> Callable[[Counts], None]:
    at, said = datetime.fromtimestamp(0, UTC), ""

    def tell(counts: Counts) -> None:
        nonlocal at, said
        line = _json(counts) if as_json else _line(counts)
        now = clock.now()
        if line != said and now - at >= timedelta(seconds=STATUS_SECONDS):
            typer.echo(line)
            at, said = now, line

    return tell


@contextmanager
def _bar(logs: LogDir) -> Iterator[Callable[[int], None]]:
    listed = [found for height in logs.heights() for found in logs.sharelogs(height)]
    total = sum(found.size for found in [*listed, *logs.poollogs()])
    columns = (TextColumn("collect"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen.styled(sys.stderr)) as progress:
        task = progress.add_task("collect", total=total)
        yield lambda amount: progress.advance(task, amount)


def _away(error: Exception, collector: Collector) -> CannotRun:
    if isinstance(error, RedisError) and redis.cannot_write(error):
        why = f"Redis cannot write to its disk ({error}): make room on that disk"
        return CannotRun(f"{why}; nothing is lost, run it again after that")
    if isinstance(error, RedisError):
        return CannotRun(f"Redis: {error}; nothing is lost, run it again when Redis is back")
    if isinstance(error, NoGame | ServerAway):
        return CannotRun(f"{error}; nothing was published")
    if isinstance(error, sqlite3.Error):
        return CannotRun(f"{collector.outlet.record.path}: {error}")
    return CannotRun(f"{collector.logs.path}: {error}")


def _json(counts: Counts) -> str:
    networks = {
        name: {"lines": lines, "example": example}
        for name, (lines, example) in counts.networks.items()
    }
    # Before Python 3.12, asdict copies a Counter wrongly.
    own = {"networks": networks, "notices": dict(counts.notices)}
    said = {"lines": counts.lines} | asdict(counts) | own
    return orjson.dumps(said).decode()


def _line(counts: Counts) -> str:
    said = (
        f"{counts.files} files, {counts.lines} lines: {counts.published} published, "
        f"{counts.already_seen} already seen, {counts.quarantined} quarantined; "
        f"{counts.blocks} blocks, {counts.connections} connections"
    )
    more = {
        "unfinished lines": counts.partial,
        "lines skipped": counts.skipped,
        "blocks whose share has not been found yet": counts.unmatched_blocks,
        "reported blocks that are not confirmed yet": counts.reported_blocks,
        "connections of workers that no other record knows yet": counts.unknown_workers,
        "links not followed": counts.links,
    }
    first = "; ".join([said, *(f"{n} {what}" for what, n in more.items() if n)])
    return "\n".join([first, *_notices(counts)])


def _notices(counts: Counts) -> Iterator[str]:
    """Quarantined lines and alarms: name, count, meaning."""
    for kind, count in counts.notices.items():
        yield f"{kind} ({count}): {EXPLAINED[kind]}"
    for network, (lines, example) in counts.networks.items():
        yield (
            f"held back ({lines}): lines with {network} addresses, such as {example}; if the pool "
            "is on that network, set TBG_NETWORK to it, in a game with its own data"
        )
