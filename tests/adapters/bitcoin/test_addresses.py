"""Addresses: one spelling for each, and nothing else passes."""

from __future__ import annotations

import pytest

from tbg.adapters.bitcoin import AddressRefused, normalise
from tbg.adapters.simulator import address

ADDRESSES = sorted({address("spellings", index) for index in range(12)})
ODD = ["\n", "\r", "\t", "\x0b", " ", "   ", "\u00a0", "\u200b"]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("of", ADDRESSES)
def test_an_address_with_white_space_is_refused(of: str, odd: str) -> None:
    """The decoders pass over it, and each spelling would become another player."""
    assert normalise(of, "mainnet") == of
    for spelled in (of + odd, odd + of, of[:20] + odd + of[20:]):
        with pytest.raises(AddressRefused):
            normalise(spelled, "mainnet")
