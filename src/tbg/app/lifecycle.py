"""Merges, erases and exports accounts: runs what each domain declares."""

from __future__ import annotations

import asyncio
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from math import ceil, isfinite
from typing import IO, Any, TypeVar

from tbg.app.domains import DOMAINS
from tbg.core import limits, marks
from tbg.core.domain import Domain
from tbg.core.errors import Conflict
from tbg.core.owners import AccountsBusy
from tbg.core.schedule import Cron
from tbg.core.section import Section
from tbg.core.telemetry import log
from tbg.core.tx import AnyRow, Database, Tx
from tbg.domains.accounts.actions.audit import audit

T = TypeVar("T")

_log = log(__name__)

_REST_AT_MOST = timedelta(minutes=1)
_MERGES_REST = "merges_rest"
"""The mark of the moment until which nobody merges."""


class CannotUnite(Conflict):
    """One of the two is the other, became part of somebody, was erased, or never was."""

    code = "accounts_cannot_unite"
    title = "These accounts cannot be merged"


async def unite(tx: Tx, *, gone: int, kept: int, domains: Iterable[Domain] = DOMAINS) -> None:
    """User `gone` becomes part of user `kept`, with all they have; with the owners exclusive."""
    assert tx.owners == "exclusive"
    people = await tx.rows(
        """
        SELECT id FROM users WHERE id IN (:gone, :kept)
            AND merged_into IS NULL AND erased_at IS NULL
        """,
        gone=gone,
        kept=kept,
    )
    if len(people) != 2:
        raise CannotUnite("They must be two different accounts that have not been merged.")
    for domain in domains:
        if domain.merge is not None:
            await domain.merge(tx, gone=gone, kept=kept)


async def refuse_while_merges_rest(tx: Tx) -> None:
    """AccountsBusy if the last merge held everybody up for so long that none may follow yet."""
    until = await marks.read(tx, _MERGES_REST)
    if until is not None and until > tx.now:
        seconds = ceil((until - tx.now).total_seconds())
        raise AccountsBusy(
            f"A large account was just merged. Try again in {seconds} s.", seconds=seconds
        )


async def unite_and_rest(tx: Tx, *, gone: int, kept: int) -> None:
    """`unite`, after which none follows for a multiple of its time; AccountsBusy before that."""
    await refuse_while_merges_rest(tx)
    began = time.monotonic()
    await unite(tx, gone=gone, kept=kept)
    took = time.monotonic() - began
    if took > limits.MERGES_REST_AFTER_SECONDS:
        rest = timedelta(seconds=took * limits.MERGES_REST_TIMES)
        await marks.move(tx, _MERGES_REST, to=tx.now + min(rest, _REST_AT_MOST))


async def erase(tx: Tx, *, user_id: int, domains: Iterable[Domain] = DOMAINS) -> None:
    """Remove the person behind a user; what they mined and earned stays without a person.

    Needs the owners' lock exclusively, like `unite`.
    """
    assert tx.owners == "exclusive"
    for domain in domains:
        if domain.erase is not None:
            await domain.erase(tx, user_id=user_id)


async def export(
    tx: Tx, *, user_id: int, out: IO[bytes], domains: Iterable[Domain] = DOMAINS
) -> None:
    """Write all there is of a user as a ZIP: a JSON file a section, shares a line each.

    Rows become compressed JSON in a thread, a page at a time: meanwhile the loop serves others.
    """
    contents = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = [domain.export for domain in domains if domain.export is not None]
        for section in (section for part in parts for section in part(tx, user_id=user_id)):
            name = f"{section.name}.{'ndjson' if section.lines else 'json'}"
            contents.append(f"{name:24} {section.about}")
            await _write(archive, name, section)
        await _beside(archive.writestr, "README.txt", _readme(contents, user_id, tx))
        await _beside(archive.close)


async def _write(archive: zipfile.ZipFile, name: str, section: Section) -> None:
    opening, between, closing = (b"", b"\n", b"\n") if section.lines else (b"[", b",\n", b"]\n")
    with await _beside(archive.open, name, "w", force_zip64=True) as file:
        before, rest = opening, opening + closing * (not section.lines)
        async for page in section.pages:
            await _beside(_write_rows, file, page, before, between)
            before, rest = between, closing
        await _beside(file.write, rest)
        await _beside(file.close)


def _write_rows(file: IO[bytes], page: Sequence[AnyRow], before: bytes, between: bytes) -> None:
    file.write(before + between.join(map(_line, page)))


async def _beside(work: Callable[..., T], *args: Any, **options: Any) -> T:
    """Do blocking work in a thread; who is cancelled waits for its end, as it holds the archive."""
    working = asyncio.create_task(asyncio.to_thread(work, *args, **options))
    try:
        return await asyncio.shield(working)
    finally:
        await asyncio.wait([working])


def _line(row: AnyRow) -> bytes:
    """A row as JSON; numbers that JSON cannot write (inf, nan) are strings.

    Not by orjson, which refuses integers beyond 64 bits: a difficulty in a jsonb column is one.
    """
    found = {
        name: str(value) if isinstance(value, float) and not isfinite(value) else value
        for name, value in row._asdict().items()
    }
    return json.dumps(found, default=_text, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: Any) -> str:
    # Dates and times as in the API. The driver has its own type for ids.
    return value.isoformat() if isinstance(value, date) else str(value)


def _readme(contents: Sequence[str], user_id: int, tx: Tx) -> str:
    lines = [
        f"What this pool knows of user {user_id}, {tx.now:%Y-%m-%d %H:%M} UTC.",
        "Times are UTC. A .json file is a list of rows; a .ndjson file has one row per line.",
        "",
        *contents,
    ]
    return "\n".join(lines) + "\n"


async def erase_due(database: Database, *, domains: Sequence[Domain] = DOMAINS) -> int:
    """Erase accounts whose week to cancel is over; return how many.

    One transaction each: a failing one does not stop the others, is reported at the end and
    retried.
    """
    async with database.transaction() as tx:
        due = await tx.rows(
            "SELECT id FROM users WHERE deletion_at <= :now ORDER BY deletion_at, id", now=tx.now
        )
    erased, failures = 0, []
    for user_id in (row.id for row in due):
        try:
            erased += await _erase_if_due(database, user_id, domains)
        except Exception as error:
            _log.exception("erasure_failed", user_id=user_id)
            failures.append(error)
    if failures:
        raise ExceptionGroup("accounts that could not be erased", failures)
    return erased


async def _erase_if_due(database: Database, user_id: int, domains: Sequence[Domain]) -> bool:
    async with database.transaction(owners="exclusive") as tx:
        due: Any = await tx.value(
            "SELECT deletion_at <= :now FROM users WHERE id = :id FOR UPDATE",
            now=tx.now,
            id=user_id,
        )
        if due:  # otherwise they have cancelled it in the meantime
            await erase(tx, user_id=user_id, domains=domains)
            subject = f"user:{user_id}"
            await audit(
                tx, actor_id=None, actor="the week is over", action="account.erase", subject=subject
            )
        return bool(due)


JOBS = (Cron("erase_accounts", erase_due, minute=25),)
