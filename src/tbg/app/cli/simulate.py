"""`tbg simulate`: simulated miners into the streams, repeatable by seed."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tbg.adapters.redis import connect, reach
from tbg.adapters.simulator import (
    HISTORY_SENT,
    Plan,
    PlanError,
    PlannedEntry,
    Tally,
    demo_history,
    demo_live,
    generate,
)
from tbg.adapters.streams import Publisher
from tbg.app import screen
from tbg.app.cli import common
from tbg.core.clock import Clock, SystemClock
from tbg.core.errors import BadArguments
from tbg.core.settings import load_settings

_BATCH_ENTRIES = 500
"""Entries published at once."""

_ROOM_EVERY = 5_000
"""Entries after which the simulator looks whether the game keeps up."""

_TICK_SECONDS = 0.005
"""Shortest sleep: at high rates a few entries accumulate, at low rates nobody notices."""

_LINE_SECONDS = 10.0
_DEMO_LINE_SECONDS = 600.0
"""How often a line says what was sent; beside a demo it only shows that the simulator lives."""

_HOUR = 3_600.0
_FLAT_OUT_PER_SECOND = 50_000.0
"""With `--rate max --for`: how far apart the moments are that the shares bear."""

_LONGEST_HOURS = 12.0
"""With a number of events and no time, their shares reach back at most this far."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Stage:
    """A plan, and how it is paced: `timed`, each entry at its time; `per_second`, so many a
    second; else as fast as there is room. `seconds`: stop after so long, whatever is left.
    """

    plan: Plan
    timed: bool = False
    per_second: float | None = None
    seconds: float | None = None


def simulate(
    *,
    miners: Annotated[int, typer.Option(help="How many miners.")] = 20,
    rate: Annotated[
        str | None,
        typer.Option(help="Share entries per second in total; 'max': as fast as possible."),
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="How long, such as 60s, 5m, 2h.")
    ] = None,
    events: Annotated[
        int | None,
        typer.Option(help="How many share entries in total, including duplicates and poison."),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="Repeats a run; without it, each run differs.")
    ] = None,
    duplicates: Annotated[
        float, typer.Option(help="Fraction of entries that repeat an earlier good share.")
    ] = 0.0,
    late: Annotated[float, typer.Option(help="Fraction of entries that arrive late.")] = 0.0,
    poison: Annotated[float, typer.Option(help="Fraction of entries that cannot be read.")] = 0.0,
    since: Annotated[
        str | None,
        typer.Option("--from", help="History from here to now: 2026-09-01, 12w, 36h."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Twelve weeks of history, then a continuous trickle.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Only a summary, as JSON.")] = False,
) -> None:
    """Send the shares of simulated miners: Bitaxe-like devices, exponential luck.

    Without --for or --events, live shares continue until Ctrl-C. Connects and blocks are sent in
    addition and are not counted.
    """
    settings = load_settings()
    now = SystemClock().now()
    try:
        if demo:
            if any((rate, duration, events, seed, duplicates, late, poison, since)):
                raise BadArguments("--demo can only be combined with --miners")
            stages = _demo(miners, now=now.timestamp(), network=settings.network)
        else:
            plan = Plan(
                miners=miners,
                start=now.timestamp(),
                seed="0" if seed is None else seed,
                salt=f"{now.timestamp():.6f}" if seed is None else "",
                network=settings.network,
                events=events,
                duplicates=duplicates,
                late=late,
                poison=poison,
            )
            stages = stages_of(plan, rate=rate, duration=duration, since=since, now=now)
    except PlanError as error:
        raise BadArguments(str(error)) from None
    tally = asyncio.run(_run(settings.redis, stages, together=demo, quiet=as_json))
    common.tell(
        tally.summary(),
        "{events:,} events: {unique_good:,} good shares ({late:,} of them late), "
        "{duplicates:,} duplicates, {poisoned:,} poisoned",
        as_json=as_json,
    )


def stages_of(
    plan: Plan, *, rate: str | None, duration: str | None, since: str | None, now: datetime
) -> list[Stage]:
    """The stages that the arguments describe; BadArguments if they conflict."""
    per_second = parse_rate(rate)
    flat_out = per_second == 0
    seconds = None if duration is None else parse_duration(duration).total_seconds()
    if seconds is not None and plan.events is not None:
        raise BadArguments("--for and --events exclude each other")
    stages = []
    if since is not None:
        history = replace(plan, start=parse_stamp(since, now).timestamp(), end=_until(since, now))
        paced = per_second if per_second and seconds is None else None
        stages.append(Stage(history, per_second=paced))
        if seconds is None:
            return stages
    if flat_out and plan.events is not None:
        # The last so many shares of such miners, up to now: so none is ahead of its time.
        span = min(plan.events / (0.5 * plan.miners), _LONGEST_HOURS * _HOUR)
        start = plan.start - 1.25 * span
        stages.append(Stage(replace(plan, start=start, rate=plan.events / span)))
    elif flat_out:
        stages.append(Stage(replace(plan, rate=_FLAT_OUT_PER_SECOND), seconds=seconds))
    else:
        live = replace(plan, rate=per_second, seconds=seconds)
        stages.append(Stage(live, timed=True, seconds=seconds))
    return stages


def _demo(miners: int, *, now: float, network: str) -> list[Stage]:
    live = demo_live(miners, now=now, network=network)
    return [Stage(live, timed=True), Stage(demo_history(miners, now=now, network=network))]


def _until(since: str, now: datetime) -> float:
    """Where history ends: at the last full hour, so that a run soon after repeats it exactly."""
    end = now.timestamp()
    old = (now - parse_stamp(since, now)).total_seconds() > 2 * _HOUR
    return end - end % _HOUR if old else end


def parse_rate(text: str | None) -> float | None:
    """Entries per second; 0 for as fast as possible, None if not given."""
    if text is None:
        return None
    if text.lower() == "max":
        return 0.0
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < 1e9:
        raise BadArguments(f"--rate {text}: a number of events a second, or max")
    return rate


def parse_duration(text: str) -> timedelta:
    """A length of time such as 60s, 5m, 2h, 3d, 12w; seconds without a unit."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw]?)", text.strip().lower())
    if not found or float(found[1]) <= 0:
        raise BadArguments(f"{text}: write a length of time like 60s, 5m, 2h, 3d, 12w")
    try:
        return timedelta(seconds=float(found[1]) * _UNITS[found[2] or "s"])
    except OverflowError:
        raise BadArguments(f"{text}: too long") from None


def parse_stamp(text: str, now: datetime) -> datetime:
    """A moment before `now`: an ISO date or time (UTC unless it says), or how long ago."""
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        if not re.fullmatch(r"[\d.]+[smhdw]", text.strip().lower()):
            raise BadArguments(
                f"--from {text}: an ISO date or time, or how long ago, such as 12w"
            ) from None
        try:
            stamp = now - parse_duration(text)
        except OverflowError:
            raise BadArguments(f"--from {text}: too long ago") from None
    stamp = stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
    if not datetime(2009, 1, 4, tzinfo=UTC) <= stamp < now:
        raise BadArguments(f"--from {text}: must lie between the first block and now")
    return stamp


async def _run(url: str, stages: list[Stage], *, together: bool, quiet: bool) -> Tally:
    await reach(url)
    redis = connect(url, retries=20)  # rides out a restart of Redis
    feed = Feed(Publisher(redis), SystemClock())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, feed.stop.set)
    total = sum(stage.plan.events or 0 for stage in stages) or None
    every = _DEMO_LINE_SECONDS if together else _LINE_SECONDS
    watching = None if quiet else asyncio.create_task(_watch(feed.tally, total, every=every))
    try:
        if together:
            await asyncio.gather(*(_send_demo(feed, stage) for stage in stages))
        else:
            for stage in stages:
                await feed.send(stage)
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})
        await redis.aclose()
    return feed.tally


async def _send_demo(feed: Feed, stage: Stage) -> None:
    await feed.send(stage)
    if not stage.timed:
        print(HISTORY_SENT, file=sys.stderr)  # `tbg up` waits for it


@dataclass(slots=True)
class Feed:
    """Sends stages into the streams and counts what went in; `stop` ends it between batches."""

    publisher: Publisher
    clock: Clock
    tally: Tally = field(default_factory=Tally)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _room_for: int = 0

    async def send(self, stage: Stage) -> None:
        """Send one stage: each entry when it is due, never more than there is room for."""
        time = asyncio.get_running_loop().time
        began = time()
        # Entries that were due while this program started are sent at once, later ones on time.
        zero = began - (self.clock.now().timestamp() - stage.plan.start)
        batch: list[PlannedEntry] = []
        number, going = 0, asyncio.create_task(self._publish([]))
        for entry in generate(stage.plan):
            if self.stop.is_set() or (stage.seconds and time() - began > stage.seconds):
                break
            due = 0.0
            if stage.timed:
                due = zero + entry.at - stage.plan.start
            elif stage.per_second:
                due = began + number / stage.per_second
            wait = due - time()
            if wait > 0:
                await going
                await self._publish(batch)
                batch = []
                await self._sleep(max(wait, _TICK_SECONDS))
            if self.stop.is_set():
                break
            number += entry.kind not in ("connect", "block")
            batch.append(entry)
            if len(batch) >= _BATCH_ENTRIES:
                await going
                going, batch = asyncio.create_task(self._publish(batch)), []
                await asyncio.sleep(0)  # now it is with Redis, while the next ones are drawn
        await going
        await self._publish(batch)

    async def _publish(self, batch: list[PlannedEntry]) -> None:
        if not batch:
            return
        if self._room_for < len(batch):
            await self._room()
            self._room_for = _ROOM_EVERY
        await self.publisher.publish([(entry.stream, entry.fields) for entry in batch])
        self._room_for -= len(batch)
        for entry in batch:
            self.tally.add(entry)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        except TimeoutError:
            pass

    async def _room(self) -> None:
        """Wait until the game has caught up, or until stopped."""
        room = asyncio.ensure_future(self.publisher.wait_for_room())
        stopped = asyncio.ensure_future(self.stop.wait())
        done, _ = await asyncio.wait({room, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in {room, stopped} - done:
            task.cancel()
        if room in done:
            room.result()


async def _watch(tally: Tally, total: int | None, *, every: float) -> None:
    """Show progress on stderr: a bar on a terminal, elsewhere a line every few seconds."""
    if not sys.stderr.isatty():
        before = 0
        while True:
            await asyncio.sleep(every)
            events = tally.summary()["events"]
            print(f"{events:,} events, {(events - before) / every:,.1f}/s", file=sys.stderr)
            before = events
    bar = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"))
    console = screen.styled(sys.stderr)
    with Progress(*bar, TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task("shares", total=total)
        while True:
            await asyncio.sleep(0.2)
            progress.update(task, completed=tally.summary()["events"])
