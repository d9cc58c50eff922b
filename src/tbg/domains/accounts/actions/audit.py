"""The audit log: who did what in whose name, each entry sealed to the one before it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tbg.core.tx import Tx

_LOCK = 0x7B67_AD17
_BEGIN = bytes(32)


async def audit(
    tx: Tx, *, actor_id: int | None, actor: str, action: str, subject: str,
    details: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add an entry; `actor` says by which way (`session`, `key 7k1f…`, `tbg admin`).

    Entries name users by number alone: they outlive the people.
    """
    # Entries have no gaps and each knows the one before it: they are written one after another.
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
    last = await tx.row("SELECT id, hash FROM audit_log ORDER BY id DESC LIMIT 1")
    number = 1 if last is None else last.id + 1
    previous = _BEGIN if last is None else last.hash
    # Sealed is what the database will give back: it writes some numbers otherwise than we do.
    given = orjson.dumps(details or {}).decode()
    words = _words(await tx.value("SELECT CAST(CAST(:given AS jsonb) AS text)", given=given))
    await tx.run(
        """
        INSERT INTO audit_log (id, at, actor_id, actor, action, subject, details, previous, hash)
        VALUES (:id, :at, :actor_id, :actor, :action, :subject, CAST(:details AS jsonb),
            :previous, :hash)
        """,
        id=number,
        at=tx.now,
        actor_id=actor_id,
        actor=actor,
        action=action,
        subject=subject,
        details=words,
        previous=previous,
        hash=_seal(previous, number, tx.now, actor_id, actor, action, subject, words),
    )


class Entry(NamedTuple):
    """An entry; `by` is the actor, with the user's number when he is one."""

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    details: dict[str, Any]


async def latest(tx: Tx, *, most: int) -> list[Entry]:
    """The newest entries, newest first."""
    rows = await tx.rows(
        """
        SELECT id, at, actor || COALESCE(' of user:' || actor_id, ''), action, subject,
            details::text AS details FROM audit_log ORDER BY id DESC LIMIT :most
        """,
        most=most,
    )
    return [Entry(*row)._replace(details=orjson.loads(row.details)) for row in rows]


async def first_broken(tx: Tx) -> int | None:
    """The first entry that is not what was written, or does not follow the one before it."""
    previous, number = _BEGIN, 0
    while True:
        rows = await tx.rows(
            """
            SELECT id, at, actor_id, actor, action, subject, details::text AS details, previous,
                hash
            FROM audit_log WHERE id > :after ORDER BY id LIMIT 1000
            """,
            after=number,
        )
        if not rows:
            return None
        for row in rows:
            told = (row.id, row.at, row.actor_id, row.actor, row.action, row.subject,
                    _words(row.details))  # fmt: skip
            right = row.id == number + 1 and row.previous == previous
            if not right or row.hash != _seal(previous, *told):
                return int(row.id)
            previous, number = row.hash, row.id


def _words(details: str) -> str:
    return orjson.dumps(orjson.loads(details), option=orjson.OPT_SORT_KEYS).decode()


def _seal(previous: bytes, number: int, at: datetime, actor_id: int | None, *words: str) -> bytes:
    told = orjson.dumps([number, at.isoformat(), actor_id, *words])
    return hashlib.sha256(previous + told).digest()
