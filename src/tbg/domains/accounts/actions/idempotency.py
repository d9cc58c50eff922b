"""Answers kept for those who ask the same again."""

from __future__ import annotations

from typing import NamedTuple

from tbg.core import limits
from tbg.core.tx import Tx


class Kept(NamedTuple):
    """An earlier request; `answer` is None while it is being answered."""

    request: bytes
    status: int
    answer: bytes | None


async def begin(tx: Tx, *, user_id: int, digest: bytes, request: bytes) -> Kept | None:
    """Take a key for a request; return the stored request if it was taken before."""
    taken = await tx.run(
        """
        INSERT INTO idempotency_keys AS k (user_id, digest, request, created_at)
        VALUES (:user, :digest, :request, :now)
        ON CONFLICT (user_id, digest) DO UPDATE
            SET request = excluded.request, created_at = excluded.created_at, status = NULL,
                answer = NULL
            WHERE k.created_at <= :old OR (k.answer IS NULL AND k.created_at <= :dead)
        """,
        user=user_id,
        digest=digest,
        request=request,
        now=tx.now,
        old=tx.now - limits.IDEMPOTENCY_AGE,
        dead=tx.now - limits.IDEMPOTENCY_FLIGHT,
    )
    if taken:
        return None
    row = await tx.row(
        """
        SELECT request, COALESCE(status, 0), answer FROM idempotency_keys
        WHERE user_id = :user AND digest = :digest
        """,
        user=user_id,
        digest=digest,
    )
    assert row is not None  # it was there a moment ago, and stays for a day
    return Kept(*row)


async def finish(tx: Tx, *, user_id: int, digest: bytes, status: int, answer: bytes | None) -> None:
    """Keep the answer; without one, give the key free."""
    if answer is None:
        await tx.run(
            "DELETE FROM idempotency_keys WHERE user_id = :user AND digest = :digest",
            user=user_id,
            digest=digest,
        )
        return
    await tx.run(
        """
        UPDATE idempotency_keys SET status = :status, answer = :answer
        WHERE user_id = :user AND digest = :digest
        """,
        status=status,
        answer=answer,
        user=user_id,
        digest=digest,
    )
