from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from btclib.ecc import bms

from tbg.adapters.bitcoin import normalise
from tbg.adapters.bitcoin.signatures import SIGNATURE_CHARS, SignatureRefused, prove
from tbg.adapters.simulator.addresses import DemoKey, demo_key
from tests.adapters.bitcoin import mutations, second
from tests.wallets import KINDS, signatures, wallet

FIXTURES = Path(__file__).parents[2] / "fixtures"
VECTORS = FIXTURES / "bip322"
OF_WALLETS = FIXTURES / "bip137" / "wallets.json"
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
        with pytest.raises(SignatureRefused, match="only from a later time"):
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


@pytest.mark.parametrize("network", mutations.NETWORKS)
@pytest.mark.parametrize("index", range(len(KINDS)), ids=KINDS)
def test_every_form_of_signature_of_every_kind_of_address(index: int, network: str) -> None:
    """BIP-322 simple and full, with its prefix and without, and BIP-137."""
    mine = wallet("signatures", index, network=network)
    other = wallet("somebody else", index, network=network)
    made = list(signatures(mine, MESSAGE))
    assert (
        len(made) == {"p2wpkh": 5, "p2pkh": 3, "p2sh-p2wpkh": 3, "p2tr": 4, "p2wsh": 4}[mine.kind]
    )
    for signature in made:
        prove(mine.address, MESSAGE, signature)
        second.verify(mine.address, MESSAGE, signature)
        for address, message in ((mine.address, MESSAGE + " "), (other.address, MESSAGE)):
            with pytest.raises(
                SignatureRefused, match="did not make this signature of this message"
            ):
                prove(address, message, signature)
            with pytest.raises(second.Refused):
                second.verify(address, message, signature)


@pytest.mark.parametrize("network", ["testnet", "signet"])
@pytest.mark.parametrize("index", range(len(KINDS)), ids=KINDS)
def test_testnet_and_signet_have_the_same_addresses_and_signatures(
    index: int, network: str
) -> None:
    """Of one key: only the message says which of the two is meant."""
    one, other = [wallet("both", index, network=name) for name in ("testnet", "signet")]
    assert one.address == other.address
    assert normalise(one.address, network) == one.address
    for signature in signatures(one, f"{MESSAGE} {network}"):
        prove(other.address, f"{MESSAGE} {network}", signature)


def wallets_own(verdict: str) -> list[Any]:
    """Signatures of BIP-137 that other software made, or refuses; each says where it is from."""
    cases = json.loads(OF_WALLETS.read_text("utf-8"))[verdict]
    return [pytest.param(case, id=f"{case['address']}-{i}") for i, case in enumerate(cases)]


@pytest.mark.parametrize("case", wallets_own("valid"))
def test_signatures_that_wallets_made_prove(case: dict[str, Any]) -> None:
    prove(case["address"], case["message"], case["signature"])
    second.verify(case["address"], case["message"], case["signature"])


@pytest.mark.parametrize("case", wallets_own("invalid"))
def test_signatures_that_wallets_refuse_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(SignatureRefused):
        prove(case["address"], case["message"], case["signature"])


def test_what_wallets_made_has_every_flag_there_is() -> None:
    """But those of a key whose x is beyond the order of the curve, which nobody has found."""
    flags: dict[str, set[int]] = {}
    for case in json.loads(OF_WALLETS.read_text("utf-8"))["valid"]:
        kind = case["kind"].partition(",")[0]
        flags.setdefault(kind, set()).add(base64.b64decode(case["signature"])[0])
    assert flags == {
        "p2pkh": {27, 28, 31, 32}, "p2sh-p2wpkh": {31, 35, 36}, "p2wpkh": {31, 32, 39, 40},
    }  # fmt: skip


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
def test_malformed_signatures_are_refused_by_name(demo: DemoKey, signature: str) -> None:
    with pytest.raises(SignatureRefused):
        prove(demo.address, MESSAGE, signature)


def test_no_damaged_signature_passes_that_a_second_verifier_refuses() -> None:
    accepted, wrong = mutations.run(20_000, seed=1)
    assert not wrong
    assert accepted  # some damage is none: a flag for its twin, a prefix left out
