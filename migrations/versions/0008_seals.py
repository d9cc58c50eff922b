"""The audit log is sealed by a job, over all entries since the last seal.

Until now each entry held the hash of the one before it, and so all who signed in waited for each
other. Those hashes go; an entry of the log keeps the last of them, and whether all of them were
right. The owner numbers the entries: a number far ahead would have left none for the next entry.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import orjson
from alembic import op
from sqlalchemy import Connection, text

from tbg.core.migration import run

revision = "0008_seals"
down_revision = "0007_blocks"

SEALS = """
LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE;
CREATE TABLE audit_seals (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    entries bigint[] NOT NULL,
    digests bytea[] NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_seals_pk PRIMARY KEY (id)
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
CREATE TABLE audit_unsealed (
    id bigint NOT NULL,
    CONSTRAINT audit_unsealed_pk PRIMARY KEY (id)
);
ALTER TABLE audit_log ALTER id ADD GENERATED ALWAYS AS IDENTITY;
"""

HASHES = """
ALTER TABLE audit_log DROP previous, DROP hash;
INSERT INTO audit_unsealed (id) SELECT id FROM audit_log
"""

# Whoever wrote this number into the log wanted no other to follow.
_FAR_AHEAD = 2**62

_ENTRIES = """
SELECT id, at, actor_id, actor, action, subject, CAST(details AS text), previous, hash
FROM audit_log WHERE id > :after ORDER BY id LIMIT 1000
"""


def _read(bind: Connection) -> tuple[int, int, bytes, int | None]:
    """How many entries there are, the last number and hash, and the first that was not right."""
    previous, number, count = bytes(32), 0, 0
    wrong: int | None = None
    while rows := bind.execute(text(_ENTRIES), {"after": number}).all():
        for id_, at, actor_id, *words, details, before, hash_ in rows:
            sealed = _seal(previous, id_, at, actor_id, words, details)
            right = id_ == number + 1 and before == previous and hash_ == sealed
            if wrong is None and not right:
                wrong = id_
            previous, number, count = hash_, id_, count + 1
    return count, number, previous, wrong


def _seal(
    previous: bytes, id_: int, at: datetime, actor_id: int | None, words: list[str], details: str
) -> bytes:
    ordered = orjson.dumps(orjson.loads(details), option=orjson.OPT_SORT_KEYS).decode()
    entry = orjson.dumps([id_, at.isoformat(), actor_id, *words, ordered])
    return hashlib.sha256(previous + entry).digest()


def upgrade() -> None:
    run(SEALS)
    bind = op.get_bind()
    count, last, hash_, wrong = _read(bind)
    if count:
        bind.execute(
            text("SELECT setval(pg_get_serial_sequence('audit_log', 'id'), :last)"),
            {"last": min(last, _FAR_AHEAD)},
        )
    run(HASHES)
    if count:
        details = orjson.dumps({"entries": count, "hash": hash_.hex(), "first_wrong": wrong})
        bind.execute(
            text(
                """
                WITH entry AS (
                    INSERT INTO audit_log (at, actor, action, subject, details)
                    VALUES (now(), 'tbg migrate', 'log.seal', 'audit_log',
                        CAST(:details AS jsonb)) RETURNING id)
                INSERT INTO audit_unsealed (id) SELECT id FROM entry
                """
            ),
            {"details": details.decode()},
        )
