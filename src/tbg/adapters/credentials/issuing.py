"""The pool as an issuer: its URLs, and its signature in both forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from tbg.adapters.credentials.keyfiles import CredentialKeys
from tbg.adapters.credentials.proof import signed

_PLACE = "/api/v1/credentials"


@dataclass(frozen=True, slots=True)
class Signed:
    """A credential in both forms, and which key signed them."""

    document: dict[str, Any]
    token: str
    kid: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """A pool with its public URL, its name and its keys."""

    pool_url: str
    pool: str
    keys: CredentialKeys

    @property
    def base(self) -> str:
        """Where credentials are served."""
        return self.pool_url.rstrip("/") + _PLACE

    @property
    def id(self) -> str:
        """The issuer: the URL of a document that has its keys."""
        return f"{self.base}/issuer"

    def prove(self, document: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
        """The document with a proof inside."""
        return signed(document, self.keys.signing(), issuer=self.id, at=at)

    def issue(self, document: Mapping[str, Any], *, at: datetime) -> Signed:
        """A credential in both forms, signed by the same key."""
        key = self.keys.signing()
        if key.private_rsa is None:
            raise ValueError(f"the key {key.kid} can only verify")
        claims = {
            **document,
            "iss": self.id,
            "jti": document["id"],
            "sub": document["credentialSubject"]["id"],
            "nbf": int(datetime.fromisoformat(document["validFrom"]).timestamp()),
        }
        headers = {"kid": f"{self.base}/keys/{key.kid}"}
        token = jwt.encode(claims, key.private_rsa, algorithm="RS256", headers=headers)
        return Signed(signed(document, key, issuer=self.id, at=at), token, key.kid)

    def description(self) -> dict[str, Any]:
        """The issuer's document: who it is, and every key that ever signed, newest first."""
        methods = [
            {
                "id": key.method(self.id),
                "type": "Multikey",
                "controller": self.id,
                "publicKeyMultibase": key.multikey,
            }
            for key in reversed(self.keys.all())
        ]
        return {
            "@context": [
                "https://www.w3.org/ns/did/v1",  # not a DID, but what validators have
                "https://w3id.org/security/multikey/v1",
                "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            ],
            "id": self.id,
            "type": ["Profile"],
            "name": self.pool,
            "url": self.pool_url,
            "verificationMethod": methods,
            "assertionMethod": [method["id"] for method in methods],
        }
