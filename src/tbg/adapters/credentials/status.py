"""The list of revoked credentials as bits (Bitstring Status List)."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from tbg.adapters.credentials.multibase import base64url

LIST_LENGTH = 131_072
"""Credentials of one list, the least that the standard allows: who fetches a list does not tell
which of so many credentials they look at."""


def encoded_list(revoked: Iterable[int]) -> str:
    """The list in which these places are set; place 0 is the highest bit of the first byte."""
    bits = bytearray(LIST_LENGTH // 8)
    for place in revoked:
        bits[place // 8] |= 0x80 >> place % 8
    return base64url(gzip.compress(bytes(bits), mtime=0))
