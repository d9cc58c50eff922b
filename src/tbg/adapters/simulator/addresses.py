"""Addresses of simulated miners: the first ones with real keys, the others made from hashes."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from btclib import b32, b58
from btclib.key import PrvKeyData
from btclib.script.taproot import output_pubkey
from btclib_wallet import bip322

KEYED = 1_000
"""Miners below this index have a private key and can sign; beyond it, keys would cost time."""

_KEYED_KINDS = ("p2wpkh", "p2tr", "p2pkh", "p2sh-p2wpkh")
_HASHED_KINDS = ("p2wpkh", "p2tr", "p2pkh", "p2sh", "p2wsh", "p2wpkh", "p2wpkh", "p2pkh")
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1


@dataclass(frozen=True, slots=True)
class DemoKey:
    """The key of a simulated miner; `kind` is the type of its address."""

    address: str
    kind: str
    key: PrvKeyData


def demo_key(seed: str, index: int, *, network: str = "mainnet") -> DemoKey:
    """Key and address of miner `index` (0 ≤ index < KEYED); IndexError beyond."""
    if not 0 <= index < KEYED:
        raise IndexError(f"only the first {KEYED} simulated miners have keys, not {index}")
    secret = int.from_bytes(_digest(seed, index, "key")) % (_ORDER - 1) + 1
    key = PrvKeyData(secret, network)
    kind = _KEYED_KINDS[index % len(_KEYED_KINDS)]
    if kind == "p2wpkh":
        text = b32.p2wpkh(key.pub)
    elif kind == "p2tr":
        text = b32.p2tr(output_pubkey(key.pub)[0], network)
    elif kind == "p2pkh":
        text = b58.p2pkh(key.pub)
    else:
        text = b58.p2wpkh_p2sh(key.pub)
    return DemoKey(text, kind, key)


def address(seed: str, index: int, *, network: str = "mainnet") -> str:
    """The address of miner `index`, of any of the five types in use."""
    if index < KEYED:
        return demo_key(seed, index, network=network).address
    program = _digest(seed, index, "program")
    kind = _HASHED_KINDS[index % len(_HASHED_KINDS)]
    if kind == "p2wpkh":
        return b32.address_from_witness(0, program[:20], network)
    if kind == "p2wsh":
        return b32.address_from_witness(0, program, network)
    if kind == "p2tr":
        return b32.address_from_witness(1, program, network)
    return b58.address_from_h160("p2pkh" if kind == "p2pkh" else "p2sh", program[:20], network)


def _digest(seed: str, index: int, what: str) -> bytes:
    return sha256(f"tbg simulated miner/{what}/{index}/{seed}".encode()).digest()


def sign_message(miner: DemoKey, message: str) -> str:
    """The signature that the miner's wallet would give: BIP-322, base64."""
    return bip322.sign(message.encode(), miner.key, miner.address).b64encode()
