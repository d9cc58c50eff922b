"""The keys of this installation, in files that only it may read; never in the database.

`secret` seals and signs what is ours alone (API keys, CSRF tokens). `jwt-….pem` are RSA keys for
access tokens: the newest that has been there for a while signs, and one that was followed by
another is trusted until every token it signed has run out. So a rotation is a new file, seen by
every process that shares the folder before anything is signed with it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.utils import base64url_decode, base64url_encode

from tbg.core import limits, private_files
from tbg.core.clock import Clock
from tbg.core.errors import CannotRun

_ALGORITHM = "RS256"
_TYPE = "at+jwt"
_STAMP = "%Y%m%dT%H%M%SZ"
_API_KEY = re.compile(r"tbg_([0-9]{1,18}k[0-9a-f]{8})_([0-9a-f]{40})_([0-9a-f]{16})")
_SECRET_BYTES = 32
"""As long as the digests of SHA-256 that it keys."""

_CLAIMS = ("iss", "aud", "sub", "sid", "iat", "nbf", "exp")


class TokenRefused(Exception):
    """This is not a valid access token of ours; says why."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One RSA key: when it was made, and until when its tokens are trusted (None: no end)."""

    kid: str
    made_at: datetime
    path: Path
    private: rsa.RSAPrivateKey
    until: datetime | None = None


@dataclass(slots=True)
class KeyRing:
    """The keys in one folder, read again when somebody may have changed them."""

    directory: Path
    clock: Clock
    issuer: str
    _secret: bytes = b""
    _keys: dict[str, SigningKey] = field(default_factory=dict)
    _read_at: float = float("-inf")

    def prepare(self, *, make: bool = True) -> None:
        """Read the folder; `make` the first keys if there are none. CannotRun if this fails."""
        try:
            if not make and not self.is_made:
                raise CannotRun(
                    f"there are no keys in {self.directory.resolve()}: set TBG_DATA_DIR (or "
                    "TBG_KEYS_DIR) to the same value as for the API, or run this in the folder "
                    "in which the API was started"
                )
            # Path.mkdir() would make parents that others may look into.
            for folder in (*reversed(self.directory.parents), self.directory):
                folder.mkdir(mode=0o700, exist_ok=True)
            with private_files.alone_in(self.directory):
                if not self._secret_file.exists():
                    private_files.write(self._secret_file, secrets.token_bytes(_SECRET_BYTES))
                if not any(self.directory.glob("jwt-*.pem")):
                    self._add(at=self.clock.now())
                self._require_alone()
                self._secret = self._secret_file.read_bytes()
                if why := _weakness(self._secret):
                    raise ValueError(f"the secret {why}: restore or remove it")
                self._read()
        except (OSError, ValueError) as error:
            raise CannotRun(
                f"the keys in {self.directory} cannot be read or created: {error}"
            ) from None

    def sign(self, *, user_id: int, session_id: str) -> str:
        """An access token for one session, good for `limits.ACCESS_TOKEN_AGE`."""
        now = self.clock.now()
        key = self._signing(now)
        claims = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": str(user_id),
            "sid": session_id,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + limits.ACCESS_TOKEN_AGE).timestamp()),
        }
        headers = {"kid": key.kid, "typ": _TYPE}
        return jwt.encode(claims, key.private, algorithm=_ALGORITHM, headers=headers)

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of an access token; TokenRefused unless all of it holds."""
        if len(token) > limits.TOKEN_CHARS:
            raise TokenRefused("it is too long")
        if not _is_canonical(token):
            raise TokenRefused("it is not a token")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise TokenRefused("it is not a token") from None
        if header.get("alg") != _ALGORITHM or header.get("typ") != _TYPE:
            raise TokenRefused("its algorithm or type is not supported")
        key = self._trusted(header.get("kid"))
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.private.public_key(),
                algorithms=[_ALGORITHM],
                audience=self.issuer,
                issuer=self.issuer,
                # The times are looked at below, by our own clock.
                options={
                    "require": list(_CLAIMS),
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefused(str(error)) from None
        now, leeway = self.clock.now().timestamp(), limits.CLOCK_LEEWAY.total_seconds()
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        if not all(isinstance(at, int) and not isinstance(at, bool) for at in times):
            raise TokenRefused("its times are not numbers")
        if now < claims["nbf"] - leeway or now < claims["iat"] - leeway:
            raise TokenRefused("it is not valid yet")
        if now >= claims["exp"]:
            raise TokenRefused("it has expired")
        return claims

    def published(self) -> list[dict[str, Any]]:
        """The public keys as a JWK set's `keys`, newest first."""
        self._refresh()
        keys = sorted(self._living(), key=lambda key: key.made_at, reverse=True)
        return [
            {
                **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.private.public_key())),
                "kid": key.kid,
                "use": "sig",
                "alg": _ALGORITHM,
            }
            for key in keys
        ]

    def rotate(self) -> SigningKey:
        """Add a key and forget those that nothing signed with any more; the new one."""
        with private_files.alone_in(self.directory):
            self._read()
            for key in set(self._keys) - {key.kid for key in self._living()}:
                self._keys[key].path.unlink()
            # Names contain seconds: a key made within the same second as another comes after it.
            last = max(key.made_at for key in self._keys.values())
            made = self._add(at=max(self.clock.now(), last + timedelta(seconds=1)))
        self._read()
        return self._keys[made]

    def listed(self) -> list[tuple[SigningKey, bool]]:
        """Every key and whether it is the one that signs, newest first."""
        self._read()
        signing = self._signing(self.clock.now())
        keys = sorted(self._keys.values(), key=lambda key: key.made_at, reverse=True)
        return [(key, key.kid == signing.kid) for key in keys]

    def mac(self, purpose: str, data: bytes) -> bytes:
        """A keyed digest (32 bytes); one purpose's is of no use for another's."""
        return hmac.digest(self._secret, purpose.encode() + b"\0" + data, hashlib.sha256)

    def csrf_token(self, session_id: str) -> str:
        """What our pages send with a change: only the owner of the session can know it."""
        return self.mac("csrf", session_id.encode()).hex()

    def new_api_key(self, key_id: str) -> str:
        """A key for `key_id`: `tbg_<id>_<secret>_<checksum>`, 160 random bits."""
        secret = secrets.token_hex(20)
        return f"tbg_{key_id}_{secret}_{self._checksum(key_id, secret)}"

    def owner_of(self, api_key: str) -> tuple[int, str] | None:
        """The user and the id in an API key; None for one that we did not make.

        The checksum needs our secret: a guessed key costs a digest, and no look at the database.
        """
        parts = _API_KEY.fullmatch(api_key)
        if parts is None:
            return None
        key_id, secret, checksum = parts.groups()
        if not hmac.compare_digest(self._checksum(key_id, secret), checksum):
            return None
        return int(key_id.partition("k")[0]), key_id

    def _checksum(self, key_id: str, secret: str) -> str:
        return self.mac("api-key", f"{key_id}_{secret}".encode()).hex()[:16]

    def seal(self, purpose: str, secret: bytes, plain: bytes) -> bytes:
        """Encrypt `plain` so that only holders of our secret and this `secret` can read it."""
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.mac(f"seal/{purpose}", secret)).encrypt(nonce, plain, None)

    def unseal(self, purpose: str, secret: bytes, sealed: bytes) -> bytes | None:
        """What was sealed; None if it was not sealed with these keys."""
        cipher = AESGCM(self.mac(f"seal/{purpose}", secret))
        try:
            return cipher.decrypt(sealed[:12], sealed[12:], None)
        except (InvalidTag, ValueError):  # ValueError: too short for what seal() makes
            return None

    @property
    def is_made(self) -> bool:
        """Whether somebody has prepared this folder before."""
        return self._secret_file.exists()

    @property
    def _secret_file(self) -> Path:
        return self.directory / "secret"

    def _require_alone(self) -> None:
        """CannotRun when others may read a key, or put one of theirs into the folder."""
        if self.directory.stat().st_mode & 0o022:
            raise CannotRun(f"others may change {self.directory}: run `chmod 700 {self.directory}`")
        for path in self.directory.iterdir():
            if path.stat().st_mode & 0o077:
                raise CannotRun(f"others may read {path}: run `chmod 600 {path}`")

    def _add(self, *, at: datetime) -> str:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        kid = secrets.token_hex(8)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        private_files.write(self.directory / f"jwt-{at.strftime(_STAMP)}-{kid}.pem", pem)
        return kid

    def _read(self) -> None:
        """Read the folder; a key is trusted until its successor's tokens have replaced its own."""
        self._read_at = time.monotonic()
        found = []
        for path in sorted(self.directory.glob("jwt-*.pem")):
            _, stamp, kid = path.stem.split("-")
            made_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            known = self._keys.get(kid)
            private = known.private if known else _private(path)
            found.append(SigningKey(kid, made_at, path, private))
        after = limits.KEY_SETTLES + limits.ACCESS_TOKEN_AGE + limits.CLOCK_LEEWAY
        ends = [key.made_at + after for key in found[1:]]
        self._keys = {
            key.kid: SigningKey(key.kid, key.made_at, key.path, key.private, until)
            for key, until in zip(found, [*ends, None], strict=False)
        }

    def _refresh(self, seconds: float = limits.KEYS_READ_SECONDS) -> None:
        if time.monotonic() - self._read_at >= seconds:
            self._read()

    def _living(self) -> list[SigningKey]:
        now = self.clock.now()
        return [key for key in self._keys.values() if key.until is None or now < key.until]

    def _signing(self, now: datetime) -> SigningKey:
        """The newest key that everybody has had the time to see; else the oldest there is."""
        self._refresh()
        keys = sorted(self._keys.values(), key=lambda key: key.made_at)
        settled = [key for key in keys if key.made_at + limits.KEY_SETTLES <= now]
        return settled[-1] if settled else keys[0]

    def _trusted(self, kid: object) -> SigningKey:
        for seconds in (limits.KEYS_READ_SECONDS, limits.KEYS_READ_SECONDS / 10):
            self._refresh(seconds)
            for key in self._living():
                if key.kid == kid:
                    return key
        raise TokenRefused("it is signed with an unknown key")


def _is_canonical(token: str) -> bool:
    """Whether a token is three parts of base64url, each in its only valid spelling.

    The library ignores padding, invalid characters and unused bits, so one token would have many
    spellings, and a list of refused tokens would know one.
    """
    parts = token.split(".")
    try:
        return len(parts) == 3 and all(
            base64url_encode(base64url_decode(part)) == part.encode() for part in parts
        )
    except ValueError:
        return False


def _weakness(secret: bytes) -> str | None:
    """What is wrong with a secret; None if it looks random, whoever made it.

    After a full disk or a power cut, a file may be all zeros or end in them.
    """
    if len(secret) < _SECRET_BYTES:
        return "is too short"
    parts = [secret[start : start + 8] for start in range(0, len(secret) - 7, 8)]
    if len(set(secret)) < 8 or any(len(set(part)) == 1 for part in parts):
        return "is not random"
    return None


def _private(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path.name} is not an RSA key")
    return key
