"""Bitcoin from outside: addresses of a network, and messages signed with one.

Signatures are imported from `tbg.adapters.bitcoin.signatures`, by the one service that looks at
them: the others need not load the curve.
"""

from tbg.adapters.bitcoin.addresses import (
    LONGEST_ADDRESS,
    AddressRefused,
    has_key,
    networks_of,
    normalise,
    split_user,
)

__all__ = [
    "LONGEST_ADDRESS",
    "AddressRefused",
    "has_key",
    "networks_of",
    "normalise",
    "split_user",
]
