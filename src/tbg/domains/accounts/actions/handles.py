"""Former handles, reserved for a while so that nobody can impersonate their owners."""

from __future__ import annotations

from tbg.core import limits
from tbg.core.tx import Tx


async def rest(tx: Tx, *, ids: list[int], former: int | None) -> None:
    """Reserve the current handles of these users for `former` for a while; None: for nobody.

    Only a few handles are reserved per user: otherwise somebody could block many names by using
    each for a moment. A reserved handle is never displaced, so one that was used for longer than
    handles are reserved always finds room, and keeps it.
    """
    await tx.run(
        """
        INSERT INTO resting_handles (digest, former_id, until)
        SELECT digest, CAST(:former AS bigint), :until FROM (
            SELECT sha256(convert_to(handle_key, 'UTF8')) AS digest FROM users
            WHERE id = ANY(:ids ::bigint[]) AND handle_key IS NOT NULL) AS given_up
        WHERE :most > (SELECT count(*) FROM resting_handles r
            WHERE r.former_id = :former AND r.until > :now AND r.digest <> given_up.digest)
        ORDER BY 1
        ON CONFLICT (digest) DO UPDATE SET former_id = excluded.former_id, until = excluded.until
        """,
        ids=ids,
        former=former,
        now=tx.now,
        until=tx.now + limits.HANDLE_RESTS,
        most=limits.HANDLES_RESTING,
    )


async def hand_on(tx: Tx, *, ids: list[int], to: int | None) -> None:
    """Transfer the reserved handles of these users to another user, or to nobody."""
    await rest(tx, ids=ids, former=to)
    await tx.run(
        """
        UPDATE resting_handles SET former_id = CAST(:to AS bigint)
        WHERE former_id = ANY(:ids ::bigint[])
        """,
        ids=ids,
        to=to,
    )


async def rests_for_another(tx: Tx, *, handle_key: str, user_id: int) -> bool:
    """Whether somebody else had this handle until recently."""
    found: bool = await tx.value(
        """
        SELECT EXISTS (SELECT 1 FROM resting_handles
            WHERE digest = sha256(convert_to(CAST(:key AS text), 'UTF8'))
            AND until > :now AND former_id IS DISTINCT FROM :user)
        """,
        key=handle_key,
        now=tx.now,
        user=user_id,
    )
    return found
