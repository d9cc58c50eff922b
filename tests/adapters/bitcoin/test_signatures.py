from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from btclib.ecc import bms
from btclib_wallet import bip322

from tbg.adapters.bitcoin.signatures import SIGNATURE_CHARS, SignatureRefused, prove
from tbg.adapters.simulator.addresses import DemoKey, demo_key
from tests.adapters.bitcoin import mutations, second

VECTORS = Path(__file__).parents[2] / "fixtures" / "bip322"
MESSAGE = "pool.example wants you to sign in.\n\nNonce: ä 1"
KEYS = [demo_key("signatures", index) for index in range(4)]


def vectors(*kinds: str) -> list[Any]:
    found = []
    for name in ("basic", "generated"):
        for kind, cases in json.loads((VECTORS / f"{name}.json").read_text("utf-8")).items():
            if kind in kinds:
                found += [
                    pytest.param(case, id=f"{name}-{kind}-{i}") for i, case in enumerate(cases)
                ]
    return found


def compact(demo: DemoKey, *, flag: int | None = None) -> str:
    data = bytearray(
        base64.b64decode(bms.sign(MESSAGE.encode(), demo.key, demo.address).b64encode())
    )
    if flag is not None:
        data[0] = flag + (data[0] - 27) % 4
    return base64.b64encode(bytes(data)).decode()


@pytest.mark.parametrize("case", vectors("simple"))
def test_official_simple_signatures_prove(case: dict[str, Any]) -> None:
    for signature in case["bip322_signatures"]:
        prove(case["address"], case["message"], signature)
        prove(case["address"], case["message"], f"  {signature.removeprefix('smp')}\n")


@pytest.mark.parametrize("case", vectors("full"))
def test_official_full_signatures_hold_and_their_locks_are_seen(case: dict[str, Any]) -> None:
    for signature in case["bip322_signatures"]:
        prove(case["address"], case["message"], signature, timelocked=True)
        with pytest.raises(SignatureRefused, match="only from some time on"):
            prove(case["address"], case["message"], signature)


@pytest.mark.parametrize("case", vectors("proof_of_funds"))
def test_proofs_of_funds_are_refused(case: dict[str, Any]) -> None:
    for signature in case["bip322_signatures"]:
        with pytest.raises(SignatureRefused, match="proofs of funds"):
            prove(case["address"], case["message"], signature, timelocked=True)


@pytest.mark.parametrize("case", vectors("error"))
def test_official_bad_signatures_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(SignatureRefused):
        prove(case["address"], case["message"], case["signature"], timelocked=True)


@pytest.mark.parametrize("demo", KEYS, ids=lambda demo: demo.kind)
def test_bip322_of_every_single_key_type(demo: DemoKey) -> None:
    signature = bip322.sign(MESSAGE.encode(), demo.key, demo.address).b64encode()
    prove(demo.address, MESSAGE, signature)
    second.verify(demo.address, MESSAGE, signature)
    with pytest.raises(SignatureRefused, match="not by this address over this message"):
        prove(demo.address, MESSAGE + " ", signature)
    other = demo_key("somebody else", KEYS.index(demo))
    with pytest.raises(SignatureRefused, match="not by this address over this message"):
        prove(other.address, MESSAGE, signature)
    with pytest.raises(second.Refused):
        second.verify(other.address, MESSAGE, signature)


# The flag that BIP-137 gives a type, and Electrum's, which is P2PKH's for all of them.
@pytest.mark.parametrize("flag", range(27, 43, 4))
@pytest.mark.parametrize("demo", KEYS, ids=lambda demo: demo.kind)
def test_bip137_flags(demo: DemoKey, flag: int) -> None:
    if demo.kind == "p2tr":
        with pytest.raises(SignatureRefused):
            prove(demo.address, MESSAGE, compact(KEYS[0], flag=flag))
        return
    own = {"p2pkh": {31}, "p2sh-p2wpkh": {31, 35}, "p2wpkh": {31, 39}}[demo.kind]
    signature = compact(demo, flag=flag)
    if flag in own:
        prove(demo.address, MESSAGE, signature)
        second.verify(demo.address, MESSAGE, signature)
    else:
        with pytest.raises(SignatureRefused):
            prove(demo.address, MESSAGE, signature)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        " \n",
        "x" * (SIGNATURE_CHARS + 1),
        "A" * SIGNATURE_CHARS,
        "smp",
        "ful",
        "pof",
        "smpAA==",
        "ä" * 88,
        base64.b64encode(bytes(64)).decode(),
        base64.b64encode(bytes(65)).decode(),
        base64.b64encode(b"\x1f" + b"\xff" * 64).decode(),
        base64.b64encode(b"\xfe" + b"\xff" * 90).decode(),
    ],
)
@pytest.mark.parametrize("demo", KEYS, ids=lambda demo: demo.kind)
def test_what_is_no_signature_is_refused_by_name(demo: DemoKey, signature: str) -> None:
    with pytest.raises(SignatureRefused):
        prove(demo.address, MESSAGE, signature)


def test_no_damaged_signature_passes_that_a_second_verifier_refuses() -> None:
    accepted, wrong = mutations.run(20_000, seed=1)
    assert not wrong
    assert accepted  # some damage is none: a flag for its twin, a prefix left out
