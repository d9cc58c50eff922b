"""The audit log: who did what in whose name; a job seals the entries, each seal to the one before.

Writing an entry waits for nobody. The chain is closed afterwards, over all entries that have been
committed since: `audit_unsealed` names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tbg.core import limits
from tbg.core.tx import AnyRow, Database, Tx

_LOCK = 0x7B67_AD17
_BEGIN = bytes(32)


async def audit(
    tx: Tx, *, actor_id: int | None, actor: str, action: str, subject: str,
    details: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add an entry; `actor` says how it was done (`session`, `key 7k1f…`, `tbg admin`).

    Entries name users only by number, because entries outlive accounts.
    """
    entry = await tx.value(
        """
        INSERT INTO audit_log (at, actor_id, actor, action, subject, details)
        VALUES (:at, :actor_id, :actor, :action, :subject, CAST(:details AS jsonb)) RETURNING id
        """,
        at=tx.now,
        actor_id=actor_id,
        actor=actor,
        action=action,
        subject=subject,
        details=orjson.dumps(details or {}).decode(),
    )
    await tx.run("INSERT INTO audit_unsealed (id) VALUES (:entry)", entry=entry)


class AuditEntry(NamedTuple):
    """An entry; `by` is the actor, with the number of the user if it was one."""

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    details: dict[str, Any]


async def latest(tx: Tx, *, most: int) -> list[AuditEntry]:
    """The newest entries, newest first."""
    rows = await tx.rows(
        """
        SELECT id, at, actor || COALESCE(' of user:' || actor_id, ''), action, subject,
            details::text AS details FROM audit_log ORDER BY id DESC LIMIT :most
        """,
        most=most,
    )
    return [AuditEntry(*row)._replace(details=orjson.loads(row.details)) for row in rows]


async def seal_audit_log(database: Database) -> int:
    """Seal the entries written since the last seal; their number."""
    sealed = 0
    while True:
        async with database.transaction() as tx:
            count = await _seal_batch(tx)
        sealed += count
        if count < limits.PAGE_ROWS:
            return sealed


async def _seal_batch(tx: Tx) -> int:
    # Each seal knows the one before it: they are made one after another.
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
    waiting = await tx.rows(
        """
        DELETE FROM audit_unsealed WHERE id IN (
            SELECT id FROM audit_unsealed ORDER BY id LIMIT :most)
        RETURNING id
        """,
        most=limits.PAGE_ROWS,
    )
    if not waiting:
        return 0
    ids = sorted(row.id for row in waiting)
    digests = await _digests(tx, ids=ids)
    # An entry that is gone already is sealed as well: it will be missed.
    sealed = [(number, digests.get(number, b"")) for number in ids]
    previous = await tx.value("SELECT hash FROM audit_seals ORDER BY id DESC LIMIT 1") or _BEGIN
    await tx.run(
        """
        INSERT INTO audit_seals (at, entries, digests, hash)
        VALUES (:at, CAST(:entries AS bigint[]), CAST(:digests AS bytea[]), :hash)
        """,
        at=tx.now,
        entries=ids,
        digests=[digest for _, digest in sealed],
        hash=_seal(previous, tx.now, sealed),
    )
    return len(waiting)


async def first_fault(tx: Tx) -> str | None:
    """The first wrong entry or seal of the log; None if all are right."""
    previous, number = _BEGIN, 0
    while True:
        seals = await tx.rows(
            """
            SELECT id, at, entries, digests, hash FROM audit_seals
            WHERE id > :after ORDER BY id LIMIT :most
            """,
            after=number,
            most=limits.PAGE_ROWS // 10,  # each names up to PAGE_ROWS entries
        )
        if not seals:
            break
        for seal in seals:
            sealed = list(zip(seal.entries, seal.digests, strict=False))
            whole = len(seal.entries) == len(seal.digests)
            if not whole or seal.hash != _seal(previous, seal.at, sealed):
                return f"seal {seal.id} was changed, or the one before it is missing"
            found = await _digests(tx, ids=seal.entries)
            for entry, digest in sealed:
                if found.get(entry) != digest:
                    return f"entry {entry} was changed or is missing"
            previous, number = seal.hash, seal.id
    added = await tx.value(
        """
        SELECT min(id) FROM (
            SELECT id FROM audit_log
            EXCEPT SELECT unnest(entries) FROM audit_seals
            EXCEPT SELECT id FROM audit_unsealed) AS added (id)
        """
    )
    return (
        None
        if added is None
        else f"entry {added} was not added by the game, or its seal is missing"
    )


async def unsealed(tx: Tx) -> int:
    """How many entries wait for their seal: those of the last minute, while the worker runs."""
    return int(await tx.value("SELECT count(*) FROM audit_unsealed"))


async def _digests(tx: Tx, *, ids: list[int]) -> dict[int, bytes]:
    """The digest of each entry; missing entries are left out."""
    rows = await tx.rows(
        """
        SELECT id, at, actor_id, actor, action, subject, details::text AS details
        FROM audit_log WHERE id = ANY(CAST(:ids AS bigint[]))
        """,
        ids=ids,
    )
    return {row.id: _digest(row) for row in rows}


def _digest(row: AnyRow) -> bytes:
    details = orjson.dumps(orjson.loads(row.details), option=orjson.OPT_SORT_KEYS).decode()
    entry = [row.id, row.at.isoformat(), row.actor_id, row.actor, row.action, row.subject, details]
    return hashlib.sha256(orjson.dumps(entry)).digest()


def _seal(previous: bytes, at: datetime, entries: Iterable[tuple[int, bytes]]) -> bytes:
    sealed = [[number, digest.hex()] for number, digest in entries]
    return hashlib.sha256(previous + orjson.dumps([at.isoformat(), sealed])).digest()
