"""What was done to an account: for the audit log, the owner's list, and a notification."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tbg.core.principal import Principal
from tbg.core.tx import Tx
from tbg.domains.accounts.actions.audit import audit
from tbg.domains.accounts.events import AccountChanged
from tbg.domains.accounts.rules import TOLD_AT_ONCE, Activity


async def note(
    tx: Tx, who: Principal, action: Activity, /, *, about: str | None = None, **details: Any
) -> None:
    """Record what a session did to its own account.

    `about` names an address or a key: it stays with the account and goes with it. `details` are
    for the audit log, which outlives people and so names none.
    """
    assert who.session_id is not None  # no key does anything to an account
    await note_own(tx, who.user_id, action, session_id=who.session_id, about=about, **details)


async def note_own(
    tx: Tx, user_id: int, action: Activity, /, *, session_id: UUID, actor: str = "session",
    about: str | None = None, **details: Any,
) -> None:  # fmt: skip
    """Record what was done to an account in its user's name; the session names the device.

    The last thing a transaction does: others wait for its entry in the audit log.
    """
    if action in TOLD_AT_ONCE:
        tx.announce(AccountChanged(user_id=user_id, action=action, about=about, at=tx.now))
    await tx.run(
        """
        INSERT INTO account_activity (user_id, at, action, about, session_id, device,
            signed_in_with)
        SELECT user_id, :now, :action, :about, id, device, address FROM sessions
        WHERE user_id = :user AND id = :session
        """,
        user=user_id,
        now=tx.now,
        action=action,
        about=about,
        session=session_id,
    )
    await audit(
        tx, actor_id=user_id, actor=actor, action=action, subject=f"user:{user_id}", details=details
    )
