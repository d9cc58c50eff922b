"""Signed messages: whether a signature proves that its maker holds an address.

Two ways are in use, and wallets differ in which they offer for an address: BIP-137 (65 bytes
from which the key is recovered; P2PKH and, with its own or Electrum's flags, P2SH-P2WPKH and
P2WPKH) and BIP-322 (whatever would spend from the address; every type).
"""

from __future__ import annotations

import base64
import binascii

from btclib.ecc import bms
from btclib.exceptions import BTClibRuntimeError, BTClibTypeError, BTClibValueError
from btclib.tx import Tx
from btclib_wallet import bip322
from ecc.exceptions import EccRuntimeError

from tbg.adapters.bitcoin.addresses import has_key

SIGNATURE_CHARS = 12_000
"""Longest signature that is looked at; a full one of 15 keys in P2WSH has about 3,000."""

_COMPACT_BYTES = 65
_PREFIXES = (bip322.SIMPLE, bip322.FULL, bip322.PROOF_OF_FUNDS)
# What the library raises for an invalid signature: anything else is a defect.
_DOES_NOT_HOLD = (ValueError, BTClibTypeError, BTClibRuntimeError, EccRuntimeError)

_FINAL = 0xFFFFFFFF
_LOCK_DISABLED = 1 << 31  # of BIP 68: such a sequence is no relative time lock


class SignatureRefused(ValueError):
    """The signature does not prove the address; the message explains why."""


def prove(address: str, message: str, signature: str, *, timelocked: bool = False) -> None:
    """Return if `address` made `signature` (as wallets give it) over `message`.

    `address` comes from `normalise`. Proofs of funds are refused, and so are signatures that are
    valid only from a later time, unless `timelocked`: whether they are valid *now* depends on the
    chain. SignatureRefused otherwise.
    """
    text = signature.strip()
    if not text:
        raise SignatureRefused("there is no signature")
    if len(text) > SIGNATURE_CHARS:
        raise SignatureRefused("it is too long for a signature")
    if not text.isascii():
        raise SignatureRefused("a signature is base64: only letters, digits, +, / and =")
    if not has_key(address):
        raise SignatureRefused("no key belongs to an address of this kind")
    try:
        holds = _holds(address, message.encode(), text, timelocked=timelocked)
    except SignatureRefused:
        raise
    except _DOES_NOT_HOLD as error:
        raise SignatureRefused("it is not a readable signature") from error
    if not holds:
        raise SignatureRefused("this address did not make this signature of this message")


def _holds(address: str, message: bytes, text: str, *, timelocked: bool) -> bool:
    if _is_compact(text):
        return bms.verify(message, address, text)
    signed = _read(text)
    if signed.variant == bip322.PROOF_OF_FUNDS:
        raise SignatureRefused("proofs of funds are not accepted: sign only the message")
    if isinstance(signed.payload, Tx) and _is_timelocked(signed.payload) and not timelocked:
        raise SignatureRefused(
            "this signature is valid only from a later time: sign without a time lock"
        )
    return bip322.verify(message, address, signed, legacy=False)


def _read(text: str) -> bip322.Sig:
    try:
        return bip322.Sig.b64decode(text)
    except BTClibValueError:
        if text[:3] in _PREFIXES:
            raise
        # Wallets older than the prefixes: no transaction can be read as a witness.
        return bip322.Sig.b64decode(bip322.FULL + text)


def _is_compact(text: str) -> bool:
    """Whether this is BIP-137: strict base64 of exactly 65 bytes, which no BIP-322 witness has."""
    try:
        return len(base64.b64decode(text, validate=True)) == _COMPACT_BYTES
    except binascii.Error:
        return False


def _is_timelocked(tx: Tx) -> bool:
    relative = any(
        spent.sequence != _FINAL and spent.sequence and not spent.sequence & _LOCK_DISABLED
        for spent in tx.vin
    )
    return tx.lock_time != 0 or relative
