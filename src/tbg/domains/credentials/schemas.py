"""Wire shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from tbg.domains.accounts.schemas import Given


class CredentialWish(Given):
    """Which badge a credential is to be about."""

    badge: str = Field(pattern="^[a-z0-9][a-z0-9_]{0,63}$")


class OwnCredential(BaseModel):
    """A credential of the player; `url` is its public address, `id` the last part of it."""

    id: str
    badge: str
    issued_at: datetime
    url: str


class OwnCredentials(BaseModel):
    """The player's credentials, newest first."""

    credentials: list[OwnCredential]


class CredentialCheck(BaseModel):
    """What the pool says of a credential.

    `valid`: its proof belongs to it and to a key of this pool, and it is not revoked. `earner`: the
    handle or address under which the player's page is found. Of a revoked credential, only the time
    of the revocation is shown.
    """

    id: str
    valid: bool
    revoked_at: datetime | None
    issuer: str
    badge: str | None
    earner: str | None
    credential: dict[str, Any] | None
