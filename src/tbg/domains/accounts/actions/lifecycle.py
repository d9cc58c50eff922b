"""Accounts, when users are merged, leave, or export their data."""

from __future__ import annotations

from collections.abc import Iterator

from tbg.core import limits, outbox, tasks, user_jobs
from tbg.core.section import Section
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.access import pages_changed, sessions_changed
from tbg.domains.accounts.actions.handles import hand_on
from tbg.domains.accounts.errors import TooManyAddresses


async def merge(tx: Tx, *, gone: int, kept: int) -> None:
    """Move addresses, and take the stricter privacy; of `gone` only a reference is left."""
    both = await tx.value(
        "SELECT count(*) FROM user_addresses WHERE user_id IN (:gone, :kept)", gone=gone, kept=kept
    )
    if both > limits.ADDRESSES:
        raise TooManyAddresses(
            f"Together the two accounts have {both} addresses; an account may have "
            f"{limits.ADDRESSES}. Remove some first.",
            addresses=both,
            most=limits.ADDRESSES,
        )
    await tx.run(
        """
        WITH moved AS (DELETE FROM user_addresses WHERE user_id = :gone RETURNING *)
        INSERT INTO user_addresses (address, user_id, linked_at, proved_at, merged_at)
        SELECT address, CAST(:kept AS bigint), linked_at, proved_at, :now FROM moved
        """,
        gone=gone,
        kept=kept,
        now=tx.now,
    )
    # Users merged into `gone` earlier now point to `kept`, so that one step always suffices.
    await tx.run(
        "UPDATE users SET merged_into = :kept WHERE id = :gone OR merged_into = :gone",
        gone=gone,
        kept=kept,
    )
    # What one of the two kept to themselves is not published by becoming part of the other.
    await tx.run(
        """
        UPDATE users k SET profile_public = k.profile_public AND g.profile_public,
            on_leaderboards = k.on_leaderboards AND g.on_leaderboards,
            address_shown = CASE
                WHEN 'hidden' IN (k.address_shown, g.address_shown) THEN 'hidden'
                WHEN 'short' IN (k.address_shown, g.address_shown) THEN 'short'
                ELSE 'whole' END
        FROM users g WHERE k.id = :kept AND g.id = :gone
        """,
        gone=gone,
        kept=kept,
    )
    await hand_on(tx, ids=[gone], to=kept)
    await _empty(tx, [gone])
    await tx.run(
        """
        UPDATE sessions SET ended_at = :now, ended_why = 'merged'
        WHERE user_id = :gone AND ended_at IS NULL
        """,
        gone=gone,
        now=tx.now,
    )
    await tx.run(
        "UPDATE api_keys SET revoked_at = :now WHERE user_id = :gone AND revoked_at IS NULL",
        gone=gone,
        now=tx.now,
    )
    sessions_changed(tx, gone)
    await pages_changed(tx, gone, kept)


async def erase(tx: Tx, *, user_id: int) -> None:
    """Erase the person, and users merged into them; their ids stay, for the numbers."""
    ids = [
        row.id
        for row in await tx.rows(
            "SELECT id FROM users WHERE id = :id OR merged_into = :id ORDER BY id", id=user_id
        )
    ]
    await pages_changed(tx, *ids)
    for statement in _PERSON:
        await tx.run(statement, ids=ids)
    await hand_on(tx, ids=ids, to=None)
    await _empty(tx, ids)
    await outbox.forget(tx, ids)
    await tasks.forget(tx, ids)
    sessions_changed(tx, *ids)
    await tx.run(
        """
        UPDATE users SET profile_public = false, address_shown = 'hidden',
            on_leaderboards = false, erased_at = :now
        WHERE id = ANY(:ids ::bigint[])
        """,
        ids=ids,
        now=tx.now,
    )


_PERSON = (
    "DELETE FROM refresh_tokens WHERE user_id = ANY(:ids ::bigint[])",
    "DELETE FROM sessions WHERE user_id = ANY(:ids ::bigint[])",
    "DELETE FROM api_keys WHERE user_id = ANY(:ids ::bigint[])",
    "DELETE FROM account_activity WHERE user_id = ANY(:ids ::bigint[])",
    """
    DELETE FROM auth_challenges c USING user_addresses a
    WHERE a.user_id = ANY(:ids ::bigint[]) AND (c.address = a.address OR c.subject = a.address)
    """,
    "DELETE FROM user_addresses WHERE user_id = ANY(:ids ::bigint[])",
)


async def _empty(tx: Tx, ids: list[int]) -> None:
    """Delete the personal data and pending actions of such a user."""
    await tx.run(
        """
        UPDATE users SET handle = NULL, handle_key = NULL, display_name = NULL, country = NULL,
            bio = NULL, role = 'user', settings = '{}', deletion_at = NULL
        WHERE id = ANY(:ids ::bigint[])
        """,
        ids=ids,
    )
    await tx.run("DELETE FROM idempotency_keys WHERE user_id = ANY(:ids ::bigint[])", ids=ids)
    await tx.run("DELETE FROM auth_challenges WHERE for_user = ANY(:ids ::bigint[])", ids=ids)
    await user_jobs.forget(tx, ids)


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """Profile, addresses, sessions, API keys and the audit log's words; no secret, no digest."""
    for name, (about, sql) in _EXPORTS.items():
        yield Section(name, about, tx.pages(sql, id=user_id))


# Of those who became part of the user there are sessions and keys left, ended and revoked. Of an
# operator who acted there is no name: to the user, it is the pool that did it.
_EXPORTS = {
    "profile": (
        "Your profile and your settings.",
        """
        SELECT id, created_at, claimed_at, handle, display_name, country, bio, role,
            profile_public, address_shown, on_leaderboards, settings,
            deletion_at
        FROM users WHERE id = :id
        """,
    ),
    "addresses": (
        "Your Bitcoin addresses.",
        """
        SELECT address, linked_at, proved_at, merged_at FROM user_addresses
        WHERE user_id = :id ORDER BY linked_at, address
        """,
    ),
    "sessions": (
        "Where you signed in, without the tokens.",
        """
        SELECT id, kind, address, device, created_at, last_used_at, expires_at, ended_at,
            ended_why
        FROM sessions
        WHERE user_id IN (SELECT id FROM users WHERE id = :id OR merged_into = :id)
        ORDER BY created_at, id
        """,
    ),
    "api_keys": (
        "Your API keys, without the keys.",
        """
        SELECT id, name, scope, address, created_at, last_used_at, expires_at, revoked_at
        FROM api_keys
        WHERE user_id IN (SELECT id FROM users WHERE id = :id OR merged_into = :id)
        ORDER BY created_at, id
        """,
    ),
    "activity": (
        "What was done to your account, and on which device.",
        """
        SELECT at, action, about, device, signed_in_with FROM account_activity
        WHERE user_id IN (SELECT id FROM users WHERE id = :id OR merged_into = :id)
        ORDER BY at, id
        """,
    ),
    "audit_log": (
        "Audit log entries about you and your account.",
        """
        SELECT id, at,
            CASE WHEN actor_id <> :id OR actor LIKE 'tbg %' THEN 'operator' ELSE actor END AS actor,
            action, subject, details
        FROM audit_log WHERE actor_id = :id OR subject = 'user:' || CAST(:id AS bigint) ORDER BY id
        """,
    ),
}
