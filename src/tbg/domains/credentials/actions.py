"""Issuing and revoking credentials, and what becomes of them with their players."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import orjson

from tbg.adapters.credentials import LIST_LENGTH, Issuer, encoded_list, stamp, why_not_signed
from tbg.core.errors import NotFound
from tbg.core.section import Section
from tbg.core.tx import Tx
from tbg.domains.credentials import queries
from tbg.domains.credentials.errors import BadgeNotEarned
from tbg.domains.credentials.queries import StoredCredential
from tbg.domains.credentials.rules import Achieved, IssuerNames, credential, revocations
from tbg.domains.gamification.queries import earned_badges, every_badge

Why = Literal["player", "operator", "erased"]


async def issue(tx: Tx, issuer: Issuer, *, user_id: int, slug: str) -> StoredCredential:
    """A credential of a badge the player has: the one there is, or a new one.

    Two requests at once may make two; both are good. One whose key was removed is replaced.
    """
    badge = await _achieved(tx, user_id, slug)
    known = {key.kid for key in issuer.keys.all()}
    for there in await queries.own_credentials(tx, user_id):
        if there.badge_slug == slug and there.kid in known:
            return there
    id_ = secrets.token_hex(16)
    place = await tx.value(
        """
        INSERT INTO credentials (id, user_id, badge_slug, issued_at)
        VALUES (:id, :user, :slug, :now) RETURNING place
        """,
        id=id_,
        user=user_id,
        slug=slug,
        now=tx.now,
    )
    number, index = divmod(place - 1, LIST_LENGTH)
    plain = credential(names_of(issuer), badge, id_=id_, number=number + 1, index=index)
    made = issuer.issue(plain, at=tx.now)
    text = orjson.dumps(made.document).decode()
    await tx.run(
        "UPDATE credentials SET kid = :kid, document = :document, token = :token WHERE id = :id",
        id=id_,
        kid=made.kid,
        document=text,
        token=made.token,
    )
    return StoredCredential(id_, user_id, slug, tx.now, made.kid, text, made.token)


async def _achieved(tx: Tx, user_id: int, slug: str) -> Achieved:
    for earned in await earned_badges(tx, user_id):
        if earned.slug == slug:
            known = {item.badge.slug: item.badge for item in await every_badge(tx)}
            badge = known[slug]
            return Achieved(slug, badge.name, badge.description, stamp(earned.earned_at))
    raise BadgeNotEarned(f"You do not have a badge called {slug}.", badge=slug)


def names_of(issuer: Issuer) -> IssuerNames:
    """The issuer as the rules know it."""
    return IssuerNames(issuer.id, issuer.pool, issuer.pool_url, issuer.base)


class Verdict(NamedTuple):
    """Whether a stored credential is signed by this pool; `why` it is not."""

    document: dict[str, Any]
    why: str | None


def check(issuer: Issuer, stored: StoredCredential) -> Verdict:
    """Verify the proof of a credential as any other program would, with all published keys."""
    document = orjson.loads(stored.document)
    return Verdict(document, why_not_signed(document, issuer.keys.by_multikey()))


async def list_of_revocations(tx: Tx, issuer: Issuer, number: int) -> dict[str, Any]:
    """A signed list of revocations; NotFound for one that no credential refers to yet."""
    first = (number - 1) * LIST_LENGTH + 1
    if number > 1 and first > await queries.last_place(tx):
        raise NotFound(f"There is no list {number} yet.")
    places = await queries.revoked_places(tx, first=first, count=LIST_LENGTH)
    hour = tx.now.replace(minute=0, second=0, microsecond=0)  # so that readers can keep it
    plain = revocations(
        names_of(issuer), number=number, encoded=encoded_list(places), valid_from=stamp(hour)
    )
    return issuer.prove(plain, at=hour)


async def revoke(tx: Tx, id_: str, *, why: Why, user_id: int | None = None) -> None:
    """Revoke a credential for good (of `user_id`, if given); NotFound if there is none."""
    revoked = await tx.run(
        """
        WITH gone AS (
            DELETE FROM credentials
            WHERE id = :id AND user_id = COALESCE(CAST(:user AS bigint), user_id)
            RETURNING id, place
        )
        INSERT INTO credential_revocations (id, place, revoked_at, why)
        SELECT id, place, :now, :why FROM gone
        """,
        id=id_,
        user=user_id,
        now=tx.now,
        why=why,
    )
    if not revoked:
        raise NotFound("There is no such credential.")


async def merge(tx: Tx, *, gone: int, kept: int) -> None:
    """The credentials of `gone` are `kept`'s: they name nobody, so they stay as they are."""
    await tx.run(
        """
        WITH moved AS (DELETE FROM credentials WHERE user_id = :gone RETURNING *)
        INSERT INTO credentials (id, user_id, badge_slug, place, issued_at, kid, document, token)
        SELECT id, CAST(:kept AS bigint), badge_slug, place, issued_at, kid, document, token
        FROM moved
        """,
        gone=gone,
        kept=kept,
    )


async def erase(tx: Tx, *, user_id: int) -> None:
    """All are revoked, and nothing says whose they were."""
    for stored in await queries.own_credentials(tx, user_id):
        await revoke(tx, stored.id, why="erased")


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """The credentials with all that they say."""
    sql = """
        SELECT id, badge_slug, issued_at, document, token FROM credentials
        WHERE user_id = :id ORDER BY issued_at, id
    """
    about = "Your badges as documents that other programs can check, as you asked for them."
    yield Section("credentials", about, tx.pages(sql, id=user_id))
