"""The wire shapes of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from tbg.core.principal import Role, Scope
from tbg.domains.accounts.rules import (
    COUNTRIES,
    HANDLE,
    Activity,
    EndedWhy,
    Purpose,
    name_of,
    passes_for_staff,
    tidy,
)

AddressShown = Literal["whole", "short", "hidden"]
Text = Annotated[str, StringConstraints(max_length=200)]
ApprovalId = Annotated[UUID | None, Field(strict=False)]  # a UUID is text in JSON


class Given(BaseModel):
    """What a client sends: no unknown fields, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What a client receives; can be read from a row with the same names."""

    model_config = ConfigDict(from_attributes=True)


class ChallengeWish(Given):
    """Request a message for `address` to sign.

    `sign_in` and `link` are signed by the new address. The other purposes are approvals, signed by
    an address of the signed-in account; `let_in` and `unlink` name in `subject` the address to be
    let in or removed.
    """

    address: Text
    purpose: Purpose = "sign_in"
    subject: Text | None = None

    @model_validator(mode="after")
    def _with_subject(self) -> ChallengeWish:
        if (self.subject is not None) != (self.purpose in ("let_in", "unlink")):
            raise ValueError("only `let_in` and `unlink` take a `subject`")
        return self


class Challenge(Told):
    """A message to be signed with the address, once and soon."""

    challenge_id: UUID
    message: str
    expires_at: datetime


class Proof(Given):
    """A signed challenge; the signature as the wallet gave it."""

    challenge_id: Annotated[UUID, Field(strict=False)]  # a UUID is text in JSON
    signature: Annotated[str, StringConstraints(max_length=16_384)]


class SignIn(Proof):
    """A signed challenge, and how the session is stored."""

    session: Literal["bearer", "cookie"] = "bearer"


class Approval(Told):
    """A signed approval: valid once, for a short time, for what its message says."""

    approval: UUID
    expires_at: datetime


class LinkWish(Proof):
    """A signed challenge of purpose `link`, and the approval (`let_in`) of the account itself."""

    approval: ApprovalId = None


class RefreshWish(Given):
    """The refresh token; none if a cookie holds it."""

    refresh_token: Annotated[str, StringConstraints(max_length=512)] | None = None


class Privacy(Told):
    """What others see of a player.

    The blockchain has the address of whoever found a block, and the pool shows their name with it:
    only a page that is not public keeps the two apart.
    """

    profile_public: bool
    address_shown: AddressShown
    on_leaderboards: bool


class PrivacyChange(Given):
    """Any of it."""

    profile_public: bool | None = None
    address_shown: AddressShown | None = None
    on_leaderboards: bool | None = None


class Me(Told):
    """The signed-in player; `name` is what others see."""

    id: int
    handle: str | None
    display_name: str | None
    country: str | None
    bio: str | None
    role: Role
    address: str
    addresses: int
    name: str
    privacy: Privacy
    created_at: datetime
    claimed_at: datetime | None
    deletion_at: datetime | None


class Tokens(Told):
    """A session's tokens; null where cookies hold them."""

    access_token: str | None
    refresh_token: str | None
    token_type: Literal["Bearer", "cookie"]
    expires_in: int


class SignedInAs(Tokens):
    """Tokens, and whose; `claimed`: nobody had signed in as this player before."""

    user: Me
    claimed: bool


class ProfileChange(Given):
    """Any of a profile; null clears."""

    # What is no handle is refused with its reason, not with the pattern.
    handle: (
        Annotated[
            str,
            StringConstraints(max_length=64),
            WithJsonSchema(
                {
                    "type": "string",
                    "minLength": 3,
                    "maxLength": 24,
                    "pattern": f"^{HANDLE.pattern}$",
                }
            ),
        ]
        | None
    ) = None
    display_name: Annotated[str, StringConstraints(max_length=60)] | None = None
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None
    bio: Annotated[str, StringConstraints(max_length=500)] | None = None
    privacy: PrivacyChange | None = None

    @field_validator("country")
    @classmethod
    def _assigned(cls, code: str | None) -> str | None:
        if code is not None and code not in COUNTRIES:
            raise ValueError("no country has this code (ISO 3166-1 alpha-2)")
        return code

    @field_validator("display_name")
    @classmethod
    def _name(cls, text: str | None) -> str | None:
        name = name_of(text) if text and text.strip() else None
        if name and passes_for_staff(name):
            raise ValueError("a name may not imitate the operators of the pool")
        return name

    @field_validator("bio")
    @classmethod
    def _tidy(cls, text: str | None) -> str | None:
        return tidy(text) or None if text is not None else None


class Notifications(Given):
    """Notifications that a player wants; stored for the day when the game can send them."""

    badges: bool = True
    levels: bool = True
    streaks: bool = True
    blocks: bool = True
    weekly_summary: bool = True


class Units(Given):
    """How figures are written."""

    hashrate: Literal["auto", "GH/s", "TH/s", "PH/s"] = "auto"
    difficulty: Literal["short", "full"] = "short"
    clock: Literal["24h", "12h"] = "24h"


class PlayerSettings(Given):
    """A player's settings. Only changes are stored; the rest are these defaults."""

    # Stored too, so that a name can change its meaning without losing the old one.
    version: Literal[1] = 1
    notifications: Notifications = Notifications()
    units: Units = Units()
    theme: Literal["system", "day", "evening"] = "system"
    # Whether the player's own page still offers the first steps.
    welcome: Literal["open", "closed"] = "open"


def kept_settings(stored: dict[str, Any]) -> dict[str, Any]:
    """The known part of stored settings: unknown names and values are ignored."""
    while True:
        try:
            return PlayerSettings.model_validate(stored).model_dump(exclude_unset=True)
        except ValidationError as error:
            stored = _without(stored, error.errors()[0]["loc"])


def _without(stored: dict[str, Any], where: tuple[int | str, ...]) -> dict[str, Any]:
    name, *deeper = where
    inner = stored[str(name)]
    if deeper and isinstance(inner, dict):
        return stored | {str(name): _without(inner, tuple(deeper))}
    return {key: value for key, value in stored.items() if key != name}


class SettingsChange(Given):
    """Any part of the settings; parts of parts too."""

    notifications: dict[str, Any] | None = None
    units: dict[str, Any] | None = None
    theme: Literal["system", "day", "evening"] | None = None
    welcome: Literal["open", "closed"] | None = None


class Session(Told):
    """A place where the player is signed in."""

    id: UUID
    kind: Literal["bearer", "cookie"]
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class EndedSession(Told):
    """A place where the player was signed in until recently."""

    id: UUID
    kind: Literal["bearer", "cookie"]
    device: str
    address: str
    created_at: datetime
    ended_at: datetime
    ended_why: EndedWhy


class SessionList(Told):
    """Those that hold, used last first; those that were ended in the last 30 days, newest first."""

    sessions: list[Session]
    ended: list[EndedSession]


class ApiKeyWish(Given):
    """A new key; without `expires_in_days` it does not expire.

    One of scope `service` takes the `approval` of an address (`make_service_key`).
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    scope: Scope
    expires_in_days: Annotated[int, Field(ge=1, le=366)] | None = None

    approval: ApprovalId = None

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        return name_of(name)


class ApiKey(Told):
    """A key without its secret."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class ApiKeyList(Told):
    """A player's keys, newest first."""

    api_keys: list[ApiKey]


class NewApiKey(Told):
    """A key, and its secret: shown this once."""

    api_key: ApiKey
    key: str


class Address(Told):
    """An address of the player."""

    address: str
    linked_at: datetime
    proved_at: datetime | None
    first: bool
    merged: bool
    can_unlink: bool


class AddressList(Told):
    """A player's addresses, in the order they were linked."""

    addresses: list[Address]


class Linked(AddressList):
    """The result of linking; `merged`: the address had its own game, now part of this one.

    `privacy`: what others see from now on. A merge leaves the stricter choice of both accounts.
    """

    merged: bool
    privacy: Privacy


class ActivityEntry(Told):
    """What was done to the account, about which address or key, and on which device.

    `current`: in the session that asks.
    """

    at: datetime
    action: Activity
    about: str | None
    device: str
    signed_in_with: str
    current: bool


class ActivityList(Told):
    """Newest first, of the last 90 days; `next_cursor` leads to older ones."""

    activity: list[ActivityEntry]
    next_cursor: str | None


class KeySet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


class DemoMiners(BaseModel):
    """Addresses whose keys everybody has."""

    addresses: list[str]


class DemoWish(Given):
    """The challenge to sign."""

    challenge_id: Annotated[UUID, Field(strict=False)]  # a UUID is text in JSON


class DemoSignature(BaseModel):
    """A signature as a wallet gives it."""

    signature: str
