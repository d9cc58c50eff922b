"""Messages to be signed: each stored, for one purpose, used once, and soon.

For signing in and linking, the signature is submitted with the request itself. An approval is
submitted separately (`approve`) and waits, signed, for the request that it approves
(`use_approval`).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from tbg.adapters.bitcoin.signatures import SignatureRefused, prove
from tbg.core import limits
from tbg.core.tx import AnyRow, Tx
from tbg.domains.accounts.errors import (
    AlreadyYours,
    ApprovalNeeded,
    CannotUnlink,
    ChallengeSpent,
    NotYours,
    SignatureWrong,
)
from tbg.domains.accounts.queries import OpenChallenge, Person, linked, open_challenge
from tbg.domains.accounts.rules import APPROVALS, Purpose, message_to_sign


async def challenge(
    tx: Tx, *, address: str, network: str, public_url: str, purpose: Purpose = "sign_in",
    person: Person | None = None, subject: str | None = None,
) -> AnyRow:  # fmt: skip
    """A new message for an address: challenge_id, message, expires_at.

    `person`: the user whose account it is about, except for signing in; `subject`: the address to
    be let in or removed.
    """
    assert (person is None) == (purpose == "sign_in")
    if person is not None and purpose in APPROVALS:
        await _require_signer(tx, person, address=address, purpose=purpose, subject=subject)
    message = message_to_sign(
        address=address,
        domain=urlsplit(public_url).netloc,
        network=network,
        nonce=secrets.token_urlsafe(16),
        issued=tx.now,
        minutes=limits.CHALLENGE_AGE // timedelta(minutes=1),
        purpose=purpose,
        other=person.address if person is not None and purpose == "link" else subject or "",
    )
    made = await tx.row(
        """
        INSERT INTO auth_challenges (id, address, for_user, purpose, subject, message, created_at,
            expires_at)
        VALUES (:id, :address, :user, :purpose, :subject, :message, :now, :expires)
        RETURNING id AS challenge_id, message, expires_at
        """,
        id=uuid4(),
        address=address,
        user=None if person is None else person.id,
        purpose=purpose,
        subject=subject,
        message=message,
        now=tx.now,
        expires=tx.now + limits.CHALLENGE_AGE,
    )
    assert made is not None  # an INSERT of one row returns it
    return made


async def _require_signer(
    tx: Tx, person: Person, *, address: str, purpose: Purpose, subject: str | None
) -> None:
    """Refuse what `use_approval` would refuse later, before anybody fetches their wallet."""
    own = {one.address for one in await linked(tx, person.id)}
    if address not in own:
        raise NotYours("Sign with an address of your account.")
    if purpose == "let_in" and subject in own:
        raise AlreadyYours("This address is already linked to your account.")
    if purpose == "unlink" and address == subject:
        raise CannotUnlink("An address cannot sign for its own removal: sign with one that stays.")


async def check(
    tx: Tx, *, challenge_id: UUID, signature: str, purpose: Purpose, for_user: int | None
) -> str:
    """The address that signed a challenge for this purpose which was not used yet."""
    found = await open_challenge(tx, challenge_id)
    if found is None or (found.purpose, found.for_user) != (purpose, for_user):
        raise ChallengeSpent(
            "It has already been used, or its five minutes are over. Request another one."
        )
    return _signed(found, signature)


async def spend(
    tx: Tx, *, challenge_id: UUID, signature: str, purpose: Purpose, for_user: int | None = None
) -> str:
    """As `check`, and the challenge is used up; of many at once, one gets through."""
    address = await check(
        tx, challenge_id=challenge_id, signature=signature, purpose=purpose, for_user=for_user
    )
    used = await tx.run(
        """
        UPDATE auth_challenges SET used_at = :now
        WHERE id = :id AND used_at IS NULL AND signed_at IS NULL
        """,
        id=challenge_id,
        now=tx.now,
    )
    if not used:
        raise ChallengeSpent("It has just been used. Request another one.")
    return address


async def approve(tx: Tx, *, challenge_id: UUID, signature: str, user_id: int) -> AnyRow:
    """Accept the signature of an approval; returns approval, expires_at."""
    found = await open_challenge(tx, challenge_id)
    if found is None or found.for_user != user_id or found.purpose not in APPROVALS:
        raise ChallengeSpent(
            "It has already been used, or its five minutes are over. Request another one."
        )
    _signed(found, signature)
    taken = await tx.row(
        """
        UPDATE auth_challenges SET signed_at = :now, expires_at = :expires
        WHERE id = :id AND used_at IS NULL AND signed_at IS NULL
        RETURNING id AS approval, expires_at
        """,
        id=challenge_id,
        now=tx.now,
        expires=tx.now + limits.APPROVAL_AGE,
    )
    if taken is None:
        raise ChallengeSpent("It has just been used. Request another one.")
    return taken


async def use_approval(
    tx: Tx, *, approval: UUID | None, user_id: int, purpose: Purpose, subject: str | None = None
) -> None:
    """Use a signed approval of exactly this action; ApprovalNeeded if there is none.

    With the user locked: the address that signed must still be theirs, and must stay.
    """
    used = approval and await tx.run(
        """
        UPDATE auth_challenges c SET used_at = :now
        WHERE id = :id AND for_user = :user AND purpose = :purpose
            AND subject IS NOT DISTINCT FROM CAST(:subject AS text)
            AND signed_at IS NOT NULL AND used_at IS NULL AND expires_at > :now
            AND EXISTS (SELECT 1 FROM user_addresses a WHERE a.address = c.address
                AND a.user_id = c.for_user AND a.address IS DISTINCT FROM c.subject)
        """,
        id=approval,
        user=user_id,
        purpose=purpose,
        subject=subject,
        now=tx.now,
    )
    if not used:
        raise ApprovalNeeded(
            "Request a message for this purpose, sign it with an address of your account that "
            "stays, and submit the signature. It approves one request, within five minutes."
        )


async def end_approvals(tx: Tx, *, user_id: int, address: str) -> None:
    """Invalidate what this address signed for this user, or was asked to sign."""
    await tx.run(
        """
        UPDATE auth_challenges SET used_at = :now
        WHERE for_user = :user AND address = :address AND used_at IS NULL
        """,
        user=user_id,
        address=address,
        now=tx.now,
    )


def _signed(found: OpenChallenge, signature: str) -> str:
    if found.signed_at is not None:
        raise ChallengeSpent("It has already been signed. Request another one.")
    try:
        prove(found.address, found.message, signature)
    except SignatureRefused as error:
        raise SignatureWrong(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    return found.address
