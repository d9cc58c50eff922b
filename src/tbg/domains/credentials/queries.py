"""Reads credentials and revocations."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tbg.core.tx import Tx
from tbg.domains.accounts.queries import page_name


class StoredCredential(NamedTuple):
    """A credential that was asked for and not revoked. `document` is JSON."""

    id: str
    user_id: int
    badge_slug: str
    issued_at: datetime
    kid: str
    document: str
    token: str


async def own_credentials(tx: Tx, user_id: int) -> list[StoredCredential]:
    """A user's credentials, newest first."""
    rows = await tx.rows(
        """
        SELECT id, user_id, badge_slug, issued_at, kid, document, token FROM credentials
        WHERE user_id = :id ORDER BY issued_at DESC, id
        """,
        id=user_id,
    )
    return [StoredCredential(*row) for row in rows]


class ShownCredential(NamedTuple):
    """A credential, and the name by which others find its player's page; None if they cannot."""

    credential: StoredCredential
    page: str | None


async def shown_credential(tx: Tx, id_: str, *, own: int | None) -> ShownCredential | None:
    """A credential whose player's page is public, or is the player `own`; None else."""
    row = await tx.row(
        """
        SELECT id, user_id, badge_slug, issued_at, kid, document, token FROM credentials
        WHERE id = :id
        """,
        id=id_,
    )
    if row is None:
        return None
    page = await page_name(tx, row.user_id)
    return ShownCredential(StoredCredential(*row), page) if page or row.user_id == own else None


async def revoked_at(tx: Tx, id_: str) -> datetime | None:
    """When a credential was revoked; None if it was not."""
    found: datetime | None = await tx.value(
        "SELECT revoked_at FROM credential_revocations WHERE id = :id", id=id_
    )
    return found


async def revoked_places(tx: Tx, *, first: int, count: int) -> list[int]:
    """The revoked places among `count`, counted from `first`."""
    rows = await tx.rows(
        "SELECT place FROM credential_revocations WHERE place >= :first AND place < :end",
        first=first,
        end=first + count,
    )
    return [row.place - first for row in rows]


async def last_place(tx: Tx) -> int:
    """The highest place that was ever given; 0 if none was."""
    found: int = await tx.value(
        """
        SELECT GREATEST(COALESCE((SELECT max(place) FROM credentials), 0),
            COALESCE((SELECT max(place) FROM credential_revocations), 0))
        """
    )
    return found
