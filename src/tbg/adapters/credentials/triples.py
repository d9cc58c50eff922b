"""A document of ours as the canonical RDF (N-Quads) that its proof signs.

Any other program gets there by JSON-LD expansion with the published contexts, and by the
canonicalisation RDFC-1.0. Our documents have the terms below and no others, and each of their nodes
has an id. Canonicalisation names nodes that have none; without them, it only sorts. That our result
is that of the general algorithms is what `make credentials` shows, with somebody else's program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGE_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

_CREDENTIALS = "https://www.w3.org/2018/credentials#"
_BADGES = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_STATUS = "https://www.w3.org/ns/credentials/status#"
_SECURITY = "https://w3id.org/security#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_TYPES = {
    "VerifiableCredential": _CREDENTIALS,
    "OpenBadgeCredential": _BADGES,
    "AchievementSubject": _BADGES,
    "Achievement": _BADGES,
    "Criteria": _BADGES,
    "Image": _BADGES,
    "Profile": _BADGES,
    "BitstringStatusListCredential": _STATUS,
    "BitstringStatusListEntry": _STATUS,
    "BitstringStatusList": _STATUS,
    "DataIntegrityProof": _SECURITY,
}
"""Type → the vocabulary that defines it."""

_TERMS: dict[str, tuple[str, str | None]] = {
    "name": ("https://schema.org/name", None),
    "description": ("https://schema.org/description", None),
    "url": ("https://schema.org/url", "https://www.w3.org/2001/XMLSchema#anyURI"),
    "issuer": (f"{_CREDENTIALS}issuer", "@id"),
    "validFrom": (f"{_CREDENTIALS}validFrom", f"{_XSD}dateTime"),
    "credentialSubject": (f"{_CREDENTIALS}credentialSubject", "@id"),
    "credentialStatus": (f"{_CREDENTIALS}credentialStatus", "@id"),
    "image": (f"{_BADGES}image", "@id"),
    "achievement": (f"{_BADGES}achievement", "@id"),
    "achievementType": (f"{_BADGES}achievementType", None),
    "criteria": (f"{_BADGES}Criteria", "@id"),
    "narrative": (f"{_BADGES}narrative", None),
    "statusPurpose": (f"{_STATUS}statusPurpose", None),
    "statusListIndex": (f"{_STATUS}statusListIndex", None),
    "statusListCredential": (f"{_STATUS}statusListCredential", "@id"),
    "encodedList": (f"{_STATUS}encodedList", f"{_SECURITY}multibase"),
    "created": ("http://purl.org/dc/terms/created", f"{_XSD}dateTime"),
    "cryptosuite": (f"{_SECURITY}cryptosuite", f"{_SECURITY}cryptosuiteString"),
    "verificationMethod": (f"{_SECURITY}verificationMethod", "@id"),
    "proofPurpose": (f"{_SECURITY}proofPurpose", "@vocab"),
}
"""Term → its IRI, and what its value is: None for a text, `@id` for a node, else a datatype."""

_ESCAPES = {
    "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\",
} | {
    chr(code): f"\\u{code:04X}"
    for code in (*range(0x20), 0x7F)
    if chr(code) not in "\b\t\n\f\r"
}  # fmt: skip
_ESCAPED = str.maketrans(_ESCAPES)

Form = Literal["document", "proof"]


class NotOurForm(ValueError):
    """It has a term, a node without an id or a value that no document of ours has."""


def canonical(document: Mapping[str, Any], *, form: Form) -> str:
    """The sorted N-Quads of a document without its proof, or of a proof's options."""
    contexts = document.get("@context")
    if contexts not in ([VC_CONTEXT], [VC_CONTEXT, BADGE_CONTEXT]):
        raise NotOurForm("its contexts are not ours")
    subject = "_:c14n0" if form == "proof" else _iri(document.get("id"))
    if form == "proof" and "id" in document:
        raise NotOurForm("its proof has an id")
    members = {name: value for name, value in document.items() if name not in ("@context", "id")}
    return "".join(sorted(set(_node(subject, members))))


def _node(subject: str, members: Mapping[str, Any]) -> Iterator[str]:
    """The statements about a node, and about the nodes inside it."""
    if "type" not in members:
        raise NotOurForm(f"{subject} has no type")
    for term, value in members.items():
        if term == "type":
            for one in [value] if isinstance(value, str) else value:
                if one not in _TYPES:
                    raise NotOurForm(f"{one} is no type of ours")
                yield f"{subject} <{_TYPE}> <{_TYPES[one]}{one}> .\n"
        elif term in _TERMS:
            iri, kind = _TERMS[term]
            yield from _value(f"{subject} <{iri}>", value, kind)
        else:
            raise NotOurForm(f"{term} is no term of ours")


def _value(start: str, value: Any, kind: str | None) -> Iterator[str]:
    if kind == "@id" and isinstance(value, dict):
        inner = dict(value)
        subject = _iri(inner.pop("id", None))
        yield f"{start} {subject} .\n"
        yield from _node(subject, inner)
    elif not isinstance(value, str):
        raise NotOurForm(f"{start} has a value that is no text")
    elif kind == "@id":
        yield f"{start} {_iri(value)} .\n"
    elif kind == "@vocab":
        yield f"{start} <{_SECURITY}{value}> .\n"
    else:
        datatype = "" if kind is None else f"^^<{kind}>"
        yield f'{start} "{value.translate(_ESCAPED)}"{datatype} .\n'


def _iri(text: Any) -> str:
    if not isinstance(text, str) or ":" not in text or not _is_plain(text):
        raise NotOurForm(f"{text!r} is no id")
    return f"<{text}>"


def _is_plain(text: str) -> bool:
    """Whether an IRI is written in RDF as it stands."""
    return text.isascii() and text.isprintable() and not set(text) & set(' <>"{}|\\^`')
