"""What a credential says, and what the list of revocations says. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

_VC = "https://www.w3.org/ns/credentials/v2"
_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


class Achieved(NamedTuple):
    """A badge as a credential describes it. `earned_at` is as documents write it."""

    slug: str
    name: str
    description: str
    earned_at: str


class IssuerNames(NamedTuple):
    """The pool's name and URLs. `base`: where credentials are served."""

    id: str
    pool: str
    pool_url: str
    base: str


def list_url(base: str, number: int) -> str:
    """The URL of one list of revocations, counted from 1."""
    return f"{base}/revocations?list={number}"


def credential(
    issuer: IssuerNames, badge: Achieved, *, id_: str, number: int, index: int
) -> dict[str, Any]:
    """An unsigned OpenBadgeCredential; its place in list `number` is `index`.

    It names no player: the id of its earner is in no other credential. The pool says who the earner
    is for as long as the player's page is public.
    """
    url, status = f"{issuer.base}/{id_}", list_url(issuer.base, number)
    pool_url = issuer.pool_url.rstrip("/")
    achievement = {
        "id": f"{pool_url}/api/v1/badges/{badge.slug}",
        "type": ["Achievement"],
        "achievementType": "Badge",
        "name": badge.name,
        "description": badge.description,
        "criteria": {
            "id": f"{pool_url}/badges/{badge.slug}",
            "type": "Criteria",
            "narrative": badge.description,
        },
    }
    return {
        "@context": [_VC, _BADGES],
        "id": url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": badge.name,
        "image": {"id": f"{url}/badge.png", "type": "Image"},
        "issuer": {
            "id": issuer.id, "type": ["Profile"], "name": issuer.pool, "url": issuer.pool_url,
        },
        "validFrom": badge.earned_at,
        "credentialSubject": {
            "id": f"{url}#earner", "type": ["AchievementSubject"], "achievement": achievement,
        },
        "credentialStatus": {
            "id": f"{status}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": status,
        },
    }  # fmt: skip


def revocations(
    issuer: IssuerNames, *, number: int, encoded: str, valid_from: str
) -> dict[str, Any]:
    """An unsigned list of revocations."""
    url = list_url(issuer.base, number)
    return {
        "@context": [_VC],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.id,
        "validFrom": valid_from,
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
    }
