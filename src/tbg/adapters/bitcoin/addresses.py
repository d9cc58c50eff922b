"""Bitcoin addresses: which are valid on which network, in one spelling."""

from __future__ import annotations

from functools import lru_cache

from btclib import b32, b58
from btclib.exceptions import BTClibTypeError, BTClibValueError

from tbg.core import limits

# Base58 version bytes are shared by all test networks; bech32 prefixes by testnet and signet.
_BECH32 = {"bc1": ("mainnet",), "tb1": ("testnet", "signet"), "bcrt1": ("regtest",)}
LONGEST_ADDRESS = 90
"""Longest address in characters."""


class AddressRefused(ValueError):
    """Not an address of the configured network; `networks` are those that it may belong to."""

    def __init__(self, message: str, *, networks: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.networks = networks


@lru_cache(maxsize=limits.MINERS_REMEMBERED)
def normalise(address: str, network: str) -> str:
    """The address in the spelling we store (bech32 in lower case); AddressRefused otherwise."""
    networks = networks_of(address)
    if not networks:
        raise AddressRefused("not a Bitcoin address")
    if network not in networks:
        raise AddressRefused(f"an address of a network other than {network}", networks=networks)
    return address.lower() if address.lower().startswith(tuple(_BECH32)) else address


def networks_of(address: str) -> tuple[str, ...]:
    """The networks that an address may belong to; none when it is not an address."""
    # The decoders pass over white space: one address would be several players.
    plain = address.isascii() and address.isalnum()
    if not 14 <= len(address) <= LONGEST_ADDRESS or not plain:
        return ()
    lower = address.lower()
    try:
        for prefix, networks in _BECH32.items():
            if lower.startswith(prefix):
                b32.witness_from_address(address)
                return networks
        _, _, found = b58.h160_from_address(address)
    except (BTClibValueError, BTClibTypeError):
        return ()
    return ("mainnet",) if found == "mainnet" else ("testnet", "signet", "regtest")


def has_key(address: str) -> bool:
    """Whether an address from `normalise` belongs to a key or a script.

    Witness programs of a kind not in use yet have none: any witness satisfies them.
    """
    try:
        version, program, _ = b32.witness_from_address(address)
    except (BTClibTypeError, BTClibValueError):
        return True  # not a witness program: base58
    return (version, len(program)) in {(0, 20), (0, 32), (1, 32)}


def split_user(stratum_user: str) -> tuple[str, str]:
    """Split a stratum user into address and worker, as ckpool does: at the first `.` or `_`.

    If nothing precedes it, ckpool takes everything after it as the address.
    """
    for index, char in enumerate(stratum_user):
        if char in "._":
            head, tail = stratum_user[:index], stratum_user[index + 1 :]
            return (head, tail) if head else (tail, "")
    return stratum_user, ""
