"""The caller: the player, service or operator behind a request, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Role = Literal["user", "provider", "moderator", "admin"]
Scope = Literal["read", "mining", "service"]

SCOPES: dict[Scope, frozenset[Scope]] = {
    "read": frozenset({"read"}),
    "mining": frozenset({"read", "mining"}),
    "service": frozenset({"service"}),
}
"""What a key of each scope may do: `read` reads its owner's data (so far their personal bests),
`mining` also changes their workers (no route does so yet), `service` posts what happened elsewhere
and reads nothing (no route accepts it yet)."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, by a session (`session_id`) or by one of their API keys (`key_id`, `scope`)."""

    user_id: int
    role: Role
    session_id: UUID | None = None
    by_cookie: bool = False
    key_id: str | None = None
    scope: Scope | None = None
    until: datetime | None = None  # when the token or key runs out by itself

    def may(self, scope: Scope) -> bool:
        """Whether they may do what needs `scope`; a session may do all but post as a service."""
        if self.scope is None:
            return scope != "service"
        return scope in SCOPES[self.scope]


def reader(who: Principal | None) -> int | None:
    """The user whose private data may be read; None if no user's."""
    return who.user_id if who is not None and who.may("read") else None
