"""Proofs inside a document (Data Integrity, cryptosuite `eddsa-rdfc-2022`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature

from tbg.adapters.credentials.keyfiles import CredentialKey
from tbg.adapters.credentials.multibase import base58, from_base58
from tbg.adapters.credentials.triples import NotOurForm, canonical

_MEMBERS = {
    "type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue",
}  # fmt: skip


def signed(
    document: Mapping[str, Any], key: CredentialKey, *, issuer: str, at: datetime
) -> dict[str, Any]:
    """The document with a proof by the issuer's key."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": stamp(at),
        "verificationMethod": key.method(issuer),
        "proofPurpose": "assertionMethod",
    }
    if key.private is None:
        raise ValueError(f"the key {key.kid} can only verify")
    value = key.private.sign(_digests(document, proof))
    return {**document, "proof": {**proof, "proofValue": base58(value)}}


def why_not_signed(document: Mapping[str, Any], keys: Mapping[str, CredentialKey]) -> str | None:
    """Why a document is not one that one of these keys has signed; None if it is.

    `keys`: by multikey. The proof has to name a key of the document's own issuer.
    """
    plain = {name: value for name, value in document.items() if name != "proof"}
    proof = document.get("proof")
    if not isinstance(proof, dict) or set(proof) != _MEMBERS:
        return "it has no proof of ours"
    issuer = plain.get("issuer")
    issuer = issuer.get("id") if isinstance(issuer, dict) else issuer
    controller, _, multikey = str(proof["verificationMethod"]).partition("#")
    if controller != issuer or multikey not in keys:
        return "its issuer has no such key"
    if (proof["type"], proof["cryptosuite"], proof["proofPurpose"]) != (
        "DataIntegrityProof", "eddsa-rdfc-2022", "assertionMethod",
    ):  # fmt: skip
        return "its proof is of another kind"
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        keys[multikey].public.verify(from_base58(proof["proofValue"]), _digests(plain, options))
    except NotOurForm as error:
        return str(error)
    except (InvalidSignature, ValueError, OverflowError):
        return "its signature does not belong to it"
    return None


def stamp(at: datetime) -> str:
    """A moment (UTC) as documents write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _digests(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    options = {"@context": document.get("@context"), **proof}
    texts = (canonical(options, form="proof"), canonical(document, form="document"))
    return b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
