"""Wire shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class CredentialWish(BaseModel):
    """Which badge a credential is to be about."""

    model_config = ConfigDict(strict=True, extra="forbid")

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

    `earner`: the handle or address under which the player's page is found. Of a revoked credential
    nothing is told but when that was.
    """

    id: str
    valid: bool
    signed: bool = Field(description="the proof belongs to the document and to a key of this pool")
    revoked_at: datetime | None
    issuer: str
    badge: str | None
    earner: str | None
    credential: dict[str, Any] | None
