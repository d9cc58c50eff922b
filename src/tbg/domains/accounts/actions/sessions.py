"""Signing in, staying signed in, and signing out.

A session is a family of refresh tokens: each can be used once and yields the next. A token that is
used twice was copied, and we cannot know by whom, so the whole session ends.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Literal, NamedTuple
from uuid import UUID, uuid4

from tbg.core import limits
from tbg.core.errors import SignInRequired
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.access import sessions_changed
from tbg.domains.accounts.actions.activity import note_own
from tbg.domains.accounts.actions.users import admit_addresses, lock_user
from tbg.domains.accounts.errors import SessionEnded
from tbg.domains.accounts.queries import session_end
from tbg.domains.accounts.rules import EndedWhy, device_of, told_ending

_TOKEN = re.compile(r"tbr_([1-9][0-9]{0,17})_([0-9a-f]{32})_([0-9a-f]{64})")


class OpenSession(NamedTuple):
    """A session and the refresh token that is good now."""

    user_id: int
    id: UUID
    kind: Literal["bearer", "cookie"]
    refresh_token: str
    claimed: bool = False
    """Whether this sign-in was the user's first."""


async def sign_in(
    tx: Tx, *, address: str, kind: Literal["bearer", "cookie"], agent: str
) -> OpenSession:
    """Claim the user of a proved address (made now, if it never mined) and open a session."""
    user_id = (await admit_addresses(tx, [address]))[address]
    # The row lock makes sign-ins of one user take turns, and a merge or an erasure wait.
    await lock_user(tx, user_id)
    claimed = await tx.run(
        "UPDATE users SET claimed_at = :now WHERE id = :user AND claimed_at IS NULL",
        user=user_id,
        now=tx.now,
    )
    still_his = await tx.run(
        """
        UPDATE user_addresses SET proved_at = COALESCE(proved_at, :now)
        WHERE address = :address AND user_id = :user
        """,
        address=address,
        user=user_id,
        now=tx.now,
    )
    if not still_his:  # unlinked while we waited for the user's row
        raise SignInRequired("This address has just been removed from its account. Try again.")
    session_id = uuid4()
    await tx.run(
        """
        INSERT INTO sessions (user_id, id, kind, address, device, created_at, last_used_at,
            expires_at) VALUES (:user, :id, :kind, :address, :device, :now, :now, :expires)
        """,
        user=user_id,
        id=session_id,
        kind=kind,
        address=address,
        device=device_of(agent),
        now=tx.now,
        expires=tx.now + limits.SESSION_AGE,
    )
    await _make_room(tx, user_id)
    token = await _next_token(tx, user_id, session_id)
    return OpenSession(user_id, session_id, kind, token, claimed=claimed > 0)


async def refresh(tx: Tx, *, token: str) -> OpenSession | None:
    """The next token of a session; None, and the session ended, when this one was used before.

    SessionEnded when there is no such session any more. None is not raised, so that the end of
    the session is committed.
    """
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise SessionEnded("This is not a refresh token. Sign in again.")
    user_id, session_id = int(parts[1]), UUID(parts[2])
    session = await tx.row(
        """
        SELECT kind FROM sessions WHERE user_id = :user AND id = :id AND ended_at IS NULL
            AND expires_at > :now FOR UPDATE
        """,
        user=user_id,
        id=session_id,
        now=tx.now,
    )
    if session is None:
        why = await session_end(tx, user_id, session_id)
        raise SessionEnded(told_ending(why), ended=why)
    digest = _digest(parts[3])
    found = await tx.row(
        """
        SELECT used_at FROM refresh_tokens
        WHERE user_id = :user AND session_id = :session AND digest = :digest
        """,
        user=user_id,
        session=session_id,
        digest=digest,
    )
    if found is None:
        raise SessionEnded("This is not a refresh token of this pool. Sign in again.")
    if found.used_at is not None:
        await end_session(tx, user_id=user_id, session_id=session_id, why="refresh token reused")
        await note_own(
            tx, user_id, "session.reuse", session_id=session_id, actor="refresh token",
            session=str(session_id),
        )  # fmt: skip
        return None
    await tx.run(
        """
        UPDATE refresh_tokens SET used_at = :now
        WHERE user_id = :user AND session_id = :session AND digest = :digest
        """,
        now=tx.now,
        user=user_id,
        session=session_id,
        digest=digest,
    )
    await tx.run(
        "UPDATE sessions SET last_used_at = :now WHERE user_id = :user AND id = :id",
        now=tx.now,
        user=user_id,
        id=session_id,
    )
    return OpenSession(
        user_id, session_id, session.kind, await _next_token(tx, user_id, session_id)
    )


async def end_session(tx: Tx, *, user_id: int, session_id: UUID, why: EndedWhy) -> bool:
    """End one session; whether there was one to end."""
    ended = await tx.run(
        """
        UPDATE sessions SET ended_at = :now, ended_why = :why
        WHERE user_id = :user AND id = :id AND ended_at IS NULL
        """,
        now=tx.now,
        why=why,
        user=user_id,
        id=session_id,
    )
    sessions_changed(tx, user_id)
    return ended > 0


async def end_sessions(tx: Tx, *, user_id: int, why: EndedWhy, address: str | None = None) -> int:
    """End all sessions of a user, or those begun with one address; how many."""
    sessions_changed(tx, user_id)
    return await tx.run(
        """
        UPDATE sessions SET ended_at = :now, ended_why = :why
        WHERE user_id = :user AND ended_at IS NULL
            AND (CAST(:address AS text) IS NULL OR address = :address)
        """,
        now=tx.now,
        why=why,
        user=user_id,
        address=address,
    )


async def end_all_sessions(tx: Tx) -> int:
    """End the sessions of everybody; how many. Sockets look again within half a minute."""
    return await tx.run(
        "UPDATE sessions SET ended_at = :now, ended_why = :why"
        " WHERE ended_at IS NULL AND expires_at > :now",
        now=tx.now,
        why="ended by the pool",
    )


async def _next_token(tx: Tx, user_id: int, session_id: UUID) -> str:
    secret = secrets.token_hex(32)
    await tx.run(
        """
        INSERT INTO refresh_tokens (user_id, session_id, digest, created_at)
        VALUES (:user, :session, :digest, :now)
        """,
        user=user_id,
        session=session_id,
        digest=_digest(secret),
        now=tx.now,
    )
    return f"tbr_{user_id}_{session_id.hex}_{secret}"


async def _make_room(tx: Tx, user_id: int) -> None:
    ended = await tx.run(
        """
        UPDATE sessions SET ended_at = :now, ended_why = 'too many sessions'
        WHERE user_id = :user AND id IN (
            SELECT id FROM sessions WHERE user_id = :user AND ended_at IS NULL
            ORDER BY last_used_at DESC, id OFFSET :most)
        """,
        now=tx.now,
        user=user_id,
        most=limits.SESSIONS,
    )
    if ended:
        sessions_changed(tx, user_id)


def _digest(secret: str) -> bytes:
    # 256 random bits need no slow hash: nobody can guess them.
    return hashlib.sha256(secret.encode()).digest()
