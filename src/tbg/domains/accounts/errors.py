"""The domain's refusals."""

from __future__ import annotations

from tbg.core.errors import Conflict, Invalid, Refused


class NotAnAddress(Invalid):
    """It is not an address of this pool's network."""

    code = "not_an_address"
    title = "Not an address of this pool's network"


class SignatureWrong(Refused):
    """The signature does not prove the address."""

    status = 401
    code = "signature_refused"
    title = "The signature does not prove this address"


class ChallengeSpent(Conflict):
    """The challenge was used, has run out, or never was."""

    code = "challenge_spent"
    title = "This message can no longer be used"


class SessionEnded(Refused):
    """The refresh token is not good (any more)."""

    status = 401
    code = "session_ended"
    title = "The session has ended"


class HandleTaken(Conflict):
    """Somebody has this handle, or one that looks like it."""

    code = "handle_taken"
    title = "This handle is taken"


class HandleRefused(Invalid):
    """A handle that is not allowed."""

    code = "handle_refused"
    title = "This cannot be a handle"


class TooManyKeys(Conflict):
    """A user has as many API keys as one may have."""

    code = "too_many_keys"
    title = "Too many API keys"


class AlreadyYours(Conflict):
    """The address is linked to this account."""

    code = "already_yours"
    title = "This address is already yours"


class TooManyAddresses(Conflict):
    """A user has as many addresses as one may have."""

    code = "too_many_addresses"
    title = "Too many addresses"


class FoundItsGame(Conflict):
    """The address began to mine while it was being linked."""

    code = "address_mines"
    title = "The address has just started its own game"


class CannotUnlink(Conflict):
    """It is the only address that can sign in, or no other has signed for its removal."""

    code = "cannot_unlink"
    title = "This address cannot be removed"


class NotYours(Conflict):
    """The signing address does not belong to this account."""

    code = "not_your_address"
    title = "This address does not belong to your account"


class ApprovalNeeded(Refused):
    """No fresh signature by an address of the account says that it wants this."""

    status = 403
    code = "approval_needed"
    title = "One of your addresses must sign for this"
