"""Bitcoin from outside: addresses of a network, and messages signed with one."""

from tbg.adapters.bitcoin.addresses import AddressRefused, normalise, split_user
from tbg.adapters.bitcoin.signatures import SIGNATURE_CHARS, SignatureRefused, prove

__all__ = [
    "SIGNATURE_CHARS",
    "AddressRefused",
    "SignatureRefused",
    "normalise",
    "prove",
    "split_user",
]
