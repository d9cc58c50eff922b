"""The keys of an installation: made once, kept to itself, and tokens that only they can make."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import example, given
from hypothesis import strategies as st

from tbg.adapters.keys import KeyRing, SigningKey, TokenRefused
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.errors import CannotRun

ISSUER = "https://game.example"
START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SESSION = "0" * 31 + "7"
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys that tests of this file leave as it is."""
    folder = tmp_path_factory.mktemp("keys")
    KeyRing(folder, FixedClock(START - timedelta(days=1)), ISSUER).prepare()
    return folder


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def ring(made: Path, clock: FixedClock) -> KeyRing:
    ring = KeyRing(made, clock, ISSUER)
    ring.prepare()
    return ring


def only_key(ring: KeyRing) -> SigningKey:
    ((key, _),) = ring.listed()
    return key


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}


# --- the folder -------------------------------------------------------------------------------


def test_the_first_start_makes_keys_that_only_we_may_read(
    tmp_path: Path, clock: FixedClock
) -> None:
    folder = tmp_path / "data" / "keys"
    KeyRing(folder, clock, ISSUER).prepare()
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    found = modes(folder)
    assert found.pop("keys") == 0o700
    assert set(found.values()) == {0o600}
    assert "secret" in found
    assert len([name for name in found if name.startswith("jwt-")]) == 1
    assert not [name for name in found if name.endswith(".new")]
    assert len((folder / "secret").read_bytes()) == 32


def test_the_next_start_uses_the_keys_that_are_there(ring: KeyRing, made: Path) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    KeyRing(made, FixedClock(START), ISSUER).prepare()
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
@pytest.mark.parametrize("which", ["secret", "jwt-*.pem"])
def test_a_key_that_others_can_access_is_refused_with_the_remedy(
    tmp_path: Path, clock: FixedClock, which: str, mode: int
) -> None:
    folder = tmp_path / "keys"
    KeyRing(folder, clock, ISSUER).prepare()
    (path,) = folder.glob(which)
    path.chmod(mode)
    with pytest.raises(CannotRun, match=f"chmod 600 {path}"):
        KeyRing(folder, clock, ISSUER).prepare()
    path.chmod(0o600)
    KeyRing(folder, clock, ISSUER).prepare()


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        b"short",
        bytes(32),
        bytes(4096),
        b"\xff" * 32,
        b"changeme" * 4,
        b"\x00\x01" * 16,
        secrets.token_bytes(24) + bytes(8),
        bytes(8) + secrets.token_bytes(24),
        secrets.token_bytes(32) + bytes(4064),
    ],
    ids=["empty", "short", "zeros", "block", "ones", "word", "two", "tail", "head", "page"],
)
def test_a_secret_that_is_not_random_is_refused_with_the_remedy(
    tmp_path: Path, clock: FixedClock, secret: bytes
) -> None:
    """A disk that was full, or a power cut, leaves zeros where a secret was written."""
    folder = tmp_path / "keys"
    KeyRing(folder, clock, ISSUER).prepare()
    (folder / "secret").write_bytes(secret)
    with pytest.raises(CannotRun, match=r"the secret is .*: restore or remove it"):
        KeyRing(folder, clock, ISSUER).prepare()


@pytest.mark.parametrize(
    "secret", [secrets.token_bytes(32), secrets.token_hex(32).encode()], ids=["bytes", "hex"]
)
def test_a_secret_of_another_s_making_is_as_good(
    tmp_path: Path, clock: FixedClock, secret: bytes
) -> None:
    folder = tmp_path / "keys"
    KeyRing(folder, clock, ISSUER).prepare()
    (folder / "secret").write_bytes(secret + b"\n")
    KeyRing(folder, clock, ISSUER).prepare()


def test_a_folder_that_others_can_change_is_refused_with_the_remedy(
    tmp_path: Path, clock: FixedClock
) -> None:
    folder = tmp_path / "keys"
    KeyRing(folder, clock, ISSUER).prepare()
    folder.chmod(0o777)
    with pytest.raises(CannotRun, match=f"chmod 700 {folder}"):
        KeyRing(folder, clock, ISSUER).prepare()


def test_an_invalid_key_file_is_named(tmp_path: Path, clock: FixedClock) -> None:
    folder = tmp_path / "keys"
    KeyRing(folder, clock, ISSUER).prepare()
    (pem,) = folder.glob("jwt-*.pem")
    pem.write_text("not a key")
    with pytest.raises(CannotRun, match=str(folder)):
        KeyRing(folder, clock, ISSUER).prepare()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRun, match=str(tmp_path / "file" / "keys")):
        KeyRing(tmp_path / "file" / "keys", clock, ISSUER).prepare()


_PREPARE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tbg.adapters.keys import KeyRing
from tbg.core.clock import FixedClock
ring = KeyRing(Path(sys.argv[1]), FixedClock(datetime(2026, 3, 4, 12, tzinfo=UTC)), "us")
sys.stdin.readline()
ring.prepare()
print(ring.mac("x", b"").hex(), *(key["kid"] for key in ring.published()))
"""


def test_processes_that_prepare_an_empty_folder_at_once_agree(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _PREPARE, str(tmp_path / "keys")]
    running = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 3
    assert len(said) == 1
    assert len(said.pop().split()) == 2  # one secret, one key


# --- tokens -----------------------------------------------------------------------------------


def test_a_token_names_user_and_session(ring: KeyRing) -> None:
    token = ring.sign(user_id=42, session_id=SESSION)
    assert jwt.get_unverified_header(token) == {
        "alg": "RS256", "typ": "at+jwt", "kid": only_key(ring).kid,
    }  # fmt: skip
    now = int(START.timestamp())
    assert ring.verify(token) == {
        "iss": ISSUER, "aud": ISSUER, "sub": "42", "sid": SESSION, "iat": now, "nbf": now,
        "exp": now + 900,
    }  # fmt: skip


def test_a_token_holds_until_its_end_and_no_moment_longer(ring: KeyRing, clock: FixedClock) -> None:
    token = ring.sign(user_id=42, session_id=SESSION)
    clock.move(limits.ACCESS_TOKEN_AGE - SECOND)
    assert ring.verify(token)["sub"] == "42"
    clock.move(SECOND)
    with pytest.raises(TokenRefused, match="has expired"):
        ring.verify(token)


def test_a_token_from_a_slightly_fast_clock_is_valid(ring: KeyRing, clock: FixedClock) -> None:
    token = ring.sign(user_id=42, session_id=SESSION)
    clock.move(-limits.CLOCK_LEEWAY)
    assert ring.verify(token)["sub"] == "42"
    clock.move(-SECOND)
    with pytest.raises(TokenRefused, match="not valid yet"):
        ring.verify(token)


def test_a_token_of_another_installation_is_refused(
    ring: KeyRing, made: Path, tmp_path: Path, clock: FixedClock
) -> None:
    elsewhere = KeyRing(made, clock, "https://other.example")  # the same keys, another address
    elsewhere.prepare()
    with pytest.raises(TokenRefused):
        ring.verify(elsewhere.sign(user_id=42, session_id=SESSION))
    stranger = KeyRing(tmp_path / "keys", clock, ISSUER)  # the same address, other keys
    stranger.prepare()
    with pytest.raises(TokenRefused, match="unknown key"):
        ring.verify(stranger.sign(user_id=42, session_id=SESSION))


def claims(**change: Any) -> dict[str, Any]:
    """What a good token says, with a change; None leaves a claim out."""
    now = int(START.timestamp())
    good = {
        "iss": ISSUER, "aud": ISSUER, "sub": "42", "sid": SESSION, "iat": now, "nbf": now,
        "exp": now + 900,
    }  # fmt: skip
    return {name: value for name, value in (good | change).items() if value is not None}


def segment(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(ring: KeyRing, *, payload: object = None, **header: Any) -> str:
    """A token signed by our own key, so that only its content can be wrong."""
    key = only_key(ring)
    full = {"alg": "RS256", "typ": "at+jwt", "kid": key.kid} | header
    told = {name: value for name, value in full.items() if value is not ...}
    signed = f"{segment(told)}.{segment(claims() if payload is None else payload)}"
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    return f"{signed}.{segment(algorithm.sign(signed.encode(), key.private))}"


def test_unforged_tokens_of_this_test_are_valid(ring: KeyRing) -> None:
    assert ring.verify(forged(ring)) == claims()


NOON = int(START.timestamp())
WRONG_CLAIMS: list[Any] = [
    *({name: None} for name in ("iss", "aud", "sub", "sid", "iat", "nbf", "exp")),
    {"iss": "https://evil.example"}, {"iss": [ISSUER]}, {"iss": ISSUER + "/"},
    {"aud": "https://evil.example"}, {"aud": []}, {"aud": [["x"]]}, {"aud": {"x": ISSUER}},
    {"sub": 42}, {"exp": NOON}, {"exp": NOON - 1}, {"nbf": NOON + 6}, {"iat": NOON + 6},
    *({name: bad} for name in ("iat", "nbf", "exp")
      for bad in (str(NOON), NOON + 0.5, True, [NOON], {"x": 1}, float("nan"), float("inf"))),
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG_CLAIMS, ids=str)
def test_a_token_with_a_wrong_claim_is_refused(ring: KeyRing, change: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        ring.verify(forged(ring, payload=claims(**change)))


@pytest.mark.parametrize("payload", [[], 7, "text", b"\xff", b"", b"[" * 2000, {}], ids=repr)
def test_a_token_with_an_invalid_payload_is_refused(ring: KeyRing, payload: object) -> None:
    with pytest.raises(TokenRefused):
        ring.verify(forged(ring, payload=payload))


@pytest.mark.parametrize(
    "header",
    [{"typ": "JWT"}, {"typ": ...}, {"typ": "AT+JWT"}, {"typ": None}, {"typ": ["at+jwt"]},
     {"alg": "RS384"}, {"alg": "RS512"}, {"alg": "PS256"}, {"alg": "ES256"}, {"alg": "none"},
     {"alg": "None"}, {"alg": "rs256"}, {"alg": ...}, {"alg": None}, {"alg": ["RS256"]},
     {"kid": ...}, {"kid": ""}, {"kid": "0" * 16}, {"kid": None}, {"kid": 7}, {"kid": ["x"]},
     {"kid": {"x": 1}}, {"kid": "../secret"}, {"kid": "/etc/passwd"}, {"kid": "*"},
     {"kid": "x\0y"}, {"kid": "' OR 1=1 --"}, {"crit": ["exp"]}, {"crit": []},
     {"b64": False, "crit": ["b64"]}],
    ids=str,
)  # fmt: skip
def test_a_token_with_a_wrong_header_is_refused(ring: KeyRing, header: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        ring.verify(forged(ring, **header))


def test_an_unsigned_token_is_refused(ring: KeyRing) -> None:
    good = ring.sign(user_id=42, session_id=SESSION)
    header, payload, signature = good.split(".")
    for alg in ("none", "None", "nOnE", ""):
        bare = segment({"alg": alg, "typ": "at+jwt", "kid": only_key(ring).kid})
        for last in ("", signature):
            with pytest.raises(TokenRefused):
                ring.verify(f"{bare}.{payload}.{last}")
    for token in (
        f"{header}.{payload}.", f"{header}.{payload}", f"{header}..{signature}", f"{good}.", "..",
        f"{header}.{segment(claims(sub='1'))}.{signature}", f"{good}x", f" {good}", f"{good}\n",
        good.replace(".", ".\n", 1), f"{header}.{payload}.{signature[:-8]}",
    ):  # fmt: skip
        with pytest.raises(TokenRefused):
            ring.verify(token)


@pytest.mark.parametrize("alg", ["HS256", "RS256"])
def test_the_public_key_cannot_sign_as_a_shared_secret(ring: KeyRing, alg: str) -> None:
    key = only_key(ring)
    public = key.private.public_key()
    for encoding, form in (
        (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
        (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    ):
        secret = public.public_bytes(encoding, form)
        signed = f"{segment({'alg': alg, 'typ': 'at+jwt', 'kid': key.kid})}.{segment(claims())}"
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        with pytest.raises(TokenRefused):
            ring.verify(f"{signed}.{segment(mac)}")


def test_a_key_that_a_token_brings_along_is_not_looked_at(ring: KeyRing) -> None:
    evil = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(evil.public_key()))
    for kid in (only_key(ring).kid, "evil"):
        headers = {
            "typ": "at+jwt", "kid": kid, "jwk": jwk | {"kid": kid},
            "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/key.pem",
        }  # fmt: skip
        token = jwt.encode(claims(), evil, algorithm="RS256", headers=headers)
        with pytest.raises(TokenRefused):
            ring.verify(token)
    # Nor does it hurt a good one.
    assert ring.verify(forged(ring, jwk={"kty": "RSA"}, jku="https://evil.example"))["sub"] == "42"


LAST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize(
    "spelt",
    [
        pytest.param(lambda t: t + "=", id="padding"),
        pytest.param(lambda t: t + "==", id="more padding"),
        pytest.param(lambda t: t + "!", id="a sign that is no letter"),
        pytest.param(lambda t: t + "\n", id="a line break"),
        pytest.param(lambda t: t[:-9] + "*" + t[-9:], id="one in its midst"),
        pytest.param(lambda t: t[:-1] + LAST[LAST.index(t[-1]) + 1], id="bits that say nothing"),
        pytest.param(lambda t: t.replace("-", "+").replace("_", "/"), id="the other alphabet"),
    ],
)
def test_a_token_is_spelt_in_one_way(ring: KeyRing, spelt: Callable[[str], str]) -> None:
    other = good = ring.sign(user_id=7, session_id=SESSION)
    while other == good:  # not every signature has a letter that differs between the alphabets
        good = ring.sign(user_id=7, session_id=secrets.token_hex(16))
        other = spelt(good)
    assert ring.verify(good)
    with pytest.raises(TokenRefused):
        ring.verify(other)


def test_a_huge_token_is_not_even_read(ring: KeyRing) -> None:
    long = forged(ring, payload=claims(more="x" * limits.TOKEN_CHARS))
    with pytest.raises(TokenRefused, match="too long"):
        ring.verify(long)
    assert len(ring.sign(user_id=10**18, session_id=SESSION)) < limits.TOKEN_CHARS / 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "jku", "cty", "zip", "x"])
PARTS = st.one_of(
    JSON.map(segment),
    st.dictionaries(NAMES, JSON | st.sampled_from(["RS256", "at+jwt", "none"])).map(segment),
    st.binary(max_size=40).map(segment),
    st.text(st.characters(exclude_categories=()), max_size=30),
)


@given(
    token=st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=200),
        st.lists(PARTS, max_size=5).map(".".join),
    )
)
@example(token="\udc80.e30.AA")
@example(token=f"{segment(b'[' * 3000)}.e30.AA")
@example(token=f"{segment(b'1' * 3000)}.e30.AA")
def test_whatever_is_given_for_a_token_the_answer_is_a_refusal(made: Path, token: str) -> None:
    with pytest.raises(TokenRefused):
        _ring_of(made).verify(token)


@given(claim=st.sampled_from(sorted(claims())), value=JSON, header=NAMES, told=JSON)
def test_whatever_our_key_signed_is_refused_or_has_its_claims(
    made: Path, claim: str, value: Any, header: str, told: Any
) -> None:
    ring = _ring_of(made)
    for token in (
        forged(ring, payload=claims() | {claim: value}),
        forged(ring, **{header: told}),
    ):
        try:
            found = ring.verify(token)
        except TokenRefused:
            continue
        assert isinstance(found["sub"], str)
        assert all(type(found[name]) is int for name in ("iat", "nbf", "exp"))


@lru_cache
def _ring_of(folder: Path) -> KeyRing:
    ring = KeyRing(folder, FixedClock(START), ISSUER)
    ring.prepare()
    return ring


# --- rotation ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, clock: FixedClock) -> Path:
    """A folder of the test's own, whose one key is a day old."""
    KeyRing(tmp_path / "keys", FixedClock(START - timedelta(days=1)), ISSUER).prepare()
    return tmp_path / "keys"


def another(folder: Path, clock: FixedClock) -> KeyRing:
    """The keys as another process sees them that starts now."""
    ring = KeyRing(folder, clock, ISSUER)
    ring.prepare()
    return ring


def kids(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in ring.published()]


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_new_key_is_published_at_once_and_signs_once_all_have_seen_it(
    folder: Path, clock: FixedClock
) -> None:
    ring = another(folder, clock)
    (old,) = kids(ring)
    new = ring.rotate().kid
    assert kids(ring) == [new, old]
    clock.move(limits.KEY_SETTLES - SECOND)
    assert kid_of(ring.sign(user_id=1, session_id=SESSION)) == old
    assert [(key.kid, signs) for key, signs in ring.listed()] == [(new, False), (old, True)]
    clock.move(SECOND)
    assert kid_of(ring.sign(user_id=1, session_id=SESSION)) == new
    assert [(key.kid, signs) for key, signs in ring.listed()] == [(new, True), (old, False)]
    assert modes(folder)[f"jwt-20260304T120000Z-{new}.pem"] == 0o600


def test_the_very_first_key_signs_at_once(tmp_path: Path, clock: FixedClock) -> None:
    ring = another(tmp_path / "keys", clock)
    assert ring.verify(ring.sign(user_id=1, session_id=SESSION))["sub"] == "1"


def test_an_old_key_is_trusted_until_its_last_token_has_run_out(
    folder: Path, clock: FixedClock
) -> None:
    ring = another(folder, clock)
    (old,) = kids(ring)
    new = ring.rotate().kid
    clock.move(limits.KEY_SETTLES - SECOND)
    last = ring.sign(user_id=1, session_id=SESSION)
    assert kid_of(last) == old
    clock.move(limits.ACCESS_TOKEN_AGE - SECOND)
    assert ring.verify(last)["sub"] == "1"
    assert old in kids(ring)
    # Rotating while it is still of use keeps it.
    ring.rotate()
    assert old in kids(ring)
    assert len(list(folder.glob("jwt-*.pem"))) == 3
    clock.move(2 * SECOND + limits.CLOCK_LEEWAY)
    assert old not in kids(ring)
    with pytest.raises(TokenRefused, match="unknown key"):
        ring.verify(last)
    assert len(list(folder.glob(f"jwt-*-{old}.pem"))) == 1
    ring.rotate()
    assert not list(folder.glob(f"jwt-*-{old}.pem"))
    assert len(list(folder.glob(f"jwt-*-{new}.pem"))) == 1


def test_a_rotation_is_seen_by_a_process_that_runs_already(folder: Path, clock: FixedClock) -> None:
    first, second = another(folder, clock), another(folder, clock)
    new = first.rotate().kid
    # What it read less than a while ago it does not read again…
    assert new not in kids(second)
    # …but ten seconds later it has; long before the new key signs anything.
    second._read_at -= limits.KEYS_READ_SECONDS
    assert kids(second) == kids(first)
    clock.move(limits.KEY_SETTLES)
    token = first.sign(user_id=1, session_id=SESSION)
    assert kid_of(token) == new
    assert second.verify(token)["sub"] == "1"
    assert kid_of(second.sign(user_id=1, session_id=SESSION)) == new


def test_a_key_not_seen_yet_is_looked_for_before_its_token_is_refused(
    folder: Path, clock: FixedClock
) -> None:
    first, second = another(folder, clock), another(folder, clock)
    first.rotate()
    clock.move(limits.KEY_SETTLES)
    second._read_at -= limits.KEYS_READ_SECONDS / 10
    assert second.verify(first.sign(user_id=1, session_id=SESSION))["sub"] == "1"


def test_rotations_at_one_moment_leave_a_ring_that_works(folder: Path, clock: FixedClock) -> None:
    ring = another(folder, clock)
    for _ in range(3):
        ring.rotate()
    other = another(folder, clock)
    for _ in range(40):
        token = ring.sign(user_id=1, session_id=SESSION)
        assert ring.verify(token)["sub"] == "1"
        assert other.verify(token)["sub"] == "1"
        assert kid_of(other.sign(user_id=1, session_id=SESSION)) == kid_of(token)
        clock.move(timedelta(minutes=1))
    assert len(kids(ring)) == 1


def test_of_two_keys_made_in_one_second_the_older_one_signs(tmp_path: Path) -> None:
    for number in range(6):  # by chance it would be right in half of them
        ring = another(tmp_path / str(number), FixedClock(START))
        (old,) = kids(ring)
        new = ring.rotate().kid
        assert kids(ring) == [new, old]
        assert kid_of(ring.sign(user_id=1, session_id=SESSION)) == old


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_is_the_folder_owner_s(tmp_path: Path, clock: FixedClock) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    os.chown(folder, 4711, 4712)
    another(folder, clock).rotate()
    names = {path.name.partition("-")[0] for path in folder.iterdir()}
    assert names == {"secret", "jwt", "lock"}
    for path in folder.iterdir():
        told = path.stat()
        assert (told.st_uid, told.st_gid, told.st_mode & 0o777) == (4711, 4712, 0o600)


# --- API keys, and what is sealed -------------------------------------------------------------


def test_an_api_key_names_its_owner(ring: KeyRing) -> None:
    key = ring.new_api_key("42k0123abcd")
    assert ring.owner_of(key) == (42, "42k0123abcd")
    assert key.startswith("tbg_42k0123abcd_")
    assert ring.new_api_key("42k0123abcd") != key


def test_an_api_key_with_any_character_changed_is_refused(ring: KeyRing) -> None:
    key = ring.new_api_key("42k0123abcd")
    for at, there in enumerate(key):
        for other in "0f_k":
            if other != there:
                assert ring.owner_of(key[:at] + other + key[at + 1 :]) is None, at
        assert ring.owner_of(key[:at]) is None
    for odd in ("", f"{key}0", f" {key}", f"{key}\n", key.upper(), key.replace("42k", "042k", 1)):
        assert ring.owner_of(odd) is None, odd


def test_an_api_key_of_another_installation_is_refused(
    ring: KeyRing, tmp_path: Path, clock: FixedClock
) -> None:
    other = another(tmp_path / "keys", clock)
    assert ring.owner_of(other.new_api_key("42k0123abcd")) is None


@given(key=st.text(max_size=120) | st.from_regex(r"tbg_[0-9]+k[0-9a-f]{8}_[0-9a-f]{40}_[0-9a-f]+"))
def test_a_guessed_api_key_is_refused(made: Path, key: str) -> None:
    assert _ring_of(made).owner_of(key) is None


def test_sealed_data_opens_only_with_its_purpose_and_secret(
    ring: KeyRing, tmp_path: Path, clock: FixedClock
) -> None:
    sealed = ring.seal("letters", b"secret", b"the words")
    assert b"the words" not in sealed
    assert ring.seal("letters", b"secret", b"the words") != sealed
    assert ring.unseal("letters", b"secret", sealed) == b"the words"
    assert ring.unseal("letters", b"other", sealed) is None
    assert ring.unseal("others", b"secret", sealed) is None
    assert another(tmp_path / "keys", clock).unseal("letters", b"secret", sealed) is None
    for at in range(len(sealed)):
        bent = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert ring.unseal("letters", b"secret", bent) is None
    for length in range(len(sealed)):
        assert ring.unseal("letters", b"secret", sealed[:length]) is None


def test_a_csrf_token_belongs_to_one_session(ring: KeyRing) -> None:
    assert ring.csrf_token(SESSION) == ring.csrf_token(SESSION)
    assert ring.csrf_token(SESSION) != ring.csrf_token("1" + SESSION[1:])
    assert ring.csrf_token(SESSION) != ring.mac("api-key", SESSION.encode()).hex()


@pytest.mark.parametrize("name", ["lock", ".secret.new"])
def test_a_link_in_the_folder_is_never_followed(
    tmp_path: Path, clock: FixedClock, name: str
) -> None:
    """Root would give the file it names to the folder's owner."""
    folder, other = tmp_path / "keys", tmp_path / "other"
    folder.mkdir(mode=0o700)
    other.write_text("not ours")
    (folder / name).symlink_to(other)
    ring = KeyRing(folder, clock, ISSUER)
    if name == "lock":
        with pytest.raises(CannotRun, match="lock is a link: remove it"):
            ring.prepare()
    else:
        ring.prepare()
        assert not (folder / name).exists()
    assert other.read_text() == "not ours"
