"""What operators change by hand: XP and badges."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from tbg.domains.accounts.schemas import Given

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class XpCorrection(Given):
    """XP to give, or (negative) to take; the player reads the reason."""

    amount: int = Field(ge=-10_000_000, le=10_000_000)
    reason: Reason


class XpCorrected(BaseModel):
    """A correction was written; `total_xp` is the total after it."""

    user_id: int
    amount: int
    total_xp: int


class BadgeGrant(Given):
    """Whom to grant a badge, by handle or address, and why."""

    user: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    reason: Reason


class BadgeGranted(BaseModel):
    """Whether the badge is new to the user."""

    user_id: int
    slug: str
    granted: bool


class FoundUser(BaseModel):
    """A user as operators look them up: whom a change would be about, and what they have."""

    id: int
    name: str
    address: str
    seed: str
    total_xp: int
    badges: list[str]


class FoundUsers(BaseModel):
    """The user of a name, or nobody."""

    users: list[FoundUser]
