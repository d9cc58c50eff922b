"""Bitcoin addresses: which are valid on which network, in one spelling."""

from __future__ import annotations

from functools import lru_cache

from btclib import b32, b58
from btclib.exceptions import BTClibTypeError, BTClibValueError

from tbg.core import limits

# Base58 version bytes are shared by all test networks; bech32 prefixes by testnet and signet.
_BECH32 = {"mainnet": "bc1", "testnet": "tb1", "signet": "tb1", "regtest": "bcrt1"}
LONGEST_ADDRESS = 90
"""Characters; what is longer is no address."""


class AddressRefused(ValueError):
    """Not an address of the configured network; the message says which of the two."""


@lru_cache(maxsize=limits.MINERS_REMEMBERED)
def normalise(address: str, network: str) -> str:
    """The address in the spelling we store (bech32 in lower case); AddressRefused otherwise."""
    if not 14 <= len(address) <= LONGEST_ADDRESS or not address.isascii():
        raise AddressRefused("not a Bitcoin address")
    lower = address.lower()
    try:
        if lower.startswith(("bc1", "tb1", "bcrt1")):
            b32.witness_from_address(address)
            if not lower.startswith(_BECH32[network]):
                raise AddressRefused(f"an address of another network than {network}")
            return lower
        _, _, found = b58.h160_from_address(address)
    except (BTClibValueError, BTClibTypeError) as error:
        raise AddressRefused("not a Bitcoin address") from error
    if (found == "mainnet") != (network == "mainnet"):
        raise AddressRefused(f"an address of another network than {network}")
    return address


def has_key(address: str) -> bool:
    """Whether a key or a script stands behind an address that `normalise` gave.

    None does behind a witness program of a kind not in use yet: any witness satisfies those.
    """
    try:
        version, program, _ = b32.witness_from_address(address)
    except (BTClibTypeError, BTClibValueError):
        return True  # not a witness program: base58
    return (version, len(program)) in {(0, 20), (0, 32), (1, 32)}


def split_user(stratum_user: str) -> tuple[str, str]:
    """Split a stratum user into address and worker, as ckpool does: at the first `.` or `_`."""
    for index, char in enumerate(stratum_user):
        if char in "._":
            return stratum_user[:index], stratum_user[index + 1 :]
    return stratum_user, ""
