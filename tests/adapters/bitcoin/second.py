"""A second verifier, written from the BIPs alone and sharing no signature code with the first.

It knows what one key can sign: BIP-137, and BIP-322 for P2PKH, P2SH-P2WPKH, P2WPKH and P2TR by its
key; and of P2WSH a script in which several keys of several sign. Plain integers, about 20 ms a
signature: it is asked only about what the first accepts.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from hashlib import sha256

from btclib.hashes import hash160
from btclib.script.script_pub_key import ScriptPubKey

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int] | None
ALL = 1


class Refused(Exception):
    """It does not hold."""


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise Refused(why)


# --- the curve -----------------------------------------------------------------------------
def _add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (
        3 * a[0] * a[0] * pow(2 * a[1], -1, P)
        if a == b
        else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    )
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(k: int, point: Point) -> Point:
    """In Jacobian coordinates, x = X/Z² and y = Y/Z³, so that one inverse is enough for all."""
    total = (0, 1, 0)
    for bit in f"{k:b}" if point else "":
        total = _double(*total)
        if bit == "1" and point:
            total = _plus(*total, *point)
    x, y, z = total
    if not z:
        return None
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


def _double(x: int, y: int, z: int) -> tuple[int, int, int]:
    s, m = 4 * x * y * y, 3 * x * x
    double = (m * m - 2 * s) % P
    return double, (m * (s - double) - 8 * y**4) % P, 2 * y * z % P


def _plus(x: int, y: int, z: int, other_x: int, other_y: int) -> tuple[int, int, int]:
    if not z:
        return other_x, other_y, 1
    h, r = (other_x * z * z - x) % P, (other_y * z**3 - y) % P
    if not h:
        return (0, 1, 0) if r else _double(x, y, z)
    shared = x * h * h
    total = (r * r - h**3 - 2 * shared) % P
    return total, (r * (shared - total) - y * h**3) % P, z * h % P


def _lift(x: int, odd: int) -> Point:
    _require(x < P, "x is beyond the field")
    square = (pow(x, 3, P) + 7) % P
    y = pow(square, (P + 1) // 4, P)
    _require(y * y % P == square, "no point has this x")
    return x, y if y & 1 == odd else P - y


def _point_of(sec: bytes) -> Point:
    if len(sec) == 33 and sec[0] in (2, 3):
        return _lift(int.from_bytes(sec[1:]), sec[0] & 1)
    _require(len(sec) == 65 and sec[0] == 4, "not a public key")
    x, y = int.from_bytes(sec[1:33]), int.from_bytes(sec[33:])
    _require(y < P and _lift(x, y & 1) == (x, y), "not on the curve")
    return x, y


def _ecdsa(digest: bytes, der: bytes, sec: bytes) -> None:
    r, s = _der(der)
    _require(0 < r < N and 0 < s <= N // 2, "r or s is out of range")
    inverse = pow(s, -1, N)
    found = _add(
        _times(int.from_bytes(digest) * inverse % N, G), _times(r * inverse % N, _point_of(sec))
    )
    _require(found is not None and found[0] % N == r, "ECDSA does not hold")


def _der(der: bytes) -> tuple[int, int]:
    """The two numbers of a strict DER signature: encoded again, they are the same bytes."""

    def one(number: int) -> bytes:
        body = number.to_bytes(number.bit_length() // 8 + 1)
        return bytes([2, len(body)]) + body

    _require(len(der) > 6, "too short for DER")
    size = der[3]
    r = int.from_bytes(der[4 : 4 + size])
    s = int.from_bytes(der[6 + size :])
    body = one(r) + one(s)
    _require(bytes([0x30, len(body)]) + body == der, "not strict DER")
    return r, s


def _tagged(tag: bytes, data: bytes) -> bytes:
    head = sha256(tag).digest()
    return sha256(head + head + data).digest()


def _schnorr(digest: bytes, signature: bytes, x_only: bytes) -> None:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    _require(r < P and s < N, "r or s is out of range")
    key = _lift(int.from_bytes(x_only), 0)
    challenge = _tagged(b"BIP0340/challenge", signature[:32] + x_only + digest)
    e = int.from_bytes(challenge) % N
    found = _add(_times(s, G), _times(N - e, key))
    _require(found is not None and found[1] % 2 == 0 and found[0] == r, "Schnorr does not hold")


# --- transactions --------------------------------------------------------------------------
def _size(n: int) -> bytes:
    return bytes([n]) if n < 253 else b"\xfd" + struct.pack("<H", n)


@dataclass
class _Reader:
    data: bytes
    at: int = 0

    def take(self, n: int) -> bytes:
        found = self.data[self.at : self.at + n]
        _require(len(found) == n, "it ends too soon")
        self.at += n
        return found

    def size(self) -> int:
        first = self.take(1)[0]
        _require(first < 254, "larger than any signature")
        return first if first < 253 else int(struct.unpack("<H", self.take(2))[0])

    def string(self) -> bytes:
        return self.take(self.size())

    def stack(self) -> list[bytes]:
        return [self.string() for _ in range(self.size())]


@dataclass
class _ToSign:
    """The one input and the one output are known; what the signer chose is here."""

    version: int = 0
    sequence: int = 0
    lock_time: int = 0
    script_sig: bytes = b""
    witness: tuple[bytes, ...] = ()


OUTPUT = struct.pack("<q", 0) + b"\x01\x6a"


def _dsha(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def _spent(message: bytes, script: bytes) -> bytes:
    """The outpoint of BIP-322's first transaction for this message and address."""
    commitment = b"\x00\x20" + _tagged(b"BIP0322-signed-message", message)
    tx = struct.pack("<i", 0) + b"\x01" + bytes(32) + b"\xff\xff\xff\xff"
    tx += _size(len(commitment)) + commitment + bytes(4)
    tx += b"\x01" + bytes(8) + _size(len(script)) + script + bytes(4)
    return _dsha(tx) + bytes(4)


def _parse_full(data: bytes, outpoint: bytes) -> _ToSign:
    read = _Reader(data)
    found = _ToSign(version=int(struct.unpack("<i", read.take(4))[0]))
    segwit = data[4:6] == b"\x00\x01"
    if segwit:
        read.take(2)
    _require(read.size() == 1, "one input")
    _require(read.take(36) == outpoint, "it spends something else")
    found.script_sig = read.string()
    found.sequence = int(struct.unpack("<I", read.take(4))[0])
    _require(read.size() == 1 and read.take(len(OUTPUT)) == OUTPUT, "one output, of nothing")
    if segwit:
        found.witness = tuple(read.stack())
    found.lock_time = int(struct.unpack("<I", read.take(4))[0])
    _require(read.at == len(data), "something follows")
    _require(found.version in (0, 2), "its version is unknown")
    _require(not found.lock_time, "it is locked")
    return found


def _pushes(script: bytes) -> list[bytes]:
    read, found = _Reader(script), []
    while read.at < len(script):
        n = read.take(1)[0]
        if n == 76:
            n = read.take(1)[0]
        else:
            _require(n < 76, "something else than a push")
        found.append(read.take(n))
    return found


def _legacy_digest(tx: _ToSign, outpoint: bytes, script: bytes) -> bytes:
    body = struct.pack("<i", tx.version) + b"\x01" + outpoint + _size(len(script)) + script
    body += struct.pack("<I", tx.sequence) + b"\x01" + OUTPUT + struct.pack("<I", tx.lock_time)
    return _dsha(body + struct.pack("<I", ALL))


def _p2pkh(key_hash: bytes) -> bytes:
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def _segwit_digest(tx: _ToSign, outpoint: bytes, code: bytes) -> bytes:
    sequence = struct.pack("<I", tx.sequence)
    body = struct.pack("<i", tx.version) + _dsha(outpoint) + _dsha(sequence) + outpoint
    body += _size(len(code)) + code + bytes(8) + sequence + _dsha(OUTPUT)
    return _dsha(body + struct.pack("<I", tx.lock_time) + struct.pack("<I", ALL))


def _taproot_digest(tx: _ToSign, outpoint: bytes, script: bytes, hash_type: int) -> bytes:
    body = bytes([0, hash_type]) + struct.pack("<iI", tx.version, tx.lock_time)
    body += sha256(outpoint).digest() + sha256(bytes(8)).digest()
    body += sha256(_size(len(script)) + script).digest()
    body += sha256(struct.pack("<I", tx.sequence)).digest() + sha256(OUTPUT).digest()
    return _tagged(b"TapSighash", body + b"\x00" + bytes(4))


def _by_key_hash(digest: bytes, parts: list[bytes], wanted: bytes) -> None:
    _require(len(parts) == 2, "a signature and a key")
    signature, key = parts
    _require(hash160(key) == wanted, "another key")
    _require(signature[-1:] == bytes([ALL]), "it does not sign all")
    _ecdsa(digest, signature[:-1], key)


def _by_several(digest: bytes, parts: list[bytes], program: bytes) -> None:
    _require(len(parts) > 2, "signatures and a script")
    empty, *signatures, code = parts
    _require(sha256(code).digest() == program, "another script")
    _require(not empty, "what CHECKMULTISIG takes off besides must be empty")
    needed, there = code[0] - 0x50, code[-2] - 0x50
    _require(len(code) == 3 + 34 * there and code[-1] == 0xAE, "no CHECKMULTISIG")
    _require(all(code[at] == 33 for at in range(1, len(code) - 2, 34)), "a key of another size")
    keys = [code[at + 1 : at + 34] for at in range(1, len(code) - 2, 34)]
    _require(len(signatures) == needed, "another number of signatures")
    for signature in signatures:  # in the order of their keys
        _require(signature[-1:] == bytes([ALL]), "it does not sign all")
        found = any(_holds(digest, signature[:-1], keys.pop(0)) for _ in range(len(keys)))
        _require(found, "no key is left that signed this")


def _holds(digest: bytes, der: bytes, sec: bytes) -> bool:
    try:
        _ecdsa(digest, der, sec)
    except Refused:
        return False
    return True


def _bip322(script: bytes, message: bytes, text: str) -> None:
    outpoint = _spent(message, script)
    kind, encoded = (text[:3], text[3:]) if text[:3] in ("smp", "ful") else ("", text)
    data = base64.b64decode(encoded, validate=True)
    if not kind:  # a version of 0 or 2; after its size, no witness known here has three zeros
        kind = "ful" if data[1:4] == bytes(3) else "smp"
    _require(base64.b64encode(data).decode() == encoded, "not canonical base64")
    if kind == "ful":
        tx = _parse_full(data, outpoint)
    else:
        read = _Reader(data)
        tx = _ToSign(witness=tuple(read.stack()))
        _require(read.at == len(data), "something follows")
    witness = list(tx.witness)
    if script[:2] == b"\x00\x14":
        _require(not tx.script_sig, "a script where none belongs")
        _by_key_hash(_segwit_digest(tx, outpoint, _p2pkh(script[2:])), witness, script[2:])
    elif script[:2] == b"\x00\x20":
        _require(not tx.script_sig and bool(witness), "a witness alone")
        _by_several(_segwit_digest(tx, outpoint, witness[-1]), witness, script[2:])
    elif script[:2] == b"\x51\x20":
        _require(not tx.script_sig and len(witness) == 1, "one signature by the key")
        (signature,) = witness
        hash_type = signature[64] if len(signature) == 65 else 0
        _require(len(signature) == 64 or hash_type == ALL, "it does not sign all")
        digest = _taproot_digest(tx, outpoint, script, hash_type)
        _schnorr(digest, signature[:64], script[2:])
    elif script[:1] == b"\xa9":
        (redeem,) = _pushes(tx.script_sig)
        _require(redeem[:2] == b"\x00\x14", "P2WPKH within P2SH")
        _require(hash160(redeem) == script[2:22], "another script")
        digest = _segwit_digest(tx, outpoint, _p2pkh(redeem[2:]))
        _by_key_hash(digest, witness, redeem[2:])
    else:
        _require(not witness, "a witness where none belongs")
        digest = _legacy_digest(tx, outpoint, script)
        _by_key_hash(digest, _pushes(tx.script_sig), script[3:23])


def _bip137(script: bytes, message: bytes, data: bytes) -> None:
    flag, r, s = data[0], int.from_bytes(data[1:33]), int.from_bytes(data[33:])
    _require(27 <= flag <= 42, "no such flag")
    _require(0 < r < N and 0 < s < N, "r or s is out of range")
    magic = b"\x18Bitcoin Signed Message:\n" + _size(len(message)) + message
    e = int.from_bytes(_dsha(magic))
    recovery = (flag - 27) & 3
    point = _lift(r + N * (recovery >> 1), recovery & 1)
    inverse = pow(r, -1, N)
    key = _add(_times(s * inverse % N, point), _times(-e * inverse % N, G))
    assert key is not None
    if flag < 31:
        sec = b"\x04" + key[0].to_bytes(32) + key[1].to_bytes(32)
    else:
        sec = bytes([2 + (key[1] & 1)]) + key[0].to_bytes(32)
    if script[:2] == b"\x00\x14":
        _require(31 <= flag <= 34 or flag >= 39, "a flag of another type")
        _require(hash160(sec) == script[2:], "another key")
    elif script[:1] == b"\xa9":
        _require(31 <= flag <= 38, "a flag of another type")
        _require(hash160(b"\x00\x14" + hash160(sec)) == script[2:22], "another key")
    else:
        _require(script[:1] == b"\x76" and flag <= 34, "a flag of another type")
        _require(hash160(sec) == script[3:23], "another key")


def verify(address: str, message: str, signature: str) -> None:
    """Return if it holds; Refused, ValueError or struct.error otherwise."""
    script = ScriptPubKey.from_address(address).script
    try:
        data = base64.b64decode(signature, validate=True)
    except ValueError:
        data = b""
    if len(data) == 65:
        _bip137(script, message.encode(), data)
    else:
        _bip322(script, message.encode(), signature)
