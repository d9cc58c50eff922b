"""Accounts with some of everything, which unite, leave and take their data along."""

from __future__ import annotations

import io
import zipfile

from tbg.app.lifecycle import erase, export, unite
from tbg.core.tx import Database
from tests.domains.gamification.play import value

SECRET = "s3cr3t"

WORDS = ("satsuma", "Satsuma", "brews tea", "Firefox", "Alpine rig", SECRET)
"""What `furnish` says of a person; their addresses and workers come on top."""


async def user_of(db: Database, address: str) -> int:
    """Whose address it is."""
    found = await value(db, "SELECT user_id FROM user_addresses WHERE address = :a", a=address)
    return int(found)


async def join(db: Database, gone: str | int, kept: str | int) -> tuple[int, int]:
    """Unite the users of two addresses (or ids); gives the ids."""
    old = gone if isinstance(gone, int) else await user_of(db, gone)
    new = kept if isinstance(kept, int) else await user_of(db, kept)
    async with db.transaction(owners="exclusive") as tx:
        await unite(tx, gone=old, kept=new)
    assert [type(event).__name__ for event in tx.announced] == [], "a merge is silent"
    return old, new


async def leave(db: Database, address: str) -> int:
    """Erase the user of an address; gives the id."""
    user = await user_of(db, address)
    async with db.transaction(owners="exclusive") as tx:
        await erase(tx, user_id=user)
    return user


async def taken_along(db: Database, user: int) -> zipfile.ZipFile:
    """The export of a user."""
    out = io.BytesIO()
    async with db.transaction() as tx:
        await export(tx, user_id=user, out=out)
    return zipfile.ZipFile(out)


async def furnish(db: Database, user: int) -> None:
    """A signed-in person with some of everything, secrets among it."""
    async with db.transaction(owners="shared") as tx:
        for statement in _PERSONAL_ROWS:
            await tx.run(statement, id=user, now=tx.now, secret=SECRET)


# Each binds all three values.
_PERSONAL_ROWS = (
    """
    UPDATE users SET handle = 'satsuma', handle_key = 'satsuma', display_name = 'Satsuma',
        country = 'IS', bio = 'brews tea', settings = '{"a": [1]}', claimed_at = :now
    WHERE id = :id AND CAST(:secret AS text) <> ''
    """,
    """
    INSERT INTO sessions (user_id, id, kind, address, device, created_at, last_used_at, expires_at)
    SELECT :id, gen_random_uuid(), 'cookie', address, 'Firefox', :now, :now, :now
    FROM user_addresses WHERE user_id = :id AND CAST(:secret AS text) <> ''
    """,
    """
    INSERT INTO refresh_tokens (user_id, session_id, digest, created_at)
    SELECT user_id, id, CAST(CAST(:secret AS text) AS bytea), :now FROM sessions WHERE user_id = :id
    """,
    """
    INSERT INTO api_keys (user_id, id, name, scope, mac, hash, created_at)
    VALUES (:id, 'k1', 'Alpine rig', 'read', CAST(CAST(:secret AS text) AS bytea), :secret, :now)
    """,
    """
    INSERT INTO account_activity (user_id, at, action, about, session_id, device, signed_in_with)
    SELECT user_id, :now, 'address.link', address, id, 'Firefox', address FROM sessions
    WHERE user_id = :id AND CAST(:secret AS text) <> ''
    """,
    """
    INSERT INTO idempotency_keys (user_id, digest, request, created_at)
    VALUES (:id, CAST(CAST(:secret AS text) AS bytea), 'x', :now)
    """,
    """
    INSERT INTO parked_users (user_id, job, error, parked_at, attempts)
    VALUES (:id, 'toy', :secret, :now, 1)
    """,
    # Two histories that are on their way, one from them and one to them.
    """
    INSERT INTO moved_workers (user_id, worker_id, to_user_id, to_worker_id)
    SELECT CAST(:id AS bigint), 0, 0, 0
    WHERE CAST(:secret AS text) <> '' AND CAST(:now AS timestamptz) IS NOT NULL
    UNION ALL SELECT 0, CAST(:id AS bigint), CAST(:id AS bigint), min(id) FROM workers
    WHERE user_id = :id
    """,
    """
    INSERT INTO auth_challenges (id, address, for_user, purpose, message, created_at, expires_at)
    VALUES (gen_random_uuid(), CAST(:secret AS text), :id, 'link', 'm', :now, :now)
    """,
    """
    INSERT INTO auth_challenges (id, address, purpose, message, created_at, expires_at)
    SELECT gen_random_uuid(), address, 'sign_in', :secret, :now, :now
    FROM user_addresses WHERE user_id = :id
    """,
    # Somebody else wanted to let the address in.
    """
    INSERT INTO auth_challenges (id, address, for_user, purpose, subject, message, created_at,
        expires_at)
    SELECT gen_random_uuid(), 'of another', 0, 'let_in', address, :secret, :now, :now
    FROM user_addresses WHERE user_id = :id
    """,
    """
    INSERT INTO resting_handles (digest, former_id, until)
    VALUES (sha256(CAST(:secret || CAST(CAST(:id AS bigint) AS text) AS bytea)), :id, :now)
    """,
    """
    INSERT INTO tasks (kind, key, target, payload, user_ids, created_at, run_at, error)
    SELECT 'call', CAST(:secret AS text) || CAST(:id AS bigint), address,
        '{"handle": "satsuma"}', ARRAY[0, CAST(:id AS bigint)], :now, :now, 'Satsuma is away'
    FROM user_addresses WHERE user_id = :id ORDER BY address LIMIT 1
    """,
    # An entry names users by number alone.
    """
    INSERT INTO audit_log (at, actor_id, actor, action, subject, details)
    SELECT :now, :id, 'session', 'signed_in', 'user:' || CAST(:id AS bigint), '{}'
    WHERE CAST(:secret AS text) <> ''
    """,
)
