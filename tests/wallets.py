"""Wallets for tests: an address of each kind, and every signature that its keys can make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from btclib import b32
from btclib.ecc import bms
from btclib.key import PrvKeyData
from btclib.script import serialize
from btclib.script.script_pub_key import ScriptPubKey
from btclib.script.sig_hash import ALL, from_tx
from btclib.script.witness import Witness
from btclib_wallet import bip322
from ecc.ecc import dsa

from tbg.adapters.simulator import demo_key

KINDS = ("p2wpkh", "p2tr", "p2pkh", "p2sh-p2wpkh", "p2wsh")


@dataclass(frozen=True, slots=True)
class Wallet:
    """One key, or the two of two that sign for an address of P2WSH; `script` is theirs."""

    kind: str
    address: str
    keys: tuple[PrvKeyData, ...]
    script: bytes = b""


def wallet(seed: str, index: int, *, network: str = "mainnet") -> Wallet:
    """Wallet `index` of a seed; five in a row are of each kind."""
    kind = KINDS[index % len(KINDS)]
    if kind != "p2wsh":
        demo = demo_key(seed, index // len(KINDS) * 4 + KINDS.index(kind), network=network)
        assert demo.kind == kind
        return Wallet(kind, demo.address, (demo.key,))
    keys = tuple(demo_key(f"{seed} of two", 2 * index + n, network=network).key for n in (0, 1))
    script = serialize(["OP_2", *(key.pub.sec for key in keys), "OP_2", "OP_CHECKMULTISIG"])
    return Wallet(kind, b32.p2wsh(script, network), keys, script)


def signatures(wallet: Wallet, message: str) -> Iterator[str]:
    """Every signature of a message that wallets make: BIP-322 in each form, then BIP-137."""
    signed = _bip322(wallet, message)
    forms = [signed]
    if isinstance(signed.payload, Witness):  # what is simple can be told in full, too
        spend = bip322.to_spend(message.encode(), ScriptPubKey.from_address(wallet.address).script)
        forms.append(bip322.Sig(bip322.to_sign(spend, witness=signed.payload)))
    for form in forms:
        text = form.b64encode()
        yield text
        yield text[3:]  # as wallets older than the prefixes give it
    if wallet.kind in ("p2pkh", "p2sh-p2wpkh", "p2wpkh"):
        yield bms.sign(message.encode(), wallet.keys[0], wallet.address).b64encode()


def _bip322(wallet: Wallet, message: str) -> bip322.Sig:
    if wallet.kind != "p2wsh":
        return bip322.sign(message.encode(), wallet.keys[0], wallet.address)
    spend = bip322.to_spend(message.encode(), ScriptPubKey.from_address(wallet.address).script)
    tx = bip322.to_sign(spend, witness=Witness([wallet.script]))
    digest = from_tx(spend.vout, tx, 0, ALL)
    by_both = [dsa.sign_(digest, key.q).serialize() + bytes([ALL]) for key in wallet.keys]
    return bip322.Sig(Witness([b"", *by_both, wallet.script]))
