"""The keys that sign credentials, in files beside the other keys of this installation.

A file `credentials-….pem` has two keys of one age: Ed25519 for proofs inside a document, RSA for
tokens (the standard of badges asks every reader to know RS256 and nothing else). Sessions end with
their key; credentials do not: a key that no longer signs is published for ever. Its private
half is taken out of the file by the rotation after the one that replaced it.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)

from tbg.adapters.credentials.multibase import base58
from tbg.core import limits, private_files
from tbg.core.clock import Clock
from tbg.core.errors import CannotRun

_STAMP = "%Y%m%dT%H%M%SZ"
_FILES = "credentials-*.pem"
_BLOCK = re.compile(rb"-----BEGIN (PRIVATE|PUBLIC) KEY-----.+?-----END \1 KEY-----\n", re.DOTALL)
_ED25519 = b"\xed\x01"
"""What a multikey of this kind begins with."""


@dataclass(frozen=True, slots=True)
class CredentialKey:
    """Both keys of one age; without their private halves once they have long been replaced."""

    kid: str
    made_at: datetime
    path: Path
    public: Ed25519PublicKey
    public_rsa: RSAPublicKey
    private: Ed25519PrivateKey | None
    private_rsa: RSAPrivateKey | None

    @property
    def multikey(self) -> str:
        """The public key for proofs, as documents write it."""
        raw = self.public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return base58(_ED25519 + raw)

    def method(self, issuer: str) -> str:
        """The URL by which proofs name this key: a part of the issuer's document."""
        return f"{issuer}#{self.multikey}"

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key for tokens."""
        found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.public_rsa))
        return {**found, "kid": self.kid, "use": "sig", "alg": "RS256"}


@dataclass(slots=True)
class CredentialKeys:
    """The keys for credentials in one folder, read again when somebody may have changed them."""

    directory: Path
    clock: Clock
    _keys: tuple[CredentialKey, ...] = ()
    _read_at: float = field(default=float("-inf"))

    def all(self) -> tuple[CredentialKey, ...]:
        """Every key that ever signed, oldest first; makes the first one if there is none."""
        if not self._keys or time.monotonic() - self._read_at >= limits.KEYS_READ_SECONDS:
            self._read()
        if not self._keys:
            with private_files.alone_in(self.directory):
                self._read()  # another process may have made it
                if not self._keys:
                    self._add(self.clock.now())
            self._read()
        return self._keys

    def signing(self) -> CredentialKey:
        """The newest key that every process has had the time to see; else the oldest."""
        keys = [key for key in self.all() if key.private is not None]
        if not keys:
            raise CannotRun(f"no key in {self.directory} can sign credentials: add one")
        settled = [k for k in keys if k.made_at + limits.KEY_SETTLES <= self.clock.now()]
        return settled[-1] if settled else keys[0]

    def by_multikey(self) -> Mapping[str, CredentialKey]:
        """The keys by the name that proofs give them."""
        return {key.multikey: key for key in self.all()}

    def rotate(self) -> CredentialKey:
        """Add a key, and leave of those that were replaced before only what verifies."""
        last = self.all()[-1]
        with private_files.alone_in(self.directory):
            self._read()
            before = self.signing().made_at
            for key in self._keys:
                if key.private is not None and key.made_at < before:
                    private_files.write(key.path, _public_pem(key))
            # Names contain seconds: a key made within the same second comes after the other.
            kid = self._add(max(self.clock.now(), last.made_at + timedelta(seconds=1)))
        self._read()
        return next(key for key in self._keys if key.kid == kid)

    def _add(self, at: datetime) -> str:
        kid = secrets.token_hex(8)
        rsa = generate_private_key(public_exponent=65537, key_size=2048)
        pems = (_pem(Ed25519PrivateKey.generate()), _pem(rsa))
        path = self.directory / f"credentials-{at.strftime(_STAMP)}-{kid}.pem"
        private_files.write(path, b"".join(pems))
        return kid

    def _read(self) -> None:
        self._read_at = time.monotonic()
        known = {key.kid: key for key in self._keys if key.path.exists()}
        found = []
        for path in sorted(self.directory.glob(_FILES)):
            _, at, kid = path.stem.split("-")
            made_at = datetime.strptime(at, _STAMP).replace(tzinfo=UTC)
            found.append(known.get(kid) or _read_key(path, kid, made_at))
        self._keys = tuple(sorted(found, key=lambda key: key.made_at))


def _read_key(path: Path, kid: str, made_at: datetime) -> CredentialKey:
    keys: list[Any] = [
        serialization.load_pem_private_key(block[0], password=None)
        if block[1] == b"PRIVATE"
        else serialization.load_pem_public_key(block[0])
        for block in _BLOCK.finditer(path.read_bytes())
    ]
    match keys:
        case [Ed25519PrivateKey() as own, RSAPrivateKey() as rsa]:
            return CredentialKey(kid, made_at, path, own.public_key(), rsa.public_key(), own, rsa)
        case [Ed25519PublicKey() as public, RSAPublicKey() as public_rsa]:
            return CredentialKey(kid, made_at, path, public, public_rsa, None, None)
    raise CannotRun(f"{path} does not have the two keys for credentials: restore it")


def _pem(key: Ed25519PrivateKey | RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public_pem(key: CredentialKey) -> bytes:
    return b"".join(
        one.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for one in (key.public, key.public_rsa)
    )
