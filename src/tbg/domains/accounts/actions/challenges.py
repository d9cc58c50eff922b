"""Messages to be signed: each stored, used once, and soon."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from tbg.adapters.bitcoin.signatures import SignatureRefused, prove
from tbg.core import limits
from tbg.core.tx import AnyRow, Tx
from tbg.domains.accounts.errors import ChallengeSpent, SignatureWrong
from tbg.domains.accounts.queries import Person, open_challenge
from tbg.domains.accounts.rules import message_to_sign


async def challenge(
    tx: Tx, *, address: str, network: str, public_url: str, for_person: Person | None = None
) -> AnyRow:
    """A new message for an address: challenge_id, message, expires_at."""
    message = message_to_sign(
        address=address,
        domain=urlsplit(public_url).netloc,
        network=network,
        nonce=secrets.token_urlsafe(16),
        issued=tx.now,
        minutes=limits.CHALLENGE_AGE // timedelta(minutes=1),
        account=None if for_person is None else for_person.address,
    )
    made = await tx.row(
        """
        INSERT INTO auth_challenges (id, address, for_user, message, created_at, expires_at)
        VALUES (:id, :address, :user, :message, :now, :expires)
        RETURNING id AS challenge_id, message, expires_at
        """,
        id=uuid4(),
        address=address,
        user=None if for_person is None else for_person.id,
        message=message,
        now=tx.now,
        expires=tx.now + limits.CHALLENGE_AGE,
    )
    assert made is not None  # an INSERT of one row returns it
    return made


async def check(tx: Tx, *, challenge_id: UUID, signature: str, for_user: int | None) -> str:
    """The address that signed a challenge which was not used yet."""
    found = await open_challenge(tx, challenge_id)
    if found is None or found.for_user != for_user:
        raise ChallengeSpent("It was used already, or its five minutes are over. Ask for another.")
    try:
        prove(found.address, found.message, signature)
    except SignatureRefused as error:
        raise SignatureWrong(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    return found.address


async def spend(tx: Tx, *, challenge_id: UUID, signature: str, for_user: int | None) -> str:
    """As `check`, and the challenge is used up; of many at once, one gets through."""
    address = await check(tx, challenge_id=challenge_id, signature=signature, for_user=for_user)
    used = await tx.run(
        "UPDATE auth_challenges SET used_at = :now WHERE id = :id AND used_at IS NULL",
        id=challenge_id,
        now=tx.now,
    )
    if not used:
        raise ChallengeSpent("It was used just now. Ask for another.")
    return address
