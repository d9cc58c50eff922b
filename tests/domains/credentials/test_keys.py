"""The keys of credentials: made once, rotated without harm, and never readable by others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tbg.adapters.credentials import CredentialKeys, Issuer, why_not_signed
from tbg.adapters.credentials.multibase import base58, from_base58
from tbg.adapters.credentials.triples import NotOurForm, canonical
from tbg.adapters.keys import KeyRing
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.errors import CannotRun
from tbg.domains.credentials.actions import names_of
from tbg.domains.credentials.rules import Achieved, credential

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BADGE = Achieved(
    "first_share", 'First "share"', "Line one\nline two \\ \x01", "2026-03-04T12:00:00Z"
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


def issuer_in(folder: Path, clock: FixedClock) -> Issuer:
    return Issuer("https://game.example", "Pool", CredentialKeys(folder, clock))


def plain(issuer: Issuer) -> dict[str, Any]:
    return credential(names_of(issuer), BADGE, id_="0" * 32, number=1, index=7)


def test_credentials_of_every_key_stay_valid(tmp_path: Path, clock: FixedClock) -> None:
    issuer = issuer_in(tmp_path, clock)
    made = []
    for _ in range(3):
        made.append(issuer.issue(plain(issuer), at=clock.now()))
        issuer.keys.rotate()
        clock.move(limits.KEY_SETTLES + timedelta(seconds=1))
    assert len({one.kid for one in made}) == 3
    another = issuer_in(tmp_path, clock)  # a process that starts now
    keys = another.keys.by_multikey()
    assert [why_not_signed(one.document, keys) for one in made] == [None] * 3
    published = {method["id"] for method in another.description()["verificationMethod"]}
    assert {one.document["proof"]["verificationMethod"] for one in made} < published
    assert [key.private is None for key in another.keys.all()] == [True, True, False, False]


def test_a_new_key_signs_when_every_process_has_seen_it(tmp_path: Path, clock: FixedClock) -> None:
    keys = CredentialKeys(tmp_path, clock)
    old, new = keys.signing(), keys.rotate()
    assert keys.signing().kid == old.kid
    clock.move(limits.KEY_SETTLES + timedelta(seconds=1))
    assert keys.signing().kid == new.kid


def test_only_the_owner_may_read_the_files(tmp_path: Path, clock: FixedClock) -> None:
    ring = KeyRing(tmp_path, clock, "https://game.example")
    ring.prepare()
    CredentialKeys(tmp_path, clock).all()
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    (file,) = tmp_path.glob("credentials-*.pem")
    ring.prepare()  # they do not disturb each other
    file.chmod(0o644)
    with pytest.raises(CannotRun, match="others may read"):
        ring.prepare()


def test_a_damaged_file_is_named(tmp_path: Path, clock: FixedClock) -> None:
    CredentialKeys(tmp_path, clock).all()
    (file,) = tmp_path.glob("credentials-*.pem")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CannotRun, match="restore it"):
        CredentialKeys(tmp_path, clock).all()


def changed(document: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    """The document with another value at a place."""
    name, *rest = path
    inner = changed(document[name], *rest, to=to) if rest else to
    return {**document, name: inner}


def test_every_change_is_found(tmp_path: Path, clock: FixedClock) -> None:
    issuer = issuer_in(tmp_path, clock)
    keys = issuer.keys.by_multikey()
    good = issuer.issue(plain(issuer), at=clock.now()).document
    assert why_not_signed(good, keys) is None
    value = good["proof"]["proofValue"]
    wrong = [
        changed(good, "name", to="Another"),
        changed(good, "validFrom", to="2025-03-04T12:00:00Z"),
        changed(good, "credentialSubject", "id", to="https://other.example/1"),
        changed(good, "credentialSubject", "achievement", "criteria", "narrative", to="Easy"),
        changed(good, "credentialStatus", "statusListIndex", to="8"),
        changed(good, "issuer", "id", to="https://other.example/issuer"),
        changed(good, "issuer", "name", to="Another"),
        changed(good, "proof", "created", to="2025-03-04T12:00:00Z"),
        changed(good, "proof", "proofValue", to=value[:-1] + ("2" if value[-1] != "2" else "3")),
        changed(good, "proof", "proofValue", to="zz"),
        changed(good, "evidence", to="more than was signed"),
        changed(good, "@context", to=["https://other.example/context"]),
        {**good, "proof": None},
    ]
    assert [n for n, one in enumerate(wrong) if why_not_signed(one, keys) is None] == []
    assert why_not_signed(good, {}) == "its issuer has no such key"


def test_texts_are_written_as_the_canonical_form_asks(tmp_path: Path, clock: FixedClock) -> None:
    text = canonical(plain(issuer_in(tmp_path, clock)), form="document")
    assert r'"Line one\nline two \\ \u0001"' in text
    assert r'"First \"share\""' in text
    assert text.splitlines() == sorted(set(text.splitlines()))
    with pytest.raises(NotOurForm):
        canonical({**plain(issuer_in(tmp_path, clock)), "id": "https://a b"}, form="document")


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\x01", bytes(range(64)), b"\xff" * 64])
def test_base58_can_be_read_back(data: bytes) -> None:
    assert from_base58(base58(data)) == data
