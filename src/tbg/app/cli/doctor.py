"""`tbg settings` and `tbg doctor`: what is set, what is wrong, and how to fix it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import typer
from pydantic import SecretStr

from tbg.adapters.broadcast import heartbeats
from tbg.adapters.keys import KeyRing
from tbg.adapters.streams import DEAD_LETTER, backlog
from tbg.adapters.streams.durable import durability
from tbg.adapters.streams.letters import shelved
from tbg.app import process, screen
from tbg.app.cli.failure import told
from tbg.core import limits, schema, tasks, user_jobs
from tbg.core.clock import SystemClock
from tbg.core.errors import CommandError, NeedsPerson
from tbg.core.running import running_in
from tbg.core.settings import Settings, as_recorded, load_settings, names_others, source
from tbg.domains.gamification.actions.registry import read_registry
from tbg.domains.gamification.queries import badge_catalogue

_PATIENCE_SECONDS = 10.0
"""A check that takes longer has failed."""

_CLOCK_SKEW = timedelta(seconds=5)


def settings(
    json: bool = typer.Option(False, "--json", help="One JSON object."),
) -> None:
    """List every setting with its value, source and meaning; secrets are masked."""
    loaded = load_settings()
    rows = [
        (
            f"TBG_{name.upper()}",
            _masked(getattr(loaded, name)),
            source(loaded, name),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    ]
    if json:
        keys = ("value", "source", "meaning")
        found = {name: dict(zip(keys, rest, strict=True)) for name, *rest in rows}
        typer.echo(orjson.dumps(found).decode())
        return
    screen.table(("setting", "value", "source", "meaning"), rows, prose=("meaning",))


def _masked(value: Any) -> str | None:
    if value is None:
        return None
    return "********" if isinstance(value, SecretStr) else str(value)


def _settings_here(runtime: process.Runtime) -> str:
    """Where settings here differ from those of the running game; empty if nowhere."""
    loaded = runtime.settings
    game = running_in(loaded.data_dir)
    if game is None or game.settings is None or names_others(loaded, game.settings):
        return ""
    here = as_recorded(loaded)
    found = [
        f"TBG_{name.upper()} is {here[name]} here ({source(loaded, name)}), {theirs} in the game"
        for name in ("network", "badge_packs", "quest_packs", "keys_dir", "public_url", "demo")
        if (theirs := game.settings.get(name)) is not None and here[name] != theirs
    ]
    return "; ".join(found)


class Finding(NamedTuple):
    """One check: its subject, whether it passed, and what to do if not."""

    check: str
    ok: bool
    detail: str


def doctor(
    json: bool = typer.Option(False, "--json", help="One JSON object."),
) -> None:
    """Check every dependency, setting, permission, lag and clock, and say what to do."""
    findings = asyncio.run(_examine())
    if json:
        found = {f.check: {"ok": f.ok, "detail": f.detail} for f in findings}
        typer.echo(orjson.dumps(found).decode())
    else:
        for finding in findings:
            typer.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.check}: {finding.detail}")
    wrong = [finding.check for finding in findings if not finding.ok]
    if wrong:
        raise NeedsPerson(f"{len(wrong)} of {len(findings)} checks failed: {', '.join(wrong)}")


async def _examine() -> list[Finding]:
    try:
        loaded = load_settings()
        runtime = process.Runtime.open(loaded)
    except CommandError as error:
        return [Finding("settings", False, str(error))]
    findings = [_settings(loaded, _settings_here(runtime))]
    try:
        for name, check in _CHECKS.items():
            try:
                ok, detail = await asyncio.wait_for(check(runtime), _PATIENCE_SECONDS)
            except TimeoutError:
                ok, detail = False, f"no answer in {_PATIENCE_SECONDS:g} s"
            except Exception as error:
                ok, detail = False, told(error)
                if detail in [finding.detail for finding in findings]:
                    continue  # one cause is reported once
            findings.append(Finding(name, ok, detail))
    finally:
        await runtime.close()
    return findings


def _settings(loaded: Settings, differs: str) -> Finding:
    if differs:
        return Finding("settings", False, f"{differs}: use the same value for both")
    secret = {loaded.database_url, loaded.owner_database_url, loaded.redis_url} - {None}
    for name in (".env", "tbg.toml"):
        if secret and (file := Path(name)).exists() and file.stat().st_mode & 0o077:
            why = f"others may read {file.absolute()}, which may hold passwords: chmod 600 {name}"
            return Finding("settings", False, why)
    if loaded.env == "development" and loaded.public_url.startswith("https://"):
        why = "TBG_PUBLIC_URL is https, but TBG_ENV is development: set it to production"
        return Finding("settings", False, why)
    return Finding("settings", True, f"{loaded.env}, {loaded.network}")


async def _database(runtime: process.Runtime) -> tuple[bool, str]:
    async with runtime.database.transaction() as tx:
        version = await tx.value("SELECT current_setting('server_version')")
        number = int(await tx.value("SELECT current_setting('server_version_num')"))
    return number >= 150000, f"PostgreSQL {version}" + ("" if number >= 150000 else ": needs 15")


async def _durable(runtime: process.Runtime) -> tuple[bool, str]:
    async with runtime.database.transaction() as tx:
        off = [
            name
            for name in ("fsync", "full_page_writes", "synchronous_commit")
            if await tx.value("SELECT current_setting(:name)", name=name) == "off"
        ]
    return not off, f"switch on {', '.join(off)}" if off else "commits reach the disk"


async def _schema(runtime: process.Runtime) -> tuple[bool, str]:
    found = await schema.current(runtime.database)
    if found == schema.REVISION:
        return True, found
    what = "restart `tbg up`, or run `tbg migrate`"
    return False, f"at {found or 'nothing'}, needs {schema.REVISION}: {what}"


async def _redis(runtime: process.Runtime) -> tuple[bool, str]:
    info = await runtime.redis.info("server")
    version = info.get("valkey_version") or info["redis_version"]
    wrong = await durability(runtime.redis)
    return not wrong, f"{version}: {'; '.join(wrong) or 'append-only, no eviction'}"


async def _badges(runtime: process.Runtime) -> tuple[bool, str]:
    here = {badge.slug for badge in read_registry(packs=runtime.settings.badge_packs)}
    async with runtime.database.transaction() as tx:
        active = await badge_catalogue(tx)
    if foreign := [slug for slug in active if slug not in here]:
        return False, (
            f"active, but in no pack of TBG_BADGE_PACKS here: {', '.join(foreign)}: set it to the "
            "same value as for the other services, or run `tbg registry retire "
            f"{' '.join(foreign)}`"
        )
    return True, f"{len(active)} active"


async def _lag(runtime: process.Runtime) -> tuple[bool, str]:
    waiting = await backlog(runtime.redis)
    if waiting < limits.STREAM_BACKLOG // 10:
        return True, f"{waiting:,} events are waiting"
    full = ", and producers wait for room in the streams" * (waiting >= limits.STREAM_BACKLOG)
    advice = "start more `tbg ingest`, or find out why it is slow"
    return False, f"{waiting:,} events are waiting{full}: {advice}"


async def _letters(runtime: process.Runtime) -> tuple[bool, str]:
    count, older = await runtime.redis.xlen(DEAD_LETTER), await shelved(runtime.redis)
    said = f"{count:,} dead letters" + ": see `tbg events dead-letters`" * bool(count)
    if older:
        said += f"; {older:,} older ones were moved to dead-letters.jsonl, where `tbg ingest` runs"
    return count == 0, said


async def _outbox(runtime: process.Runtime) -> tuple[bool, str]:
    async with runtime.database.transaction() as tx:
        parked = await tx.value("SELECT count(parked_at) FROM failed_deliveries")
        late = await tx.value(
            "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND created_at < :before",
            before=tx.now - timedelta(minutes=1),
        )
    detail = (
        f"{parked} parked messages{': see `tbg events parked`' * bool(parked)}, "
        f"{late} waiting for more than a minute"
    )
    return parked == 0 and late == 0, detail


async def _tasks(runtime: process.Runtime) -> tuple[bool, str]:
    async with runtime.database.transaction() as tx:
        left = await tasks.waiting(tx)
    is_late = left.due_since is not None and left.due_since < tx.now - timedelta(minutes=1)
    see = ": see `tbg tasks parked`" * bool(left.parked)
    detail = f"{left.parked} parked tasks{see}, {left.waiting} waiting"
    return not left.parked and not is_late, detail + ", some late by a minute" * is_late


async def _jobs(runtime: process.Runtime) -> tuple[bool, str]:
    async with runtime.database.transaction() as tx:
        parked = len(await user_jobs.parked(tx))
    return not parked, f"{parked} parked users{': see `tbg jobs parked`' * bool(parked)}"


async def _services(runtime: process.Runtime) -> tuple[bool, str]:
    alive = await heartbeats(runtime.redis, ("ingest", "relay", "sender", "worker"))
    missing = [service for service, well in alive.items() if not well]
    if missing:
        return False, "not running: " + ", ".join(f"`tbg {service}`" for service in missing)
    return True, "ingest, relay, sender and worker are alive"


async def _clock(runtime: process.Runtime) -> tuple[bool, str]:
    async with runtime.database.transaction() as tx:
        theirs = await tx.value("SELECT clock_timestamp()")
    skew = abs(theirs - SystemClock().now())
    ok = skew < _CLOCK_SKEW
    return ok, f"{skew.total_seconds():.2f} s from the database's" + (": set up NTP" * (not ok))


async def _keys(runtime: process.Runtime) -> tuple[bool, str]:
    ring = KeyRing(runtime.settings.keys, runtime.database.clock, runtime.settings.public_url)
    where = runtime.settings.keys.resolve()
    if not ring.is_made:
        return True, f"none yet: the API makes them in {where}"
    await asyncio.to_thread(ring.prepare, make=False)
    return True, f"{len(ring.listed())} in {where}: include them in the database's backups"


async def _disk(runtime: process.Runtime) -> tuple[bool, str]:
    place = runtime.settings.data_dir if runtime.settings.data_dir.exists() else "."
    free = shutil.disk_usage(place).free
    return free > limits.DISK_WARNING_BYTES, f"{free / 1024**3:.1f} GiB free"


async def _latency(runtime: process.Runtime) -> tuple[bool, str]:
    begun = time.perf_counter()
    await runtime.redis.ping()
    async with runtime.database.transaction() as tx:
        await tx.value("SELECT 1")
    ms = (time.perf_counter() - begun) * 1000
    return ms < 250, f"{ms:.0f} ms for one request to each server"


_CHECKS: dict[str, Callable[[process.Runtime], Awaitable[tuple[bool, str]]]] = {
    "database": _database,
    "durability": _durable,
    "schema": _schema,
    "redis": _redis,
    "badges": _badges,
    "latency": _latency,
    "lag": _lag,
    "dead letters": _letters,
    "outbox": _outbox,
    "tasks": _tasks,
    "jobs": _jobs,
    "services": _services,
    "clock": _clock,
    "keys": _keys,
    "disk": _disk,
}
