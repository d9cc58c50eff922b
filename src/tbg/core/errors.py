"""Named refusals: problem details over HTTP, one line and an exit code in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Refused(Exception):
    """The request was understood and is refused; `code` names why, for machines.

    `detail` says it in English; `extra` has the values in that sentence, for other languages.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"

    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class SignInRequired(Refused):
    """Nobody is signed in, or no longer."""

    status = 401
    code = "sign_in_required"
    title = "Sign in first"


class TooManyRequests(Refused):
    """Too many requests; the headers say when to try again."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class NotAllowed(Refused):
    """The caller is not allowed to do this."""

    status = 403
    code = "not_allowed"
    title = "Not allowed"


class NotFound(Refused):
    """It does not exist, or this caller may not see it."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(Refused):
    """The request conflicts with the current state."""

    status = 409
    code = "conflict"
    title = "Conflict"


class Invalid(Refused):
    """The input is malformed."""

    status = 422
    code = "invalid"
    title = "The input is not valid"


class CommandError(Exception):
    """Ends a command with one line on stderr; `exit_code` as the command line promises."""

    exit_code: ClassVar[int] = 1


class CannotRun(CommandError):
    """The command failed; says why and what to do (exit 1)."""

    exit_code = 1


class BadArguments(CommandError):
    """The arguments or settings are wrong (exit 2)."""

    exit_code = 2


class NeedsPerson(CommandError):
    """Done, but something needs a person: a mismatch, a parked message (exit 3)."""

    exit_code = 3


class ServerAway(ConnectionError):
    """A server cannot be reached; says which, where and why, but never a password."""
