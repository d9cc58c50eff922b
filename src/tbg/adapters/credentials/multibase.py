"""Bytes as text, with a first letter that says in which alphabet."""

from __future__ import annotations

import base64

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    """`z` and base58, the alphabet of Bitcoin: for keys and signatures."""
    number = int.from_bytes(data)
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + _ALPHABET[0] * zeros + digits


def from_base58(text: str) -> bytes:
    """What `base58` wrote; ValueError for anything else."""
    if text[:1] != "z":
        raise ValueError("it does not begin with z")
    number = 0
    for digit in text[1:]:
        number = number * 58 + _ALPHABET.index(digit)
    zeros = len(text) - 1 - len(text[1:].lstrip(_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def base64url(data: bytes) -> str:
    """`u` and base64 for URLs, without padding: for lists of bits."""
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()
